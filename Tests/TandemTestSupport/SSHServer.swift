import Foundation
import Glibc
import TandemSystem

/// A throwaway sshd on a free loopback port, with its own host keys and one user key it accepts.
///
/// It ends, with its sessions, when the last user of the object is gone. A machine without sshd
/// fails the test: a suite that passes because nothing ran would say nothing.
package final class SSHServer: Sendable {
    package static let program = "/usr/sbin/sshd"

    package let directory: TemporaryDirectory
    package let port: UInt16
    /// The user who runs the tests; the server lets only that one in.
    package let user: String
    private let process: ChildProcess

    /// The alias under which the server stands in `configuration`.
    package static let alias = "vm"

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - lines: further lines for sshd_config; they win over the fixture's own.
    ///   - hostKeys: the types of host keys, for `ssh-keygen -t`.
    ///   - known: whether known_hosts has the server's keys.
    /// - Throws: `CommandFailure`.
    package init(
        _ lines: [String] = [],
        hostKeys: [String] = ["ed25519", "ecdsa"],
        known: Bool = true
    ) throws {
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            throw CommandFailure("\(Self.program) is missing: install openssh-server")
        }
        // As every program of the project does: a closed link is an error, not a signal.
        ProcessSettings.harden()
        directory = try TemporaryDirectory()
        port = try FreePort.any()
        user = NSUserName()
        // sshd's own directory for privilege separation, which packages make at boot.
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        for type in hostKeys { try Self.makeKey(directory.path("host_\(type)"), type: type) }
        try Self.makeKey(directory.path("user_ed25519"), type: "ed25519")
        let accepted = try directory.read("user_ed25519.pub")
        try directory.write(accepted, to: "authorized_keys")
        let configuration = try Self.configuration(directory, port, hostKeys, lines)
        process = try ChildProcess.start(
            Self.program,
            ["-D", "-f", configuration, "-E", directory.path("sshd.log")]
        )
        try writeClientFiles(hostKeys, known)
        try waitUntilListening()
    }

    deinit { stop() }

    /// Ends the server and its sessions; again does nothing.
    package func stop() {
        guard process.isRunning else { return }
        // A stopped sshd would not hear that it is to end.
        process.signal(SIGCONT)
        // Asked for first: the sessions of a server that has ended are nobody's children.
        let sessions = sessionPIDs
        process.terminate()
        for pid in sessions { kill(pid, SIGKILL) }
        _ = process.wait(until: .now() + .seconds(5))
    }

    /// A file for `ssh -F` in which the alias leads here.
    package var configuration: String { directory.path("ssh_config") }

    package var knownHosts: String { directory.path("known_hosts") }

    /// The private key that the server accepts.
    package var userKey: String { directory.path("user_ed25519") }

    /// What the server logged.
    package var log: String { (try? directory.read("sshd.log")) ?? "" }

    /// Lets one more public key in, with options in front of it.
    package func accept(publicKey path: String, options: String = "") throws {
        let key = try String(contentsOfFile: path, encoding: .utf8)
        let line = options.isEmpty ? key : "\(options) \(key)"
        let all = try directory.read("authorized_keys") + line + "\n"
        try directory.write(all, to: "authorized_keys")
    }

    /// Makes a key pair; the file must not exist yet.
    package static func makeKey(
        _ path: String,
        type: String,
        passphrase: String = "",
        options: [String] = []
    ) throws {
        let arguments = ["-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path]
        try Command.run("ssh-keygen", arguments + options)
    }

    /// The processes that serve connections, children of the one that listens.
    package var sessionPIDs: [Int32] { Self.descendants(of: process.pid) }

    /// Stops the one that listens, and lets it go on.
    package func pauseListening() { kill(process.pid, SIGSTOP) }
    package func resumeListening() { kill(process.pid, SIGCONT) }

    /// Has clients of the alias connect to another port, which leads here.
    package func lead(through port: UInt16) throws {
        try directory.write(
            try directory.read("known_hosts").replacing(":\(self.port) ", with: ":\(port) "),
            to: "known_hosts"
        )
        try configure(identityFiles: [userKey], extra: ["Port \(port)"])
    }

    /// A process's children and theirs.
    private static func descendants(of pid: Int32) -> [Int32] {
        let path = "/proc/\(pid)/task/\(pid)/children"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let children = text.split(separator: " ").compactMap { Int32($0) }
        return children + children.flatMap(descendants)
    }
}

extension SSHServer {
    private static func configuration(
        _ directory: TemporaryDirectory,
        _ port: UInt16,
        _ hostKeys: [String],
        _ lines: [String]
    ) throws -> String {
        // sshd takes the first value of an option, so the test's own lines come first.
        let own = [
            "ListenAddress 127.0.0.1", "Port \(port)", "UsePAM no", "StrictModes no",
            "PidFile none", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
            "PermitRootLogin yes", "LogLevel DEBUG", "MaxStartups 100:30:200",
            "AuthorizedKeysFile \(directory.path("authorized_keys"))",
        ]
        let keys = hostKeys.map { "HostKey \(directory.path("host_\($0)"))" }
        let text = (lines + own + keys).joined(separator: "\n") + "\n"
        return try directory.write(text, to: "sshd_config")
    }

    private func writeClientFiles(_ hostKeys: [String], _ known: Bool) throws {
        let lines = try hostKeys.map { type in
            let key = try directory.read("host_\(type).pub").split(separator: " ").prefix(2)
            return "[127.0.0.1]:\(port) \(key.joined(separator: " "))\n"
        }
        try directory.write(known ? lines.joined() : "", to: "known_hosts")
        try configure(identityFiles: [userKey])
    }

    /// Writes `configuration` anew.
    ///
    /// - Parameters:
    ///   - identityFiles: the keys to offer.
    ///   - agent: an agent's socket, or `none`.
    ///   - extra: further lines for the alias, which win.
    /// - Throws: an error of Foundation's.
    package func configure(
        identityFiles: [String],
        agent: String = "none",
        extra: [String] = []
    ) throws {
        let lines =
            ["Host \(Self.alias)"] + extra + [
                "HostName 127.0.0.1", "Port \(port)", "User \(user)", "IdentitiesOnly yes",
                "IdentityAgent \(agent)", "UserKnownHostsFile \(knownHosts)",
                "GlobalKnownHostsFile none",
            ] + identityFiles.map { "IdentityFile \($0)" }
        try directory.write(lines.joined(separator: "\n") + "\n", to: "ssh_config")
    }

    /// Polls, because sshd tells nobody when it listens.
    private func waitUntilListening() throws {
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline, process.isRunning {
            if try Self.answers(port) { return }
            _ = process.wait(until: .now() + .milliseconds(20))
        }
        let end = process.wait(until: .now()).map { "it ended: \($0)" } ?? "it runs"
        throw CommandFailure("sshd does not listen on \(port), \(end):\n\(log)")
    }

    private static func answers(_ port: UInt16) throws -> Bool {
        let descriptor = OwnedDescriptor(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
