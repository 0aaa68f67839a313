import Foundation
import Glibc
import TandemSSH
import TandemSystem
import TandemTestSupport
import Testing

struct JumpTests {
    /// A target that is reached over another server; both in one ssh_config.
    private static func servers(_ lines: [String]) throws -> (jump: SSHServer, target: SSHServer) {
        let jump = try SSHServer()
        let target = try SSHServer(["RekeyLimit 1M"])
        try target.configure(identityFiles: [target.userKey], extra: lines)
        let own = try target.directory.read("ssh_config")
        let other = try jump.directory.read("ssh_config")
            .replacingOccurrences(of: "Host \(SSHServer.alias)", with: "Host bastion")
        try target.directory.write(own + other, to: "ssh_config")
        return (jump, target)
    }

    @Test(.tags(.live), .timeLimit(.minutes(2)))
    func `a session travels in a channel of another, rekeys included`() throws {
        let (jump, target) = try Self.servers(["ProxyJump bastion"])
        let connection = try target.connect()
        #expect(connection.host.jumps == ["bastion"])
        try exchange(8_000_000, over: try connection.openExec("exec cat"), chunk: 100_000)
        #expect(jump.log.contains("direct-tcpip"))
        connection.close()
        let error = #expect(throws: SSHError.self) { try connection.openExec("true") }
        #expect(error?.code == .closed)
    }

    @Test(.tags(.live)) func `a lost jump host ends the session that travels over it`() throws {
        let (jump, target) = try Self.servers(["ProxyJump bastion"])
        let connection = try target.connect()
        defer { connection.close() }
        let link = try connection.openExec("exec cat")
        try link.write([1])
        #expect(try link.readExactly(1) == [1])
        for pid in jump.sessionPIDs { kill(pid, SIGKILL) }
        #expect(throws: (any Error).self) { try link.readSome() }
        #expect(connection.failure?.code == .connectionLost)
    }

    @Test(.tags(.live)) func `a jump host's own key is checked too`() throws {
        let (jump, target) = try Self.servers(["ProxyJump bastion"])
        try jump.directory.write("", to: "known_hosts")
        let error = #expect(throws: SSHError.self) { try target.connect() }
        #expect(error?.code == .unknownHost)
        #expect(error?.subject == "[127.0.0.1]:\(jump.port)")
    }

    @Test(.tags(.live)) func `jump hosts that lead to each other are an error`() throws {
        let server = try SSHServer()
        try server.directory.write(
            "Host vm\nHostName 127.0.0.1\nProxyJump a\nHost a\nProxyJump b\nHost b\nProxyJump a\n",
            to: "ssh_config"
        )
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .configuration)
    }

    @Test(.tags(.live)) func `a proxy command carries the session and ends with it`() throws {
        let jump = try SSHServer()
        let target = try SSHServer()
        let command = "ssh -F \(jump.configuration) -W %h:%p \(SSHServer.alias)"
        try target.configure(
            identityFiles: [target.userKey],
            extra: ["ProxyCommand \(command)"]
        )
        let connection = try target.connect()
        try exchange(2_000_000, over: try connection.openExec("exec cat"), chunk: 100_000)
        connection.close()
        let deadline = Date().addingTimeInterval(20)
        while !jump.sessionPIDs.isEmpty, Date() < deadline { usleep(10_000) }
        #expect(jump.sessionPIDs.isEmpty, "the command's own ssh has ended")
    }
}
