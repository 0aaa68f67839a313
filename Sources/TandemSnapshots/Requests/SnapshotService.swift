import Dispatch
import Synchronization
package import TandemFiles
package import TandemSystem
import TandemTree

/// Does what requests ask: one store, one tree, any number of threads.
package final class SnapshotService: Sendable {
    /// What the service has done, for status and metrics.
    package struct Counters: Hashable, Sendable {
        package var taken: UInt64 = 0
        package var failed: UInt64 = 0
        package var pruned: UInt64 = 0
        package var requests: UInt64 = 0
        /// Nanoseconds since 1970, by this machine's clock; 0 for never.
        package var lastTaken: Int64 = 0
        package var lastDuration: UInt64 = 0
        package var lastEntries: UInt64 = 0
        package var lastProblems: UInt64 = 0
        package var lastNewBytes: UInt64 = 0
        /// The last verification: 0 never made, 1 clean, 2 damaged.
        package var verification: UInt64 = 0
    }

    package let store: SnapshotStore
    package let source: SnapshotSource
    /// How often snapshots are taken, and what a prune without a policy of its own keeps.
    package let settings: SettingsKeeper
    private let fileSystem: any FileSystem
    private let time: any TimeSource
    private let taker: Mutex<SnapshotTaker>
    /// Whether somebody uses the taker.
    ///
    /// The taker is not handed around as an optional: optimised, Swift 6.3 took an empty one for a
    /// value, and the daemon died at its first snapshot.
    private let isTaken = Monitor(false)
    private let counters = Mutex(Counters())
    private let isStopping = Mutex(false)

    /// How long a request waits for another one that writes.
    private static let patience: DispatchTimeInterval = .seconds(600)

    package init(
        store: SnapshotStore,
        source: SnapshotSource,
        settings: SettingsKeeper,
        fileSystem: any FileSystem,
        time: any TimeSource = SystemTime()
    ) {
        self.store = store
        self.source = source
        self.settings = settings
        self.fileSystem = fileSystem
        self.time = time
        taker = Mutex(
            SnapshotTaker(source, into: store, fileSystem: fileSystem, time: time)
        )
        let newest = (try? store.list())?.last
        counters.withLock { $0.lastTaken = newest?.manifest.time ?? 0 }
    }

    package var currentCounters: Counters { counters.withLock { $0 } }

    /// Lets work end at its next safe point, and refuses new work.
    package func stop() {
        isStopping.withLock { $0 = true }
        // Whoever waits for a turn looks again.
        isTaken.change { _ in }
    }

    private var mustStop: Bool { isStopping.withLock { $0 } }

    /// Whether the tree and the store can be opened.
    package var isReady: Bool {
        guard let root = try? SyncRoot.open(source.root, on: fileSystem) else { return false }
        fileSystem.close(root.descriptor)
        return (try? store.list()) != nil
    }

    /// Takes a snapshot; one at a time.
    @discardableResult
    package func take(reason: SnapshotReason, label: String) throws(SnapshotError) -> SnapshotInfo {
        try writing { taker throws(SnapshotError) in
            do throws(SnapshotError) {
                let info = try taker.take(reason: reason, label: label) { self.mustStop }
                note(info)
                return info
            } catch {
                counters.withLock { $0.failed += 1 }
                throw error
            }
        }
    }

    private func note(_ info: SnapshotInfo) {
        counters.withLock {
            $0.taken += 1
            $0.lastTaken = info.manifest.time
            $0.lastDuration = info.manifest.duration
            $0.lastEntries =
                info.manifest.files + info.manifest.directories + info.manifest.links
            $0.lastProblems = info.manifest.problemCount
            $0.lastNewBytes = info.manifest.newBytes
        }
    }

    /// Prunes; one at a time.
    package func prune(_ request: PruneRequest) throws(SnapshotError) -> PruneReport {
        try writing { _ throws(SnapshotError) in
            var forgotten: Set<Digest> = []
            for text in request.forgotten { forgotten.insert(try store.find(text).id) }
            let report = try store.prune(
                try rules(of: request),
                forgetting: forgotten,
                dryRun: request.isDryRun
            )
            if !request.isDryRun { counters.withLock { $0.pruned += 1 } }
            return report
        }
    }

    /// What a prune keeps by rules: its own, else the daemon's, which do not go with names.
    private func rules(of request: PruneRequest) throws(SnapshotError) -> RetentionPolicy {
        if let policy = request.policy { return policy }
        return request.forgotten.isEmpty ? try settings.rules() : RetentionPolicy()
    }

    /// Verifies the store, and remembers the verdict for the status.
    package func verify() throws(SnapshotError) -> VerificationReport {
        let report = try store.verify()
        counters.withLock { $0.verification = report.isClean ? 1 : 2 }
        return report
    }

    /// The tree as it stands now.
    func scan() throws(SnapshotError) -> Tree {
        // A look of its own, from what the last snapshot left on disk: the taker may be at work.
        try SnapshotTaker(source, into: store, fileSystem: fileSystem, time: time).look()
    }

    /// Runs `body` with the taker, which only one has at a time.
    private func writing<Value>(
        _ body: (inout SnapshotTaker) throws(SnapshotError) -> Value
    ) throws(SnapshotError) -> Value {
        let turn: Turn? = isTaken.wait(until: .now() + Self.patience) { isTaken in
            if self.mustStop { return .never }
            if isTaken { return nil }
            isTaken = true
            return .now
        }
        switch turn {
        case nil:
            throw SnapshotError(.busy, "another snapshot or prune takes long", next: "try again")
        case .never:
            throw SnapshotError(.stopped, "the snapshot daemon is stopping")
        case .now:
            defer { isTaken.change { $0 = false } }
            return try taker.withLock { taker throws(SnapshotError) in try body(&taker) }
        }
    }

    private enum Turn { case now, never }

    func countRequest() { counters.withLock { $0.requests += 1 } }
}
