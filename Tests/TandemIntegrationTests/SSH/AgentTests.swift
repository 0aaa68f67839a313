import Foundation
import Glibc
import TandemSSH
import TandemSystem
import TandemTestSupport
import Testing

struct AgentTests {
    /// An ssh-agent of one test.
    private final class Agent: Sendable {
        let path: String
        private let process: ChildProcess

        init(in directory: TemporaryDirectory) throws {
            path = directory.path("agent.sock")
            process = try ChildProcess.start("ssh-agent", ["-D", "-a", path])
            let deadline = Date().addingTimeInterval(10)
            while (try? UnixSocket.connect(to: path)).map({ close($0) }) == nil {
                guard Date() < deadline else { throw CommandFailure("ssh-agent does not start") }
                _ = process.wait(until: .now() + .milliseconds(20))
            }
        }

        deinit { process.terminate() }

        func add(_ key: String) throws {
            try Command.run("ssh-add", ["-q", key], environment: ["SSH_AUTH_SOCK": path])
        }
    }

    @Test(.tags(.live), arguments: ["ed25519", "ecdsa", "rsa"])
    func `the agent signs for a key whose public file is configured`(_ type: String) throws {
        let server = try SSHServer()
        let agent = try Agent(in: server.directory)
        let key = server.directory.path("key")
        try SSHServer.makeKey(key, type: type)
        try server.accept(publicKey: "\(key).pub")
        try agent.add(key)
        unlink(key)
        try server.configure(identityFiles: ["\(key).pub"], agent: agent.path)
        let connection = try server.connect()
        defer { connection.close() }
        let result = try connection.openExec("echo in").runToEnd(until: .soon)
        #expect(result.output == Array("in\n".utf8))
    }

    @Test(.tags(.live))
    func `a key with a passphrase needs none when the agent holds it`() throws {
        let server = try SSHServer()
        let agent = try Agent(in: server.directory)
        let key = server.directory.path("key")
        try SSHServer.makeKey(key, type: "ed25519")
        try agent.add(key)
        try Command.run("ssh-keygen", ["-q", "-p", "-P", "", "-N", "secret", "-f", key])
        try server.accept(publicKey: "\(key).pub")
        unlink("\(key).pub")
        try server.configure(identityFiles: [key], agent: agent.path)
        try server.connect().close()
    }

    @Test(.tags(.live))
    func `keys that only the agent holds are never offered`() throws {
        let server = try SSHServer()
        let agent = try Agent(in: server.directory)
        try agent.add(server.userKey)
        try server.configure(identityFiles: [server.directory.path("none")], agent: agent.path)
        let error = #expect(throws: SSHError.self) { try server.connect() }
        #expect(error?.code == .noKey)
        #expect(error?.hint.contains("The agent holds 1 keys") == true)
        #expect(!server.log.contains("publickey"))
    }
}
