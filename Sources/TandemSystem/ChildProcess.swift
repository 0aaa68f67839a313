package import Dispatch
import Glibc

/// A program started without a shell, in a process group of its own, and always waited for.
package final class ChildProcess: Sendable {
    /// How the program ended.
    package enum Exit: Hashable, Sendable {
        case status(Int32)
        case signal(Int32)
    }

    /// What a captured program left.
    package struct Captured: Sendable {
        package var exit: Exit
        package var output: [UInt8]
        package var standardError: [UInt8]
        /// True when more was written than was kept.
        package var truncated: Bool
    }

    /// The child's descriptors 0, 1 and 2; nil is /dev/null.
    ///
    /// The caller keeps its own and closes them after the start.
    package struct Descriptors: Sendable {
        package var input: Int32?
        package var output: Int32?
        package var error: Int32?

        package init(input: Int32? = nil, output: Int32? = nil, error: Int32? = nil) {
            self.input = input
            self.output = output
            self.error = error
        }
    }

    package let pid: Int32
    /// Nil while the program runs.
    ///
    /// The process is reaped under this monitor, so that a signal never meets a reused pid.
    private let ended = Monitor<Exit?>(nil)

    private init(pid: pid_t) { self.pid = pid }

    /// Starts a program found on PATH.
    ///
    /// - Parameters:
    ///   - program: a path, or a name to look up.
    ///   - arguments: without the program itself.
    ///   - environment: `NAME=value` strings; nil passes this process's own on.
    ///   - descriptors: the child's standard descriptors.
    ///   - inNewSession: whether it leaves this process's terminal and outlives it.
    /// - Returns: the running process.
    /// - Throws: `SystemError`, ENOENT for a program that does not exist.
    package static func start(
        _ program: String,
        _ arguments: [String],
        environment: [String]? = nil,
        descriptors: Descriptors = Descriptors(),
        inNewSession: Bool = false
    ) throws -> ChildProcess {
        let pid = try Spawn.run(
            program,
            [program] + arguments,
            environment,
            descriptors,
            inNewSession: inNewSession
        )
        let child = ChildProcess(pid: pid)
        WorkerThread.start("child-wait") { child.reap() }
        return child
    }

    /// Waits for the end; nil when the deadline passed first.
    package func wait(until deadline: DispatchTime = .distantFuture) -> Exit? {
        ended.wait(until: deadline) { $0 }
    }

    package var isRunning: Bool { ended.look { $0 == nil } }

    /// Sends a signal to the program and what it started; does nothing once it has ended.
    package func signal(_ number: Int32) {
        ended.look { exit in
            if exit == nil, kill(-pid, number) != 0 { kill(pid, number) }
        }
    }

    /// Asks the program to end, and kills it when it has not within the grace.
    package func terminate(grace: DispatchTimeInterval = .seconds(1)) {
        guard isRunning else { return }
        signal(SIGTERM)
        signal(SIGCONT)
        WorkerThread.start("child-end") { [self] in
            if wait(until: .now() + grace) == nil { signal(SIGKILL) }
        }
    }

    private func reap() {
        var information = siginfo_t()
        // Waits without reaping: until the monitor is held, the pid stays taken.
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        ended.change { exit in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            let signal = status & 0x7F
            exit = signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
        }
    }
}
