import TandemTree
import Testing

@testable import TandemProtocol

struct ChangeValidationTests {
    @Test
    func `a change says something, and nothing new is a FIFO`() {
        expect(Change(path: Samples.path("a"), expected: nil, new: nil), .badValue)
        expect(
            Change(path: Samples.path("a"), expected: nil, new: EntryState(kind: .other)),
            .badValue
        )
        expect(Change(path: .root, expected: nil, new: .directory), .badPath)
    }

    @Test
    func `a link has a target as long as its state says`() {
        let three = EntryState(kind: .link, size: 3, digest: Samples.digest(1))
        for target in [nil, [], Array("ab".utf8), [0x61, 0, 0x62]] as [[UInt8]?] {
            expect(
                Change(path: Samples.path("a"), expected: nil, new: three, linkTarget: target),
                .badValue
            )
        }
        let long = [UInt8](repeating: 0x61, count: Limits.linkTarget + 1)
        let state = EntryState(kind: .link, size: UInt64(long.count), digest: Samples.digest(1))
        expect(
            Change(path: Samples.path("a"), expected: nil, new: state, linkTarget: long),
            .badValue
        )
        expect(
            Change(path: Samples.path("a"), expected: nil, new: .directory, linkTarget: [1]),
            .badValue
        )
    }

    @Test
    func `only a file is copied, and nothing moves to where it is removed`() {
        let source = Samples.path("s")
        expect(
            Change(path: Samples.path("a"), expected: nil, new: .directory, source: .copy(source)),
            .badValue
        )
        expect(
            Change(
                path: Samples.path("a"),
                expected: .directory,
                new: nil,
                source: .move(source)
            ),
            .badValue
        )
    }

    @Test
    func `a state with a flag it cannot have is refused`() {
        let digest = Samples.digest(1).bytes
        // A directory and a link that are executable, a file without digest, unknown bits, kind 0.
        for state in [[0x0a], [0x1b, 1] + digest, [0x01, 1], [0x22], [0x10] + digest, [0x05]] {
            #expect(laptopCode(.changes, [0, 1, 0, 1, 0x61, 0] + state + [0]) == .badValue)
        }
    }

    @Test
    func `a file beyond 2 to the 63 is refused`() {
        var state: [UInt8] = [0x11]
        state.appendVarint(UInt64(1) << 63)
        let payload = [0, 1, 0, 1, 0x61, 0] + state + Samples.digest(1).bytes + [0]
        #expect(laptopCode(.changes, payload) == .outOfRange)
    }

    private func expect(_ change: Change, _ expected: ProtocolError.Code) {
        #expect(code { try ChangeCodec.validate(change) } == expected)
        #expect(code { _ = try ChangesPacker.frames([change]) } == expected)
    }
}
