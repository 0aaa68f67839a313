import TandemTestSupport
import Testing

@testable import TandemSSH

struct BcryptPBKDFTests {
    /// OpenBSD's own vectors (regress/lib/libutil/bcrypt_pbkdf).
    @Test(.tags(.golden))
    func `keys are those of OpenBSD`() {
        let key = BcryptPBKDF.derive(
            Array("password".utf8),
            salt: Array("salt".utf8),
            rounds: 4,
            count: 32
        )
        let expected: [UInt8] = [
            0x5b, 0xbf, 0x0c, 0xc2, 0x93, 0x58, 0x7f, 0x1c, 0x36, 0x35, 0x55, 0x5c, 0x27, 0x79,
            0x65, 0x98, 0xd4, 0x7e, 0x57, 0x90, 0x71, 0xbf, 0x42, 0x7e, 0x9d, 0x8f, 0xbe, 0x84,
            0x2a, 0xba, 0x34, 0xd9,
        ]
        #expect(key == expected)
    }

    @Test func `rounds that would never end are refused`() {
        #expect(BcryptPBKDF.derive([1], salt: [1], rounds: 0, count: 8) == nil)
        #expect(BcryptPBKDF.derive([1], salt: [1], rounds: .max, count: 8) == nil)
        #expect(BcryptPBKDF.derive([1], salt: [], rounds: 1, count: 8) == nil)
    }
}
