import Dispatch
import Logging
import Synchronization
import TandemControl
import TandemDaemon
import TandemStore
import TandemSystem

/// The agent's parts, joined.
final class AgentParts: Sendable {
    private let hub = EventHub()
    private let desk: NewsDesk
    let supervisor: PairSupervisor
    private let server: ControlServer
    private let store: Store
    private let logger: Logger
    private let socket: String
    private let end: StopFlag

    /// Opens the store and the socket.
    ///
    /// - Throws: `AgentStartError`
    init(_ daemon: AgentDaemon, logger: Logger) throws {
        self.logger = logger
        socket = daemon.places.controlSocket
        store = try Self.openStore(daemon)
        let relay = Relay()
        let desk = NewsDesk(
            store: store,
            hub: hub,
            logger: logger,
            time: daemon.time,
            notices: DesktopNotice.chosen(in: daemon.environment),
            view: { relay.supervisor?.view(of: $0) }
        )
        let supervisor = PairSupervisor(
            source: daemon.source,
            store: store,
            logger: logger,
            time: daemon.time,
            news: { desk.tell($0, of: $1) }
        )
        relay.supervisor = supervisor
        let end = StopFlag()
        let service = AgentService(
            supervisor: supervisor,
            store: store,
            desk: desk,
            started: daemon.time.wall,
            program: daemon.program,
            stop: { end.raise() }
        )
        self.desk = desk
        self.supervisor = supervisor
        self.end = end
        do {
            server = try ControlServer(socket: socket, service: service, hub: hub, logger: logger)
        } catch {
            throw AgentStartError(
                what: "\(error)",
                next: "make the socket's directory yours alone (0700), or set TANDEM_HOME",
                exitCode: AgentExit.permission
            )
        }
    }

    private static func openStore(_ daemon: AgentDaemon) throws -> Store {
        do {
            return try Store(at: "\(daemon.places.state)/\(Store.fileName)")
        } catch {
            throw AgentStartError(
                what: error.message,
                next: "install the newest version on this laptop",
                exitCode: AgentExit.configuration
            )
        }
    }

    var isAskedToStop: Bool { end.isRaised }

    /// Resumes the pairs that were up, and begins to answer.
    func start(links: any LinkChangeSource) {
        desk.start()
        reload()
        server.start()
        WorkerThread.start("tandem-links") { [supervisor, logger, end] in
            while !end.isRaised {
                guard let change = links.next(until: .now() + .seconds(Self.lookSeconds)) else {
                    continue
                }
                logger.info("\(change.sentence); trying to connect")
                supervisor.reconnectNow()
            }
        }
    }

    /// How often the thread that hears of the network looks whether it is to end.
    private static let lookSeconds = 60

    func reload() {
        do {
            try supervisor.load()
            try supervisor.reload()
        } catch {
            logger.error("the pairs cannot be read: \(ControlFailure(of: error))")
        }
    }

    /// Stops everything; false when a pair was not at a safe point in time.
    func stop(until deadline: DispatchTime, desk deskDeadline: DispatchTime) -> Bool {
        end.raise()
        let isClean = supervisor.stop(until: deadline)
        server.close()
        hub.close()
        desk.close(until: deskDeadline)
        SocketFile.remove(socket)
        try? store.close()
        return isClean
    }

    /// Lets the news desk look at the supervisor, which is made after it.
    private final class Relay: Sendable {
        private let held = Mutex<PairSupervisor?>(nil)

        var supervisor: PairSupervisor? {
            get { held.withLock { $0 } }
            set { held.withLock { $0 = newValue } }
        }
    }
}

/// A flag that is raised once.
final class StopFlag: Sendable {
    private let raised = Atomic(false)

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    func raise() { raised.store(true, ordering: .releasing) }
}

extension LinkChange {
    fileprivate var sentence: String {
        switch self {
        case .network: "the network changed"
        case .woke(let nanoseconds): "the laptop woke after \(nanoseconds / 1_000_000_000) s"
        }
    }
}
