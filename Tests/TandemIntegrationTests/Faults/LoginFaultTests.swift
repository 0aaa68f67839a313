import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// Each way in which a push does not reach the vm: exit code, what, where and what to do next.
@Suite(.serialized) struct LoginFaultTests {
    private let live: LivePair

    init() throws {
        live = try LivePair()
        try live.write("content", to: "file")
    }

    /// Pushes, and expects its end.
    private func expect(
        _ code: Int32,
        _ sentences: String...,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let end = try live.push()
        #expect(end.code == code, "\(end.said)", sourceLocation: location)
        for sentence in sentences {
            #expect(end.errors.contains(sentence), "\(end.said)", sourceLocation: location)
        }
        #expect(end.errors.contains("  pair laptop: \(live.destination)"), sourceLocation: location)
        #expect(end.errors.contains("  next: "), "\(end.said)", sourceLocation: location)
        #expect(live.onVM("file") == nil, sourceLocation: location)
    }

    private func fingerprint(_ key: String) throws -> String {
        let line = String(decoding: try Command.run("ssh-keygen", ["-lf", key]), as: UTF8.self)
        return try #require(line.split(separator: " ").dropFirst().first.map(String.init))
    }

    @Test(.tags(.live, .fault)) func `another host key than the known one ends it`() throws {
        let directory = live.server.directory
        try SSHServer.makeKey(directory.path("other"), type: "ed25519")
        let key = try directory.read("other.pub").split(separator: " ").prefix(2)
        let line = "[127.0.0.1]:\(live.server.port) \(key.joined(separator: " "))\n"
        try directory.write(line, to: "known_hosts")
        let shown = try fingerprint(directory.path("host_ed25519.pub"))
        try expect(
            77,
            "[127.0.0.1]:\(live.server.port): the host key is ssh-ed25519 \(shown), not the one "
                + "known at \(directory.path("known_hosts")):1",
            "next: if it was, remove the old key with: ssh-keygen -f"
        )
    }

    @Test(.tags(.live, .fault)) func `a revoked host key ends it, though it is also known`() throws
    {
        let directory = live.server.directory
        let known = try directory.read("known_hosts")
        let revoked = known.split(separator: "\n").map { "@revoked \($0)\n" }.joined()
        try directory.write(known + revoked, to: "known_hosts")
        try expect(
            77,
            "is marked as revoked at \(directory.path("known_hosts")):3",
            "next: do not connect; ask the vm's administrator for the new key"
        )
    }

    @Test(.tags(.live, .fault)) func `an unknown host is never trusted by a push`() throws {
        let directory = live.server.directory
        try directory.write("", to: "known_hosts")
        let shown = try fingerprint(directory.path("host_ed25519.pub"))
        try expect(
            77,
            "the host [127.0.0.1]:\(live.server.port) is not known; its key is ssh-ed25519 "
                + shown,
            "with --accept-host-key \(shown)"
        )
        #expect(try directory.read("known_hosts").isEmpty)
        try live.pair(["--socket", live.socket, "--accept-host-key", shown])
        #expect(try live.push().code == 0)
    }

    @Test(.tags(.live, .fault)) func `bad input 102: a key that the vm does not know`() throws {
        let key = live.server.directory.path("stranger")
        try SSHServer.makeKey(key, type: "ed25519")
        try live.server.configure(identityFiles: [key])
        try expect(
            77,
            "the server took none of the keys offered: \(key) (ssh-ed25519)",
            "next: add the public key to the vm: ssh-copy-id vm"
        )
    }

    @Test(.tags(.live, .fault)) func `nobody listens on the port`() throws {
        let configuration = try live.server.directory.read("ssh_config")
        let port = try FreePort.any()
        let other = configuration.replacingOccurrences(
            of: "Port \(live.server.port)",
            with: "Port \(port)"
        )
        try live.server.directory.write(other, to: "ssh_config")
        try expect(
            69,
            "127.0.0.1:\(port): nobody listens on this port",
            "next: check that the vm and its sshd run, and the port"
        )
    }

    @Test(.tags(.live, .fault)) func `no receiver behind the socket`() throws {
        live.stopReceiver()
        try expect(
            69,
            "\(live.socket): nobody answers there on the vm",
            "next: start the receiver; or check the path"
        )
        try live.startReceiver()
        #expect(try live.push().code == 0)
    }

    @Test(.tags(.live, .fault)) func `a command that is not there, and one that fails`() throws {
        let script = try live.directory.write("#!/bin/sh\nexit 127\n", to: "missing", mode: 0o700)
        let own = try live.connectCommand
        try live.directory.write("#!/bin/sh\nexec \(own)\n", to: "missing", mode: 0o700)
        try live.pair(["--command", script])
        try FileManager.default.removeItem(atPath: script)
        try expect(69, "`\(script)` was not found on the vm", "next: run `tandem doctor`")
        let complaint = "#!/bin/sh\necho the disk is on fire >&2\nexit 3\n"
        try live.directory.write(complaint, to: "missing", mode: 0o700)
        try expect(69, "`\(script)` ended without an answer (exit code 3): the disk is on fire")
    }

    @Test(.tags(.live, .fault))
    func `bad input 93: a receiver of another protocol version`() throws {
        let own = try live.connectCommand
        let script = try live.directory.write("#!/bin/sh\nexec \(own)\n", to: "fake", mode: 0o700)
        try live.pair(["--command", script])
        let fake = #"#!/bin/sh"# + "\n" + #"printf '\000TANDEM\n\011\011'; exec cat >/dev/null"#
        try live.directory.write(fake + "\n", to: "fake", mode: 0o700)
        try expect(
            78,
            "the laptop speaks protocol 1, the vm 9: upgrade Tandem on the laptop",
            "next: install the vm's version on the laptop"
        )
    }

    @Test(.tags(.live, .fault))
    func `a program that is no receiver is named, with what it said escaped`() throws {
        let own = try live.connectCommand
        let script = try live.directory.write("#!/bin/sh\nexec \(own)\n", to: "fake", mode: 0o700)
        try live.pair(["--command", script])
        let fake = "#!/bin/sh\n" + #"printf 'login \033[31mwelcome\007\n'; exit 0"# + "\n"
        try live.directory.write(fake, to: "fake", mode: 0o700)
        try expect(69, #"said: login \x1b[31mwelcome\x07\x0a"#)
    }
}
