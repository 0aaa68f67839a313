import Foundation
import Glibc
import TandemSSH
import TandemSystem
import TandemTestSupport
import Testing

struct AuthenticationTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        var type: String
        var passphrase = ""
        var options: [String] = []

        var testDescription: String {
            ([type, passphrase] + options).filter { !$0.isEmpty }.joined(separator: " ")
        }
    }

    private static let kinds = [
        Kind(type: "ed25519"),
        Kind(type: "ecdsa", options: ["-b", "256"]),
        Kind(type: "ecdsa", options: ["-b", "384"]),
        Kind(type: "ecdsa", options: ["-b", "521"]),
        Kind(type: "rsa", options: ["-b", "2048"]),
        Kind(type: "rsa", options: ["-b", "2048", "-m", "PEM"]),
        Kind(type: "ecdsa", options: ["-m", "PKCS8"]),
        Kind(type: "ed25519", passphrase: "correct horse", options: ["-a", "2"]),
        Kind(type: "rsa", passphrase: "correct horse", options: ["-a", "3", "-b", "2048"]),
        Kind(
            type: "ed25519",
            passphrase: "correct horse",
            options: ["-a", "1", "-Z", "aes128-ctr"]
        ),
        Kind(
            type: "ed25519",
            passphrase: "correct horse",
            options: ["-a", "1", "-Z", "aes256-cbc"]
        ),
        Kind(type: "rsa", passphrase: "correct horse", options: ["-m", "PEM"]),
        Kind(type: "ecdsa", passphrase: "correct horse", options: ["-m", "PKCS8"]),
    ]

    @Test(.tags(.live), arguments: kinds)
    func `a key file of every common kind opens the door`(_ kind: Kind) throws {
        let server = try SSHServer()
        let key = try Self.install(kind, on: server)
        let connection = try server.connect {
            $0.passphrase = { $0 == key ? Array(kind.passphrase.utf8) : nil }
        }
        defer { connection.close() }
        let result = try connection.openExec("echo in").runToEnd(until: .soon)
        #expect(result.output == Array("in\n".utf8))
    }

    @Test(.tags(.live), arguments: ["rsa-sha2-256", "rsa-sha2-512"])
    func `an RSA key signs with what the server takes`(_ algorithm: String) throws {
        let server = try SSHServer(["PubkeyAcceptedAlgorithms \(algorithm)"])
        try Self.install(Kind(type: "rsa"), on: server)
        try server.connect().close()
    }

    @Test(
        .tags(.live),
        arguments: [
            (
                Kind(type: "ed25519", passphrase: "correct horse", options: ["-a", "2"]), "wrong",
                SSHError.Code.wrongPassphrase
            ),
            (
                Kind(type: "ed25519", passphrase: "correct horse", options: ["-a", "2"]), nil,
                .passphraseNeeded
            ),
            (
                Kind(type: "rsa", passphrase: "correct horse", options: ["-m", "PEM"]), "wrong",
                .wrongPassphrase
            ),
            (
                Kind(
                    type: "ed25519",
                    passphrase: "horse",
                    options: ["-a", "1", "-Z", "aes256-gcm@openssh.com"]
                ),
                "horse", .unsupportedKey
            ),
            (
                Kind(
                    type: "ed25519",
                    passphrase: "horse",
                    options: ["-a", "1", "-Z", "chacha20-poly1305@openssh.com"]
                ), "horse", .unsupportedKey
            ),
        ] as [(Kind, String?, SSHError.Code)]
    )
    func `a key that cannot be opened says why`(
        _ kind: Kind,
        passphrase: String?,
        code: SSHError.Code
    ) throws {
        let server = try SSHServer()
        let key = try Self.install(kind, on: server)
        let error = #expect(throws: SSHError.self) {
            try server.connect { $0.passphrase = { _ in passphrase.map { Array($0.utf8) } } }
        }
        #expect(error?.code == code)
        #expect(error?.subject == key)
        if code == .unsupportedKey {
            #expect(error?.hint.contains("transport: openssh") == true)
        }
    }

    @Test(.tags(.live))
    func `a key the server does not know is named, with what to do`() throws {
        let server = try SSHServer()
        let stranger = server.directory.path("stranger")
        try SSHServer.makeKey(stranger, type: "ed25519")
        try server.configure(identityFiles: [stranger])
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains(stranger) == true)
        #expect(error?.hint.contains("ssh-copy-id") == true)
    }

    @Test(.tags(.live, .regression))
    func `a connection that is lost while authenticating is no refused login`() throws {
        let server = try SSHServer()
        let key = server.directory.path("locked")
        try SSHServer.makeKey(key, type: "ed25519", passphrase: "secret")
        try server.accept(publicKey: "\(key).pub")
        try server.configure(identityFiles: [key])
        let error = #expect(throws: SSHError.self) {
            try server.connect { options in
                // Asked between the handshake and the offer of the key.
                options.passphrase = { _ in
                    for pid in server.sessionPIDs { kill(pid, SIGKILL) }
                    return Array("secret".utf8)
                }
            }
        }
        #expect(error?.code == .connectionLost)
    }

    @Test(.tags(.live))
    func `a server that has had enough of keys is quoted`() throws {
        let server = try SSHServer(["MaxAuthTries 1"])
        let stranger = server.directory.path("stranger")
        try SSHServer.makeKey(stranger, type: "ed25519")
        try server.configure(identityFiles: [stranger])
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains("Too many authentication failures") == true)
    }

    @Test(.tags(.live))
    func `no more than five keys are tried`() throws {
        let server = try SSHServer()
        let strangers = try (1...7).map { number in
            let path = server.directory.path("stranger\(number)")
            try SSHServer.makeKey(path, type: "ed25519")
            return path
        }
        try server.configure(identityFiles: strangers)
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains("stranger5") == true)
        #expect(error?.message.contains("stranger6") == false)
    }

    @Test(.tags(.live))
    func `without any key there is nothing to offer`() throws {
        let server = try SSHServer()
        let missing = server.directory.path("missing")
        try server.configure(identityFiles: [missing])
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .noKey)
        #expect(error?.message.contains(missing) == true)
    }

    @Test(.tags(.live))
    func `a dedicated key is refused as a link, and when others may read it`() throws {
        let server = try SSHServer()
        let link = server.directory.path("link")
        symlink(server.userKey, link)
        for (path, mode) in [(link, 0o600), (server.userKey, 0o640)] {
            chmod(server.userKey, mode_t(mode))
            let error = #expect(throws: SSHError.self) {
                try server.connect { $0.dedicatedKey = path }
            }
            #expect(error?.code == .unsafeKeyFile)
            #expect(error?.subject == path)
        }
        chmod(server.userKey, 0o600)
        try server.connect { $0.dedicatedKey = server.userKey }.close()
    }

    @Test(.tags(.live))
    func `a certificate is left to the system's ssh, which logs in with it`() throws {
        let server = try SSHServer()
        let authority = server.directory.path("authority")
        try SSHServer.makeKey(authority, type: "ed25519")
        let key = server.directory.path("certified")
        try SSHServer.makeKey(key, type: "ed25519")
        try Command.run(
            "ssh-keygen",
            ["-q", "-s", authority, "-I", "test", "-n", server.user, "\(key).pub"]
        )
        try server.accept(publicKey: "\(authority).pub", options: "cert-authority")
        let certificate = "CertificateFile \(key)-cert.pub"
        try server.configure(identityFiles: [key], extra: [certificate])
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.hint.contains("transport: openssh") == true)
        let link = try SubprocessLink.start("echo in", on: server.destination, server.options)
        #expect(try link.runToEnd(until: .soon).output == Array("in\n".utf8))
    }

    /// Makes a key, has the server accept it, and makes it the only one to offer.
    @discardableResult
    private static func install(_ kind: Kind, on server: SSHServer) throws -> String {
        let key = server.directory.path("key")
        try SSHServer.makeKey(
            key,
            type: kind.type,
            passphrase: kind.passphrase,
            options: kind.options
        )
        try server.accept(publicKey: "\(key).pub")
        // Without its .pub file, the private file alone has to do.
        unlink("\(key).pub")
        try server.configure(identityFiles: [key])
        return key
    }
}
