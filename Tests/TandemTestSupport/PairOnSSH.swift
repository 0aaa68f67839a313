import Dispatch
import Foundation
import Glibc
import Synchronization
package import TandemSystem

/// A laptop and a vm on this machine: the real programs, joined by a throwaway sshd.
///
/// Every process it starts ends with it, also when the test fails.
package final class PairOnSSH: Sendable {
    package let laptop: TemporaryDirectory
    package let vm: TemporaryDirectory
    package let server: SSHServer
    /// The laptop's state, the receiver's state and its socket.
    private let places: TemporaryDirectory
    private let receiver = Mutex<RunningProgram?>(nil)
    /// What goes in front of a program, to trace it.
    private let wrapper: @Sendable (String) -> [String]
    /// Where a program of that name is.
    private let program: @Sendable (String) throws -> String

    /// Starts sshd and a receiver, and pairs the two directories.
    ///
    /// - Parameters:
    ///   - wrapper: the words to put before a program of that name; none by default.
    ///   - program: gives the path of a program; asked each time one is started.
    /// - Throws: `CommandFailure`, `SystemError`.
    package init(
        wrapper: @escaping @Sendable (String) -> [String] = { _ in [] },
        program: @escaping @Sendable (String) throws -> String = { try BuiltProgram.path($0) }
    ) throws {
        laptop = try TemporaryDirectory()
        vm = try TemporaryDirectory()
        places = try TemporaryDirectory()
        server = try SSHServer()
        self.wrapper = wrapper
        self.program = program
        for name in ["home", "state", "run"] {
            try FileManager.default.createDirectory(
                atPath: places.path(name),
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        }
        try startReceiver()
        let pairing = try tandem([
            "pair", laptop.url.path, "\(SSHServer.alias):\(vm.url.path)",
            "--ssh-config", server.configuration, "--socket", socket,
        ])
        guard try pairing.wait() == .status(0) else {
            throw CommandFailure("tandem pair: \(pairing.errors)")
        }
    }

    deinit {
        receiver.withLock { receiver in
            receiver?.kill()
            receiver = nil
        }
    }

    /// The receiver's socket.
    package var socket: String { places.path("run/receiver.sock") }

    /// Where the laptop keeps the state of its one pair.
    package var laptopState: String {
        get throws {
            let pairs = places.path("home/state/pairs")
            let names = try FileManager.default.contentsOfDirectory(atPath: pairs)
            guard let name = names.first, names.count == 1 else {
                throw CommandFailure("there are \(names.count) pairs in \(pairs)")
            }
            return "\(pairs)/\(name)"
        }
    }

    /// Starts a receiver and waits until it listens; the one before must have ended.
    ///
    /// - Parameter crashAt: the point at which it kills itself, for `CrashPoint`.
    /// - Throws: `CommandFailure`.
    package func startReceiver(crashAt: String? = nil) throws {
        let program = try start(
            "tandem-receiver",
            [
                "serve", "--root", vm.url.path, "--state", places.path("state"),
                "--socket", socket,
            ],
            crashAt: crashAt
        )
        receiver.withLock { $0 = program }
        let deadline = DispatchTime.now() + .seconds(30)
        while DispatchTime.now() < deadline, program.process.isRunning {
            if let descriptor = try? UnixSocket.connect(to: socket) {
                close(descriptor)
                return
            }
            _ = program.process.wait(until: .now() + .milliseconds(10))
        }
        throw CommandFailure("the receiver does not listen: \(program.errors)")
    }

    /// Removes what the receiver keeps outside its root; it must have ended.
    package func forgetReceiverState() throws {
        try FileManager.default.removeItem(atPath: places.path("state"))
        try FileManager.default.createDirectory(
            atPath: places.path("state"),
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// Kills the receiver.
    package func killReceiver() {
        receiver.withLock { receiver in
            receiver?.kill()
            receiver = nil
        }
    }

    /// The receiver's process; nil while none runs.
    package var receiverPID: Int32? { receiver.withLock { $0?.process.pid } }

    /// Waits for the receiver to end by itself.
    package func receiverExit() throws -> ChildProcess.Exit? {
        try receiver.withLock { $0 }?.wait(.seconds(30))
    }

    /// Ends the receiver as a service manager does, so that a tracer finishes its file.
    package func stopReceiver() throws {
        let program = receiver.withLock { receiver in
            defer { receiver = nil }
            return receiver
        }
        program?.process.signal(SIGTERM)
        try program?.wait(.seconds(30))
    }

    /// Kills the processes of sshd that serve a connection.
    package func killSessions() {
        for pid in server.sessionPIDs { kill(pid, SIGKILL) }
    }

    /// Starts `tandem push`.
    package func startPush(crashAt: String? = nil) throws -> RunningProgram {
        try tandem(["push", "-C", laptop.url.path, "--json"], crashAt: crashAt)
    }

    /// Pushes to the end.
    package func push() throws -> PushResult { try PushResult(startPush()) }

    /// The variables under which the laptop's programs find this pair.
    package var environment: [String: String] { ["TANDEM_HOME": places.path("home")] }

    /// Starts a command of `tandem` on the laptop.
    package func tandem(_ arguments: [String], crashAt: String? = nil) throws -> RunningProgram {
        try start("tandem", arguments, crashAt: crashAt)
    }

    private func start(
        _ name: String,
        _ arguments: [String],
        crashAt: String?
    ) throws -> RunningProgram {
        var environment = environment
        if let crashAt { environment["TANDEM_CRASH_AT"] = crashAt }
        let words = wrapper(name) + [try program(name)] + arguments
        return try RunningProgram(words[0], Array(words.dropFirst()), environment: environment)
    }
}

extension PairOnSSH {
    /// What differs between the two directories, by a comparison that is not Tandem's; empty when
    /// they hold the same names, kinds, contents, targets and execute bits.
    package func differences() throws -> String {
        let output = try Command.run(
            "rsync",
            [
                "-rlcnE", "--delete", "--itemize-changes", "--exclude=/.tandem",
                laptop.url.path + "/", vm.url.path + "/",
            ]
        )
        // rsync also reports times of directories and files, which Tandem does not sync.
        return String(decoding: output, as: UTF8.self).split(separator: "\n").filter { line in
            !line.hasPrefix(".") || line.prefix(11).dropFirst(2).contains { "csp".contains($0) }
        }.joined(separator: "\n")
    }

    /// What lies in the vm's stage, of all pairs, with its size.
    package var staged: [String: UInt64] {
        let stage = vm.path(".tandem/stage")
        var found: [String: UInt64] = [:]
        guard let walk = FileManager.default.enumerator(atPath: stage) else { return [:] }
        // The first level is the pairs' own directories, which stay.
        for case let path as String in walk where path.contains("/") {
            let size = walk.fileAttributes?[.size] as? UInt64
            found[path] =
                walk.fileAttributes?[.type] as? FileAttributeType == .typeRegular
                ? size ?? 0 : 0
        }
        return found
    }
}

/// How a push ended and what it reported.
package struct PushResult: Sendable {
    /// The part of `tandem push --json` that tests look at.
    package struct Report: Decodable, Sendable {
        package struct Bytes: Decodable, Sendable {
            package var planned: UInt64
            package var sent: UInt64
        }

        package struct Remark: Decodable, Sendable {
            package var path: String
            package var reason: String
        }

        package var verdict: String
        package var generation: UInt64
        package var tree: String
        package var applied: Int
        package var bytes: Bytes
        package var conflicts: [Remark]
        package var notApplied: [Remark]
    }

    package var exit: ChildProcess.Exit
    /// Nil when it did not come to a report.
    package var report: Report?
    package var errors: String

    /// Waits for a push to end.
    package init(_ push: RunningProgram) throws {
        exit = try push.wait()
        errors = push.errors
        report = try? JSONDecoder().decode(Report.self, from: Data(push.output.utf8))
    }

    /// What to show when a test expected something else.
    package var summary: String {
        let remarks = (report?.conflicts ?? []) + (report?.notApplied ?? [])
        let list = remarks.prefix(5).map { "\($0.path): \($0.reason)" }.joined(separator: "; ")
        return "\(exit), \(report?.verdict ?? "no report"); \(list); \(errors)"
    }
}
