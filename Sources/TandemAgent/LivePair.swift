package import Dispatch
package import TandemControl
import TandemDaemon
import TandemStore
package import TandemSync
package import TandemSystem
package import TandemTree

/// A pair kept in sync by a live session, under the pair's lock.
package final class LivePair: SyncedPair {
    package typealias Configured = (settings: LiveSettings, need: PersonNeeded?)

    /// What a pair needs to be kept in sync.
    package struct Setup: Sendable {
        package var pair: LaptopPair
        package var connect: @Sendable () throws -> any ByteLink
        /// Reads the configuration: what is in force, and what a person has to do about it.
        package var settings: @Sendable () throws -> Configured

        package init(
            pair: LaptopPair,
            connect: @escaping @Sendable () throws -> any ByteLink,
            settings: @escaping @Sendable () throws -> Configured
        ) {
            self.pair = pair
            self.connect = connect
            self.settings = settings
        }
    }

    private let identity: PairIdentity
    private let setup: Setup
    private let lock: StateLock
    private let news: @Sendable (PairNews) -> Void
    private let session: Monitor<LiveSync>
    private let dialling: Monitor<DialGuard>
    private let configuration: Monitor<Configuration>
    /// How often the configuration is looked at: two small files.
    private static let configurationSeconds = 2
    /// What a content from the vm may take.
    private static let contentSeconds = 25

    /// Takes the pair's lock and reads its configuration; nothing is started.
    ///
    /// - Throws: `ControlFailure` where another process works on the pair; what the setup throws.
    package init(
        _ identity: PairIdentity,
        _ setup: Setup,
        news: @escaping @Sendable (PairNews) -> Void
    ) throws {
        self.identity = identity
        self.setup = setup
        self.news = news
        try StateDirectories.prepare(setup.pair.stateDirectory, forbidden: 0o077)
        do {
            lock = try StateLock(directory: setup.pair.stateDirectory)
        } catch .held(_, let pid) {
            let holder = pid.map { "process \($0)" } ?? "another process"
            throw ControlFailure(.refused, "\(holder) works on the pair; waiting for it to end")
        } catch .failed(let error) {
            throw error
        }
        let dialling = Monitor(DialGuard())
        self.dialling = dialling
        let configured = try setup.settings()
        configuration = Monitor(Configuration(settings: configured.settings, need: configured.need))
        session = Monitor(Self.makeSession(setup, configured.settings, dialling, news))
    }

    private struct Configuration {
        var settings: LiveSettings
        var need: PersonNeeded?
        var isOver = false
    }

    private static func makeSession(
        _ setup: Setup,
        _ settings: LiveSettings,
        _ dialling: Monitor<DialGuard>,
        _ news: @escaping @Sendable (PairNews) -> Void
    ) -> LiveSync {
        LiveSync(
            pair: setup.pair,
            settings: settings,
            connect: { try dial(setup.connect, dialling) },
            observer: { event in PairNews(event).map(news) }
        )
    }

    private static func dial(
        _ connect: @Sendable () throws -> any ByteLink,
        _ dialling: Monitor<DialGuard>
    ) throws -> any ByteLink {
        let now = DispatchTime.now().uptimeNanoseconds
        do {
            try dialling.look { try $0.check(now: now) }
            let link = try connect()
            dialling.change { $0.connected() }
            return link
        } catch {
            dialling.change { guarding in
                // A refusal that is only repeated does not begin the wait anew.
                if error as? PersonNeeded != guarding.need { guarding.failed(error, now: now) }
            }
            guard let need = error as? PersonNeeded else { throw error }
            throw SyncError(.unreachable, need.what, hint: need.next)
        }
    }

    private var live: LiveSync { session.look { $0 } }

    // MARK: SyncedPair

    package func start() {
        live.start()
        WorkerThread.start("tandem-config") { [weak self] in
            while let self, !self.isOver(within: Self.configurationSeconds) { self.reload() }
        }
    }

    private func isOver(within seconds: Int) -> Bool {
        configuration.wait(until: .now() + .seconds(seconds)) { $0.isOver ? true : nil } ?? false
    }

    package func stop(until deadline: DispatchTime) -> Bool {
        configuration.change { $0.isOver = true }
        return live.stop(until: deadline)
    }

    package func pause() { live.pause() }
    package func resume() { live.resume() }

    package func reconnectNow() {
        dialling.change { $0.tryNow() }
        live.reconnectNow()
    }

    package func reload() {
        let changed: LiveSettings?
        do {
            let fresh = try setup.settings()
            changed = configuration.look { configuration in
                configuration.need = fresh.need
                guard configuration.settings != fresh.settings else { return nil }
                configuration.settings = fresh.settings
                return fresh.settings
            }
        } catch {
            let need = PersonNeeded(
                "the configuration cannot be read: \(error)",
                next: "tandem config check"
            )
            configuration.look { $0.need = need }
            return
        }
        if let changed { live.update(changed) }
    }

    package func accept(deletions: Int) { live.accept(deletions: deletions) }

    package func flush(until deadline: DispatchTime) -> FlushOutcome {
        FlushOutcome(live.flush(until: deadline))
    }

    package var view: PairView {
        let status = live.status
        var view = PairView(identity, status)
        if !status.isConnected, let need = dialling.look(\.need) {
            view.status.needs = need.next
            view.status.headline = need.what
            view.status.verdict = max(view.status.verdict, .attention)
        } else if let need = configuration.look(\.need) {
            view.status.needs = "\(need.next) (\(need.what))"
            view.status.verdict = max(view.status.verdict, .attention)
        }
        return view
    }

    package func contents(of path: RelativePath, side: Side, limit: Int) throws -> [UInt8]? {
        let deadline = DispatchTime.now() + .seconds(Self.contentSeconds)
        return try live.contents(of: path, on: side, limit: limit, until: deadline)
    }

    package func resolve(_ settlements: [Settlement], until deadline: DispatchTime) throws {
        let resolutions = settlements.map { settlement in
            Resolution(
                path: settlement.path.path,
                laptop: settlement.laptop?.state,
                vm: settlement.vm?.state,
                keep: Resolution.Keep(settlement.keep)
            )
        }
        try live.resolve(resolutions, until: deadline)
    }

    /// Starts a new lineage: the session ends for it, and a fresh one unites both sides.
    package func adopt() throws {
        let deadline = DispatchTime.now() + .seconds(Self.contentSeconds)
        let old = live
        guard old.stop(until: deadline) else {
            throw ControlFailure(.timedOut, "the session did not come to a safe point")
        }
        defer {
            let fresh = session.change { session in
                session = Self.makeSession(
                    setup,
                    configuration.look(\.settings),
                    dialling,
                    news
                )
                return session
            }
            fresh.start()
        }
        _ = try VMRequests(pair: setup.pair, connect: setup.connect).adopt()
    }
}
