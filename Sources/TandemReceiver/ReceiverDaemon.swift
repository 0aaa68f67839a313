import Dispatch
import Glibc
import Logging
import TandemDaemon
import TandemFiles
import TandemHTTP
import TandemSync
import TandemSystem

/// The running receiver: its socket, its HTTP, its log, and the endpoint behind them.
struct ReceiverDaemon {
    /// How long a stop waits for sessions to reach their safe point.
    ///
    /// With the look for the signal and HTTP's end it stays below the 2 s that a stop may take. A
    /// batch that it cuts is recovered at the next connection.
    static let stopMilliseconds = 1_200

    private let options: ServeCommand
    private let peers: PeerPolicy

    init(options: ServeCommand) {
        self.options = options
        peers = PeerPolicy(serveUID: options.serveUid)
    }

    /// Serves until a signal asks it to stop.
    func run() throws {
        try checkPlaces()
        let lock = try takeLock()
        defer { _ = lock.path }
        let signals = try TerminationSignals()
        let log = try DaemonStart.openLog(in: options.logs, name: "receiver")
        let logger = log.logger("receiver", level: DaemonLog.level(in: ProcessEnvironment.current))
        let endpoint = makeEndpoint(logger)
        let socket = try DaemonSocket(path: options.socket, peers: peers, logger: logger)
        let service = try startHTTP(endpoint)
        logger.info("serving \(options.root) on \(options.socket)")
        socket.accept(until: signals, log) { endpoint.serve($0) }
        let isClean = endpoint.stop(until: .now() + .milliseconds(Self.stopMilliseconds))
        service?.stop(by: .now() + .milliseconds(200))
        logger.info("stopped", metadata: ["clean": "\(isClean)"])
    }

    private func checkPlaces() throws {
        var places = [(option: "--state", path: options.state)]
        if let logs = options.logs { places.append(("--logs", logs)) }
        try DaemonStart.prepare(root: options.root, places: places)
    }

    private func takeLock() throws -> StateLock {
        do {
            return try StateLock(directory: options.state)
        } catch {
            throw DaemonStartError(
                what: "\(error)",
                next: "stop the other receiver, or give this one its own --state",
                exitCode: DaemonExit.failed
            )
        }
    }

    private func makeEndpoint(_ logger: Logger) -> ReceiverEndpoint {
        ReceiverEndpoint(
            settings: .init(
                root: options.root,
                stateDirectory: options.state,
                receiverText: "tandem-receiver \(ReceiverVersion.text)"
            ),
            fileSystem: RealFileSystem(),
            log: { report in
                switch report.level {
                case .info: logger.info("\(report.text)")
                case .warning: logger.warning("\(report.text)")
                }
            }
        )
    }

    private func startHTTP(_ endpoint: ReceiverEndpoint) throws -> HTTPService? {
        guard let http = options.http else { return nil }
        let address = try HTTPEndpoint.parse(http)
        let routes = ReceiverRoutes(endpoint: endpoint)
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
