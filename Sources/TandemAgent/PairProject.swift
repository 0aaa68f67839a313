import Dispatch
import Synchronization
import TandemConfiguration
import TandemControl
import TandemDaemon
import TandemProject
import TandemSync
import TandemTree

/// What of a pair's `tandem.yml` is in force, kept up to date while the pair is synced, and the hooks
/// it names.
///
/// The session tells it what batches bring and do; it tells the session of other settings.
final class PairProject: Sendable {
    private let pair: PairIdentity
    private let watch: ConfigurationWatch
    private let hooks: HookRunner
    private let news: @Sendable (PairNews) -> Void
    private let session = Mutex<(@Sendable (LiveSettings) -> Void)?>(nil)
    /// Why the trust could not be kept, as long as that is so.
    private let trouble = Mutex<PersonNeeded?>(nil)

    /// Reads what is in force; no hook runs before the first batch.
    ///
    /// - Throws: `SystemError` when a file cannot be read, or the trust cannot be kept.
    init(
        _ pair: PairIdentity,
        _ setup: LivePair.Setup,
        news: @escaping @Sendable (PairNews) -> Void
    ) throws {
        self.pair = pair
        self.news = news
        let state = setup.pair.stateDirectory
        watch = ConfigurationWatch(root: setup.pair.root, stateDirectory: state, mode: .twoWay)
        _ = try watch.start()
        hooks = HookRunner(
            watch.settings,
            root: setup.pair.root,
            stateDirectory: state,
            environment: setup.environment,
            connect: setup.shell,
            log: { news(.hook($0)) }
        )
    }

    /// What a session is to be given.
    var settings: LiveSettings { LiveSettings(watch.settings) }

    /// What is wished of the vm's snapshot daemon.
    var snapshots: SnapshotWish { watch.settings.snapshots }

    /// Names who is told of other settings from now on.
    func tell(_ session: @escaping @Sendable (LiveSettings) -> Void) {
        self.session.withLock { $0 = session }
    }

    /// What a person has to do about the files.
    var need: PersonNeeded? {
        if let trouble = trouble.withLock({ $0 }) { return trouble }
        let file = Configuration.fileName
        switch watch.standing {
        case .inForce: return nil
        case .wrong(let error):
            return PersonNeeded(
                "\(file) is wrong, what was approved before holds: \(error)",
                next: "tandem config check"
            )
        case .waiting(let pending):
            let what =
                switch (pending.digest, pending.origin) {
                case (nil, _): "is gone"
                case (_, .vm): "came from the vm"
                case (_, .unknown): "changed while nobody looked"
                }
            return PersonNeeded(
                "\(file) \(what) and waits for approval; what was approved before holds",
                next: "tandem config approve \(pair.name)"
            )
        }
    }

    /// Looks at the files, and at what a person approved.
    func look() { use(watch.poll()) }

    /// `tandem.yml`, as the session has to tell of it: what the vm brings waits, what changes on the
    /// laptop while batches are told of is the user's own.
    ///
    /// That the file is gone is never taken for the user's wish: without a file, other directions
    /// hold than it had.
    var following: FollowedFile {
        FollowedFile(
            path: RelativePath(trusted: Array(Configuration.fileName.utf8)),
            willArrive: { [self] digest in use(try watch.applied(from: .vm, digest)) },
            wasSeen: { [self] digest in
                do {
                    use(try watch.edited(on: .laptop, digest))
                    trouble.withLock { $0 = nil }
                } catch {
                    let need = PersonNeeded(
                        "the approval of \(Configuration.fileName) cannot be kept: \(error)",
                        next: "make the pair's state directory writable, then save the file again"
                    )
                    trouble.withLock { $0 = need }
                }
            }
        )
    }

    private func use(_ outcome: ConfigurationWatch.Outcome) {
        guard case .changed(let settings, let change) = outcome else { return }
        hooks.update(settings)
        session.withLock { $0 }?(LiveSettings(settings))
        news(.settings(change.sentences))
    }

    // MARK: Hooks

    /// Takes a batch that is durable on both sides.
    func take(_ batch: LiveBatch) { hooks.batch(HookBatch(batch)) }

    /// Ends the hooks that run, and starts no more.
    func stopHooks(until deadline: DispatchTime) { _ = hooks.stop(until: deadline) }
}

extension LiveSettings {
    /// What a session is given of a pair's configuration.
    init(_ project: ProjectSettings) {
        self.init(modes: project.modeMap, rules: project.ignore.base)
    }
}

extension HookBatch {
    /// What hooks need of a batch: the paths that changed, by the side their change began on.
    init(_ batch: LiveBatch) {
        var changed: [Side: [RelativePath]] = [:]
        for change in batch.changes {
            let side: Side? =
                switch change.kind {
                case .sent, .removedOnVM: .laptop
                case .received, .removedOnLaptop: .vm
                case .refused, .resolved: nil
                }
            guard let side else { continue }
            changed[side, default: []].append(change.path)
            if let source = change.source { changed[side, default: []].append(source) }
        }
        self.init(
            generation: batch.generation,
            tree: batch.tree,
            since: batch.since,
            changed: changed
        )
    }
}
