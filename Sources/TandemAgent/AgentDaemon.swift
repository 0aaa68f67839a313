import Dispatch
import Glibc
import Logging
import TandemControl
import TandemDaemon
import TandemStore
import TandemSystem

/// Why the agent does not run: what, what to do next, and the exit code.
struct AgentStartError: Error, Sendable, CustomStringConvertible {
    var what: String
    var next: String
    var exitCode: Int32

    var description: String { what }
}

/// The running agent: its lock, socket, log, store and pairs.
struct AgentDaemon: Sendable {
    /// How long the end waits for pairs to come to a safe point.
    ///
    /// With the look for the signal and the rest it stays below the 2 s that an end may take; a
    /// batch that it cuts is recovered at the next start.
    static let pairStopMilliseconds = 1_200
    /// How often the signals are looked at.
    private static let lookMilliseconds = 250
    private static let deskMilliseconds = 300

    let places: StateDirectories
    let source: PairSource
    let program: String
    let environment: [String: String]
    let isInForeground: Bool
    let time: any TimeSource
    let links: any LinkChangeSource

    init(
        places: StateDirectories,
        source: PairSource,
        program: String,
        environment: [String: String],
        isInForeground: Bool,
        time: any TimeSource = SystemTime(),
        links: any LinkChangeSource
    ) {
        self.places = places
        self.source = source
        self.program = program
        self.environment = environment
        self.isInForeground = isInForeground
        self.time = time
        self.links = links
    }

    /// Runs until a signal or a request ends it.
    ///
    /// - Throws: `AgentStartError`
    func run() throws {
        let lock = try takeLock()
        defer { extendLifetime(lock) }
        let signals = try TerminationSignals()
        let log = try openLog()
        let logger = log.logger("agent", level: DaemonLog.level(in: environment))
        let parts = try AgentParts(self, logger: logger)
        parts.start(links: links)
        logger.info("serving \(places.controlSocket)", metadata: ["program": "\(program)"])
        waitForEnd(signals, log, parts)
        let isClean = parts.stop(
            until: .now() + .milliseconds(Self.pairStopMilliseconds),
            desk: .now() + .milliseconds(Self.pairStopMilliseconds + Self.deskMilliseconds)
        )
        logger.info("stopped", metadata: ["clean": "\(isClean)"])
    }

    private func takeLock() throws -> StateLock {
        do {
            try places.prepare()
            let directory = "\(places.state)/agent"
            try StateDirectories.prepare(directory)
            return try waitForLock(directory)
        } catch let error as StateLockError {
            guard case .held(_, let pid) = error else { throw Self.cannotStart(error) }
            throw AgentStartError(
                what: "an agent runs already" + (pid.map { ", process \($0)" } ?? ""),
                next: "use it: tandem status",
                exitCode: AgentExit.failed
            )
        } catch {
            throw Self.cannotStart(error)
        }
    }

    /// Takes the lock, once an agent that was told to end has let it go.
    ///
    /// `tandem down --all` returns when the agent knows of it; the `up` that follows comes in the
    /// time its pairs take to come to rest. One that serves answers on its socket.
    private func waitForLock(_ directory: String) throws(StateLockError) -> StateLock {
        let deadline = DispatchTime.now() + .seconds(Self.handoverSeconds)
        while true {
            do throws(StateLockError) {
                return try StateLock(directory: directory)
            } catch {
                guard case .held = error, DispatchTime.now() < deadline, !isServing else {
                    throw error
                }
                _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(20))
            }
        }
    }

    /// Whether somebody answers on the socket.
    private var isServing: Bool {
        guard let socket = try? UnixSocket.connect(to: places.controlSocket) else { return false }
        _ = OwnedDescriptor(socket)
        return true
    }

    /// What an agent takes to end at most, and some more.
    private static let handoverSeconds = 8

    private static func cannotStart(_ error: any Error) -> AgentStartError {
        AgentStartError(
            what: "\(error)",
            next: "make the directory yours alone, or set TANDEM_HOME to another",
            exitCode: AgentExit.permission
        )
    }

    private func openLog() throws -> DaemonLog {
        do {
            return DaemonLog(
                file: try LogFile(directory: places.logs, name: "agent"),
                mirror: isInForeground ? STDERR_FILENO : nil
            )
        } catch {
            throw AgentStartError(
                what: "the log cannot be opened: \(error)",
                next: "check who may write \(places.logs)",
                exitCode: AgentExit.permission
            )
        }
    }

    private func waitForEnd(
        _ signals: borrowing TerminationSignals,
        _ log: DaemonLog,
        _ parts: AgentParts
    ) {
        while !parts.isAskedToStop {
            switch signals.next(until: .now() + .milliseconds(Self.lookMilliseconds)) {
            case .terminate, .interrupt: return
            case .hangUp:
                log.reopen()
                parts.reload()
            case nil: break
            }
        }
    }
}

/// Exit codes of `tandem-agent`, the same as the `tandem` command's.
enum AgentExit {
    static let failed: Int32 = 2
    static let permission: Int32 = 77
    static let configuration: Int32 = 78
}
