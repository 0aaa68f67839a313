import Dispatch
import Logging
import TandemDaemon
import TandemFiles
import TandemHTTP
import TandemSnapshots
import TandemSystem
import TandemTree

/// The running snapshot daemon: its store, socket, ticker, HTTP and log.
struct SnapshotDaemon {
    /// How long a stop waits for a snapshot under way to end.
    ///
    /// With the look for the signal and HTTP's end it stays below the 2 s that a stop may take. A
    /// snapshot that it cuts was not listed yet, and the next one cleans up after it.
    private static let stopMilliseconds = 1_200
    private static let statusFile = "status.json"

    let options: SnapshotServeCommand

    /// Serves until a signal asks it to stop.
    func run() throws {
        try checkPlaces()
        let lock = try takeLock()
        defer { extendLifetime(lock) }
        let signals = try TerminationSignals()
        let log = try DaemonStart.openLog(in: options.logs, name: "snapshot")
        let logger = log.logger("snapshot", level: DaemonLog.level(in: ProcessEnvironment.current))
        let service = try openService()
        let time = SystemTime()
        let routes = SnapshotRoutes(service: service, time: time)
        let peers = PeerPolicy(serveUID: options.serveUid)
        let socket = try DaemonSocket(path: options.socket, peers: peers, logger: logger)
        let http = try startHTTP(routes)
        let status = "\(options.tree.state)/\(Self.statusFile)"
        let report: @Sendable () -> Void = {
            try? AtomicFile.write(routes.status(), to: status)
        }
        report()
        let ticker = SnapshotTicker(service, logger, time: time, report: report)
        let thread = ticker.start(
            pruneInterval: options.pruneInterval.nanoseconds,
            verifyInterval: options.verifyInterval.nanoseconds
        )
        if let damage = service.settings.report.damage {
            logger.error("\(SettingsLog.sentence(damage))")
        }
        logger.info("snapshots of \(options.tree.root), on \(options.socket)")
        socket.accept(until: signals, log) { link in
            service.serve(link)
            report()
        }
        service.stop()
        ticker.stop()
        let isClean = thread.join(until: .now() + .milliseconds(Self.stopMilliseconds))
        http?.stop(by: .now() + .milliseconds(200))
        logger.info("stopped", metadata: ["clean": "\(isClean)"])
    }

    private func checkPlaces() throws {
        var places = [(option: "--state", path: options.tree.state), ("--store", options.store)]
        if let logs = options.logs { places.append(("--logs", logs)) }
        try DaemonStart.prepare(root: options.tree.root, places: places)
    }

    private func takeLock() throws -> StateLock {
        do {
            return try StateLock(directory: options.tree.state)
        } catch {
            throw DaemonStartError(
                what: "\(error)",
                next: "stop the other daemon, or give this one its own --state",
                exitCode: DaemonExit.failed
            )
        }
    }

    private func openService() throws -> SnapshotService {
        do {
            return SnapshotService(
                store: try SnapshotStore(at: options.store, on: RealFileSystem()),
                source: try options.tree.source(),
                settings: SettingsFile.keeper(options.arguments, in: options.tree.state),
                fileSystem: RealFileSystem()
            )
        } catch let error as SnapshotError {
            throw DaemonStartError(
                what: error.what,
                next: error.next,
                exitCode: DaemonExit.configuration
            )
        } catch {
            throw DaemonStartError(
                what: "\(error)",
                next: "check --state and --store",
                exitCode: DaemonExit.permission
            )
        }
    }

    private func startHTTP(_ routes: SnapshotRoutes) throws -> HTTPService? {
        guard let http = options.http else { return nil }
        let address = try HTTPOption.parse(http)
        do {
            return try HTTPService.start(at: address, route: routes.answer)
        } catch {
            throw DaemonStartError(
                what: "HTTP cannot listen on \(http): \(error)",
                next: "give another --http ADDRESS:PORT",
                exitCode: DaemonExit.failed
            )
        }
    }
}
