package import Dispatch
package import TandemControl
import TandemDaemon
package import TandemProject
import TandemStore
package import TandemSync
package import TandemSystem
package import TandemTree

/// A pair kept in sync by a live session, under the pair's lock.
package final class LivePair: SyncedPair {
    /// What a pair needs to be kept in sync.
    package struct Setup: Sendable {
        package var pair: LaptopPair
        package var connect: @Sendable () throws -> any ByteLink
        /// Logs in to the vm for a hook there.
        package var shell: @Sendable () throws -> any WorkloadShell
        /// Tells the vm's snapshot daemon what is wished of it; throws a sentence where it does not
        /// go by it now.
        package var tellSnapshots: @Sendable (SnapshotWish, DispatchTime) throws -> Void
        /// `NAME=value` strings for hooks on the laptop.
        package var environment: [String]

        package init(
            pair: LaptopPair,
            connect: @escaping @Sendable () throws -> any ByteLink,
            shell: @escaping @Sendable () throws -> any WorkloadShell,
            tellSnapshots: @escaping @Sendable (SnapshotWish, DispatchTime) throws -> Void,
            environment: [String]
        ) {
            self.pair = pair
            self.connect = connect
            self.shell = shell
            self.tellSnapshots = tellSnapshots
            self.environment = environment
        }
    }

    private let identity: PairIdentity
    private let setup: Setup
    private let lock: StateLock
    private let news: @Sendable (PairNews) -> Void
    private let session: Monitor<LiveSync>
    private let dialling: Monitor<DialGuard>
    private let project: PairProject
    private let snapshots: SnapshotTeller
    private let isOver = Monitor(false)
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
        project = try PairProject(identity, setup, news: news)
        snapshots = SnapshotTeller(setup, news: news)
        session = Monitor(Self.makeSession(setup, project, dialling, news))
    }

    private static func makeSession(
        _ setup: Setup,
        _ project: PairProject,
        _ dialling: Monitor<DialGuard>,
        _ news: @escaping @Sendable (PairNews) -> Void
    ) -> LiveSync {
        let live = LiveSync(
            pair: setup.pair,
            settings: project.settings,
            connect: { try dial(setup.connect, dialling) },
            following: project.following,
            observer: { event in
                PairNews(event).map(news)
                if case .batch(let batch) = event { project.take(batch) }
            }
        )
        project.tell { [weak live] in live?.update($0) }
        return live
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
            while let self, !self.isOver(within: Self.configurationSeconds) {
                self.reload()
                self.snapshots.look(project.snapshots, isConnected: live.status.isConnected)
            }
        }
    }

    private func isOver(within seconds: Int) -> Bool {
        isOver.wait(until: .now() + .seconds(seconds)) { $0 ? true : nil } ?? false
    }

    package func stop(until deadline: DispatchTime) -> Bool {
        isOver.change { $0 = true }
        let areHooksOver = Monitor(false)
        WorkerThread.start("hooks-end") { [project] in
            // To end one on the vm may take a link that does not answer any more.
            project.stopHooks(until: deadline)
            areHooksOver.change { $0 = true }
        }
        let isClean = live.stop(until: deadline)
        _ = areHooksOver.wait(until: deadline) { $0 ? true : nil }
        return isClean
    }

    package func pause() { live.pause() }
    package func resume() { live.resume() }

    package func reconnectNow() {
        dialling.change { $0.tryNow() }
        live.reconnectNow()
    }

    package func reload() { project.look() }

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
        } else if let need = project.need {
            view.status.needs = "\(need.next) (\(need.what))"
            view.status.verdict = max(view.status.verdict, .attention)
        }
        return view
    }

    package func contents(of path: RelativePath, side: Side, limit: Int) throws -> [UInt8]? {
        let deadline = DispatchTime.now() + .seconds(Self.contentSeconds)
        return try live.contents(of: path, on: side, limit: limit, until: deadline)
    }

    package func plan(isReset: Bool, until deadline: DispatchTime) throws -> PlanAnswer {
        let plan = try live.plan(isReset: isReset, until: deadline)
        return PlanAnswer(plan, status: view.status)
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
                session = Self.makeSession(setup, project, dialling, news)
                return session
            }
            fresh.start()
        }
        _ = try VMRequests(pair: setup.pair, connect: setup.connect).adopt()
    }
}
