import Foundation
import TandemSSH
import TandemTestSupport
import Testing

struct HostKeyTests {
    @Test(.tags(.live))
    func `an unknown host is refused with its key, which may then be added`() throws {
        let server = try SSHServer(known: false)
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .unknownHost)
        let key = try #require(error?.hostKey)
        let output = try Command.run(
            "ssh-keygen",
            ["-l", "-f", server.directory.path("host_ed25519")]
        )
        #expect(String(decoding: output, as: UTF8.self).contains(key.fingerprint))
        #expect(!server.log.contains("userauth-request"), "the user is named to nobody unknown")

        let name = KnownHosts.name(of: "127.0.0.1", port: Int(server.port))
        try KnownHostsFile.append(key, as: name, to: server.knownHosts)
        try server.connect().close()
    }

    @Test(.tags(.live))
    func `a hashed entry of ours is one for ssh, and ssh's is one for us`() throws {
        let server = try SSHServer(known: false)
        let error = #expect(throws: SSHError.self) { try server.connect() }
        let key = try #require(error?.hostKey)
        let name = KnownHosts.name(of: "127.0.0.1", port: Int(server.port))
        try server.directory.write("other ssh-rsa AAAA", to: "known_hosts")
        try KnownHostsFile.append(key, as: name, to: server.knownHosts, hashed: true)
        let link = try SubprocessLink.start("echo in", on: server.destination, server.options)
        #expect(try link.runToEnd(until: .soon).output == Array("in\n".utf8))

        try server.directory.write("\(name) \(key.line)\n", to: "known_hosts")
        try Command.run("ssh-keygen", ["-q", "-H", "-f", server.knownHosts])
        #expect(try server.directory.read("known_hosts").hasPrefix("|1|"))
        try server.connect().close()
    }

    @Test(.tags(.live))
    func `a changed key stops, before anything is said about the user`() throws {
        let server = try SSHServer()
        let other = server.directory.path("other")
        try SSHServer.makeKey(other, type: "ed25519")
        let line = try server.directory.read("other.pub")
        try server.directory.write("[127.0.0.1]:\(server.port) \(line)", to: "known_hosts")
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .changedHostKey)
        #expect(error?.hint.contains("-R '[127.0.0.1]:\(server.port)'") == true)
        #expect(error?.hostKey == nil, "there is nothing to accept")
        #expect(!server.log.contains("userauth-request"))
    }

    @Test(.tags(.live))
    func `a revoked key stops`() throws {
        let server = try SSHServer()
        let key = try server.directory.read("host_ed25519.pub")
        let known = try server.directory.read("known_hosts")
        try server.directory.write(known + "@revoked * \(key)", to: "known_hosts")
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .revokedHostKey)
    }

    @Test(.tags(.live))
    func `a host known by another type is asked for that one`() throws {
        let server = try SSHServer()
        let lines = try server.directory.read("known_hosts").split(separator: "\n")
        let ecdsa = try #require(lines.first { $0.contains("ecdsa") })
        try server.directory.write("\(ecdsa)\n", to: "known_hosts")
        let connection = try server.connect()
        defer { connection.close() }
        #expect(connection.algorithms.hostKey == "ecdsa-sha2-nistp256")
    }

    @Test(.tags(.live))
    func `a server with only an RSA key is left to the system's ssh`() throws {
        let server = try SSHServer(hostKeys: ["rsa"])
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .handshakeFailed)
        #expect(error?.hint.contains("transport: openssh") == true)
        let link = try SubprocessLink.start("echo in", on: server.destination, server.options)
        #expect(try link.runToEnd(until: .soon).output == Array("in\n".utf8))
    }
}
