import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// A key of the pair's own, which the vm restricts to the one command that joins the receiver.
///
/// The plain `ssh` client plays the thief of that key: it offers it to a real sshd and asks for more.
@Suite(.serialized) struct DedicatedKeyTests {
    private static let greeting = "\0TANDEM\n"

    private let live: LivePair
    private let key: String

    init() throws {
        live = try LivePair(pairs: false)
        key = live.directory.path("dedicated")
        try SSHServer.makeKey(key, type: "ed25519")
        let command = try live.connectCommand
        try live.server.accept(
            publicKey: "\(key).pub",
            options: #"restrict,command="\#(command)""#
        )
        try live.server.configure(identityFiles: [key])
    }

    /// Runs the plain client with this key alone; its input is at its end.
    private func ssh(_ arguments: [String]) throws -> CommandEnd {
        let words = ["-F", live.server.configuration, "-o", "BatchMode=yes"] + arguments
        return try CommandEnd(RunningProgram("ssh", words), within: 30)
    }

    @Test(.tags(.live)) func `a push needs no more than that`() throws {
        try live.write("content", to: "file")
        try live.pair(["--identity", key, "--command", live.connectCommand])
        let end = try live.push()
        #expect(end.code == 0, "\(end.said)")
        #expect(try live.differences() == "")
    }

    @Test(.tags(.live)) func `a shell and any other command are the receiver's greeting instead`()
        throws
    {
        let evil = live.directory.path("evil")
        // A FIFO opened for reading and writing never ends, as a person's terminal does not.
        let input = live.directory.path("input")
        try Command.run("mkfifo", [input])
        let line = #"exec ssh -F "$1" -o BatchMode=yes "${@:3}" <>"$2""#
        for wish in [[], ["touch \(evil); echo in"], ["/bin/sh", "-i"]] {
            let words = ["-c", line, "bash", live.server.configuration, input, SSHServer.alias]
            let client = try RunningProgram("bash", words + wish)
            try client.wait { client.output.hasPrefix(Self.greeting) }
            client.kill()
            #expect(!client.output.contains("in\n"), "\(wish)")
        }
        let subsystem = try ssh(["-s", SSHServer.alias, "sftp"])
        #expect(subsystem.errors.contains("subsystem request failed"), "\(subsystem.said)")
        #expect(!FileManager.default.fileExists(atPath: evil))
    }

    @Test(.tags(.live)) func `there is no terminal`() throws {
        let end = try ssh(["-tt", SSHServer.alias])
        #expect(end.errors.contains("PTY allocation request failed"), "\(end.said)")
    }

    @Test(.tags(.live)) func `a TCP forward is refused in either direction`() throws {
        let there = try ssh(["-W", "127.0.0.1:\(live.server.port)", SSHServer.alias])
        #expect(there.code == 255)
        #expect(there.errors.contains("administratively prohibited"), "\(there.said)")
        let back = try ssh([
            "-N", "-o", "ExitOnForwardFailure=yes",
            "-R", "\(try FreePort.any()):127.0.0.1:\(live.server.port)", SSHServer.alias,
        ])
        #expect(back.code == 255)
        #expect(back.errors.contains("remote port forwarding failed"), "\(back.said)")
    }

    @Test(.tags(.live)) func `a UNIX forward is refused, to the receiver's socket too`() throws {
        let local = live.directory.path("local.sock")
        let forward = ["-N", "-L", "\(local):\(live.socket)", SSHServer.alias]
        let client = try RunningProgram("ssh", ["-F", live.server.configuration] + forward)
        try client.wait { FileManager.default.fileExists(atPath: local) }
        let link = try UnixSocket.connect(to: local)
        defer { close(link) }
        var byte: UInt8 = 0
        #expect(read(link, &byte, 1) == 0, "nothing comes through, not even the greeting")
        try client.wait { client.errors.contains("open failed") }
    }
}
