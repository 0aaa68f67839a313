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
    /// Connections at once; each is one thread pair and at most a credit window of memory.
    static let maximumConnections = 16
    /// How often the loop that accepts connections looks for a signal.
    static let signalMilliseconds: Int32 = 250
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
        let log = try openLog()
        let logger = log.logger("receiver", level: DaemonLog.level(in: ProcessEnvironment.current))
        let endpoint = makeEndpoint(logger)
        let listener = try listen()
        let service = try startHTTP(endpoint)
        logger.info("serving \(options.root) on \(options.socket)")
        let connections = ConnectionCount(limit: Self.maximumConnections)
        accept(listener, endpoint, connections, logger, until: signals, log)
        close(listener)
        unsafe unlink(options.socket)
        let isClean = endpoint.stop(until: .now() + .milliseconds(Self.stopMilliseconds))
        service?.stop(by: .now() + .milliseconds(200))
        logger.info("stopped", metadata: ["clean": "\(isClean)"])
    }

    private func checkPlaces() throws {
        let root = absolute(options.root)
        for (name, place) in [("--state", options.state), ("--logs", options.logs ?? "")]
        where !place.isEmpty {
            let path = absolute(place)
            guard path != root, !path.hasPrefix(root + "/") else {
                throw ReceiverStartError(
                    what: "\(name) \(place) lies inside the root \(options.root)",
                    next: "give a directory outside the tree: its files would be synced",
                    exitCode: ReceiverExit.configuration
                )
            }
        }
        do {
            try StateDirectories.prepare(options.state)
            if let logs = options.logs { try StateDirectories.prepare(logs) }
        } catch {
            throw ReceiverStartError(
                what: "\(error)",
                next: "make the directory for this user only, writable by nobody else",
                exitCode: ReceiverExit.permission
            )
        }
    }

    private func absolute(_ path: String) -> String {
        var real = [CChar](repeating: 0, count: Int(PATH_MAX))
        if unsafe realpath(path, &real) != nil {
            return String(
                decoding: real.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
                as: UTF8.self
            )
        }
        return path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private func takeLock() throws -> StateLock {
        do {
            return try StateLock(directory: options.state)
        } catch {
            throw ReceiverStartError(
                what: "\(error)",
                next: "stop the other receiver, or give this one its own --state",
                exitCode: ReceiverExit.failed
            )
        }
    }

    private func openLog() throws -> DaemonLog {
        guard let directory = options.logs else { return DaemonLog(file: nil) }
        do {
            return DaemonLog(file: try LogFile(directory: directory, name: "receiver"))
        } catch {
            throw ReceiverStartError(
                what: "the log cannot be opened: \(error)",
                next: "check who may write \(directory)",
                exitCode: ReceiverExit.permission
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

    private func listen() throws -> Int32 {
        do {
            return try UnixSocket.listen(at: options.socket)
        } catch {
            throw ReceiverStartError(
                what: "\(error)",
                next: "make the socket's directory with mode 0700 for this user, and let no other "
                    + "receiver use it",
                exitCode: ReceiverExit.permission
            )
        }
    }

    private func startHTTP(_ endpoint: ReceiverEndpoint) throws -> HTTPService? {
        guard let http = options.http else { return nil }
        let address = try HTTPEndpoint.parse(http)
        let routes = ReceiverRoutes(endpoint: endpoint)
        do {
            return try HTTPService.start(at: address, route: routes.answer)
        } catch {
            throw ReceiverStartError(
                what: "HTTP cannot listen on \(http): \(error)",
                next: "give another --http ADDRESS:PORT",
                exitCode: ReceiverExit.failed
            )
        }
    }

    private func accept(
        _ listener: Int32,
        _ endpoint: ReceiverEndpoint,
        _ connections: ConnectionCount,
        _ logger: Logger,
        until signals: borrowing TerminationSignals,
        _ log: DaemonLog
    ) {
        while true {
            switch signals.poll() {
            case .terminate, .interrupt: return
            case .hangUp: log.reopen()
            case nil: break
            }
            do {
                let wait = Self.signalMilliseconds
                guard let descriptor = try UnixSocket.accept(on: listener, milliseconds: wait)
                else { continue }
                serve(descriptor, endpoint, connections, logger)
            } catch {
                logger.error("accepting a connection failed: \(error)")
                return
            }
        }
    }

    private func serve(
        _ descriptor: Int32,
        _ endpoint: ReceiverEndpoint,
        _ connections: ConnectionCount,
        _ logger: Logger
    ) {
        let uid = UnixSocket.peerUID(of: descriptor)
        guard peers.admits(uid), connections.enter() else {
            logger.warning(
                "connection refused",
                metadata: ["uid": "\(uid.map(String.init) ?? "unknown")"]
            )
            close(descriptor)
            return
        }
        let link = DescriptorLink(input: descriptor, output: descriptor)
        WorkerThread.start("tandem-session") {
            endpoint.serve(link)
            connections.leave()
        }
    }
}

/// How many connections are served, with a bound.
final class ConnectionCount: Sendable {
    private let limit: Int
    private let count = Monitor(0)

    init(limit: Int) {
        self.limit = limit
    }

    func enter() -> Bool {
        count.change { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.change { $0 -= 1 } }
}
