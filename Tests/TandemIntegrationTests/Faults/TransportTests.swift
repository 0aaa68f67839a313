import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// The ways a push travels, and the keys it logs in with.
@Suite(.serialized) struct TransportTests {
    private let live: LivePair

    init() throws {
        live = try LivePair(pairs: false)
        try live.write("content", to: "src/file")
    }

    /// Pairs, pushes, and expects both sides to be equal.
    private func expectPush(_ how: [String], location: SourceLocation = #_sourceLocation) throws {
        try live.pair(how)
        let end = try live.push()
        #expect(end.code == 0, "\(end.said)", sourceLocation: location)
        #expect(end.output.hasPrefix("in sync: pushed 2 changes"), sourceLocation: location)
        #expect(try live.differences() == "", sourceLocation: location)
    }

    @Test(.tags(.live)) func `over the receiver's socket`() throws {
        try expectPush(["--socket", live.socket])
        #expect(live.server.log.contains("direct-streamlocal"))
    }

    @Test(.tags(.live)) func `over a command of an exec channel`() throws {
        try expectPush(["--command", live.connectCommand])
        #expect(!live.server.log.contains("direct-streamlocal"))
    }

    @Test(.tags(.live)) func `over the system's own ssh`() throws {
        try expectPush(["--transport", "openssh", "--command", live.connectCommand])
        #expect(live.server.log.contains("remote software version OpenSSH"))
    }

    // MARK: - Keys

    @Test(.tags(.live)) func `with an RSA key`() throws {
        let key = live.directory.path("rsa")
        try SSHServer.makeKey(key, type: "rsa")
        try live.server.accept(publicKey: "\(key).pub")
        try live.server.configure(identityFiles: [key])
        try expectPush(["--socket", live.socket])
    }

    @Test(.tags(.live)) func `with a key that only the agent holds`() throws {
        let key = live.directory.path("key")
        let socket = live.directory.path("agent")
        let agent = try RunningProgram("ssh-agent", ["-D", "-a", socket])
        try agent.wait { (try? UnixSocket.connect(to: socket)).map { close($0) } != nil }
        try SSHServer.makeKey(key, type: "ed25519")
        try live.server.accept(publicKey: "\(key).pub")
        try Command.run("ssh-add", ["-q", key], environment: ["SSH_AUTH_SOCK": socket])
        try FileManager.default.removeItem(atPath: key)
        try live.server.configure(identityFiles: ["\(key).pub"], agent: socket)
        try expectPush(["--socket", live.socket])
        agent.kill()
        let end = try live.push()
        #expect(end.code == 77, "\(end.said)")
        #expect(
            end.errors.contains("\(key).pub: this is a public key, and no agent holds its private"),
            "\(end.said)"
        )
        #expect(end.errors.contains("next: run: ssh-add '\(key)'"), "\(end.said)")
    }

    @Test(.tags(.live)) func `through a jump host`() throws {
        let jump = try SSHServer()
        try live.server.configure(
            identityFiles: [live.server.userKey],
            extra: ["ProxyJump bastion"]
        )
        let own = try live.server.directory.read("ssh_config")
        let other = try jump.directory.read("ssh_config")
            .replacingOccurrences(of: "Host \(SSHServer.alias)", with: "Host bastion")
        try live.server.directory.write(own + other, to: "ssh_config")
        try expectPush(["--socket", live.socket])
        #expect(jump.log.contains("direct-tcpip"))
    }

    // MARK: - A key that asks

    /// Pairs with a key that has a passphrase, typing one at a terminal.
    private func pairTyping(_ passphrase: String) throws -> Terminal.End {
        let key = live.directory.path("locked")
        try SSHServer.makeKey(key, type: "ed25519", passphrase: "open sesame")
        try live.server.accept(publicKey: "\(key).pub")
        try live.server.configure(identityFiles: [key])
        let tandem = try BuiltProgram.path("tandem")
        let how = ["--ssh-config", live.server.configuration, "--socket", live.socket]
        return try Terminal.run(
            [tandem, "pair", live.laptop, live.destination] + how,
            environment: live.environment,
            answering: "Passphrase for \(key): ",
            with: passphrase
        )
    }

    @Test(.tags(.live)) func `a passphrase is asked for at the terminal, and not shown`() throws {
        let end = try pairTyping("open sesame")
        #expect(end.exit == .status(0), "\(end.text)")
        #expect(end.text.contains("paired as laptop"))
        #expect(!end.text.contains("sesame"))
    }

    @Test(.tags(.live, .fault)) func `a wrong passphrase names the key and how to try it`() throws {
        let end = try pairTyping("open barley")
        #expect(end.exit == .status(77), "\(end.text)")
        let key = live.directory.path("locked")
        #expect(end.text.contains("\(key): the passphrase does not open this key"), "\(end.text)")
        #expect(end.text.contains("next: try: ssh-keygen -y -f '\(key)'"), "\(end.text)")
    }

    @Test(.tags(.live, .fault)) func `without a terminal nobody is asked`() throws {
        let key = live.directory.path("locked")
        try live.pair()
        try SSHServer.makeKey(key, type: "ed25519", passphrase: "open sesame")
        try live.server.accept(publicKey: "\(key).pub")
        try live.server.configure(identityFiles: [key])
        let end = try live.push(through: ["setsid", "--wait"])
        #expect(end.code == 77, "\(end.said)")
        #expect(end.errors.contains("the key has a passphrase and there is nobody to ask"))
        #expect(end.errors.contains("next: run: ssh-add '\(key)'"))
    }
}
