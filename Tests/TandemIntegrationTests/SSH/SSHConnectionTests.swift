import Dispatch
import Foundation
import TandemSSH
import TandemSystem
import TandemTestSupport
import Testing

struct SSHConnectionTests {
    @Test(.tags(.live))
    func `a command's output, error text and status come back`() throws {
        let server = try SSHServer()
        let connection = try server.connect()
        defer { connection.close() }
        let link = try connection.openExec("cat; echo trouble >&2; exit 7")
        let result = try link.runToEnd(input: Array("through and back".utf8), until: .soon)
        #expect(String(decoding: result.output, as: UTF8.self) == "through and back")
        #expect(result.standardError == "trouble\n")
        #expect(result.exit == .status(7))
    }

    @Test(.tags(.live))
    func `only the pinned algorithms are negotiated`() throws {
        let server = try SSHServer()
        let connection = try server.connect()
        defer { connection.close() }
        #expect(
            connection.algorithms
                == NegotiatedAlgorithms(
                    keyExchange: "curve25519-sha256",
                    hostKey: "ssh-ed25519",
                    cipherOut: "aes128-ctr",
                    cipherIn: "aes128-ctr",
                    integrityOut: "hmac-sha2-256",
                    integrityIn: "hmac-sha2-256",
                    compressionOut: "none",
                    compressionIn: "none"
                )
        )
    }
}
