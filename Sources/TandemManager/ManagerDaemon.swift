import Dispatch
import Logging
import TandemDaemon
import TandemHTTP
import TandemManagement
import TandemSystem

/// The running manager: its thread, its socket and its log.
struct ManagerDaemon {
    /// How long a stop waits for the call under way.
    ///
    /// Together with the rest it is below the 2 s a stop may take. What a call cut off has begun is gone on with at the next start.
    private static let stopMilliseconds = 1_000
    private static let httpMilliseconds = 300
    /// An answer may have to wait for Podman.
    private static let answerNanoseconds: Int64 = 40_000_000_000

    private let options: ServeCommand

    init(options: ServeCommand) {
        self.options = options
    }

    /// Serves until a signal asks it to stop.
    func run() throws {
        let list = try watchList()
        try prepare()
        let lock = try takeLock()
        defer { extendLifetime(lock) }
        let signals = try TerminationSignals()
        let log = try DaemonStart.openLog(in: options.logs, name: "manager")
        let logger = log.logger("manager", level: DaemonLog.level(in: ProcessEnvironment.current))
        let book = BookFile(in: options.state)
        let engine = PodmanClient(socket: options.podmanSocket)
        let loop = ManagerLoop(
            core: ManagerCore(
                list: list,
                book: try book.read(),
                times: times,
                at: SystemTime().monotonic
            ),
            engine: engine,
            book: book,
            logger: logger,
            interval: options.interval
        )
        let routes = ManagerRoutes(list: list, loop: loop, engine: engine, logger: logger)
        let service = try startHTTP(routes)
        logger.info("watching \(list.members.map(\.name).joined(separator: ", "))")
        let thread = loop.start()
        wait(for: signals, log)
        loop.stop()
        service.stop(by: .now() + .milliseconds(Self.httpMilliseconds))
        SocketFile.remove(options.socket)
        let isClean = thread.join(until: .now() + .milliseconds(Self.stopMilliseconds))
        logger.info("stopped", metadata: ["clean": "\(isClean)"])
    }

    private func watchList() throws -> WatchList {
        do throws(WatchListError) {
            return try WatchList(options.watch)
        } catch {
            throw DaemonStartError(
                "--watch: \(error)",
                next: "name containers, such as --watch tandem-receiver",
                DaemonExit.configuration
            )
        }
    }

    private var times: ManagerTimes {
        var times = ManagerTimes()
        times.rollout = UInt64(options.rolloutTimeout) * 1_000_000_000
        times.backoff.first = UInt64(options.firstDelay) * 1_000_000
        times.backoff.attempts = options.attempts
        return times
    }

    private func prepare() throws {
        do {
            try StateDirectories.prepare(options.state)
            if let logs = options.logs { try StateDirectories.prepare(logs) }
        } catch {
            throw DaemonStartError(
                "\(error)",
                next: "make the directory for this user only, writable by nobody else",
                DaemonExit.permission
            )
        }
    }

    private func takeLock() throws -> StateLock {
        do {
            return try StateLock(directory: options.state)
        } catch {
            throw DaemonStartError(
                "\(error)",
                next: "stop the other manager, or give this one its own --state",
                DaemonExit.failed
            )
        }
    }

    private func startHTTP(_ routes: ManagerRoutes) throws -> HTTPService {
        let peers = PeerPolicy(serveUID: options.serveUid)
        var limits = HTTPLimits()
        limits.requestTime = Self.answerNanoseconds
        do {
            return try HTTPService.start(
                at: .unix(path: options.socket),
                limits: limits,
                responder: HTTPResponder(
                    admits: { peers.admits($0) },
                    respond: routes.answer
                )
            )
        } catch {
            throw DaemonStartError(
                "\(error)",
                next: "make the socket's directory with mode 0700 for this user, and let no other "
                    + "manager use it",
                DaemonExit.permission
            )
        }
    }

    private func wait(for signals: borrowing TerminationSignals, _ log: DaemonLog) {
        while let signal = signals.next() {
            switch signal {
            case .terminate, .interrupt: return
            case .hangUp: log.reopen()
            }
        }
    }
}
