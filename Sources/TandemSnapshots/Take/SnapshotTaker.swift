import Synchronization
package import TandemFiles
package import TandemSystem
import TandemTree

/// What a snapshot is taken of, and how.
package struct SnapshotSource: Sendable {
    package var root: String
    /// What is left out; `.tandem` always is.
    package var rules: RuleSource
    /// Where what was known of the tree is kept between snapshots.
    package var state: StateDirectory

    package init(root: String, rules: RuleSource, state: StateDirectory) {
        self.root = root
        self.rules = rules
        self.state = state
    }
}

/// Takes snapshots of one tree into one store.
///
/// The tree is scanned as for a sync: a file whose size, times and inode are those of the last
/// snapshot is not read. What the store has under its digest is not read again either; so a
/// snapshot of an unchanged tree costs a scan and one small file.
package struct SnapshotTaker: Sendable {
    private let source: SnapshotSource
    private let store: SnapshotStore
    let fileSystem: any FileSystem
    private let time: any TimeSource
    private var previous: Tree?

    static let indexName = "tree"
    /// Packs that the index file does not know before it is written anew.
    private static let staleIndex = 32

    /// Makes a taker, with what the state directory remembers of the tree.
    package init(
        _ source: SnapshotSource,
        into store: SnapshotStore,
        fileSystem: any FileSystem,
        time: any TimeSource = SystemTime()
    ) {
        self.source = source
        self.store = store
        self.fileSystem = fileSystem
        self.time = time
        previous = IndexStore(source.state, name: Self.indexName).load()?.tree
    }

    /// Takes one snapshot; when this returns, it is durable and listed.
    ///
    /// - Parameters:
    ///   - reason: why.
    ///   - label: what it shall be called; cut to `SnapshotManifest.longestLabel` bytes.
    ///   - shouldStop: asked between directories; true ends it without a snapshot.
    /// - Returns: the snapshot.
    /// - Throws: `SnapshotError`; then no snapshot was added, and none that was there is hurt.
    package mutating func take(
        reason: SnapshotReason,
        label: String = "",
        shouldStop: () -> Bool = { false }
    ) throws(SnapshotError) -> SnapshotInfo {
        let lock = try StoreLock(.writing, in: store.directory)
        defer { extendLifetime(lock) }
        do throws(SystemError) { try store.removeLeftovers() } catch {
            throw .call("clean the store", error)
        }
        // A pack that another process pruned must not vouch for content.
        try store.refreshIfChanged()
        let (wall, start) = (time.wall, time.monotonic)
        let root = try openRoot()
        defer { fileSystem.close(root.descriptor) }
        var scan = try scanned(root)
        CrashPoint.reach("snapshot-scanned")
        let pipeline = PackPipeline(store)
        var storer = ContentStorer(store, pipeline)
        var counts = TakenCounts()
        do throws(SnapshotError) {
            try storeContent(&scan, root, &storer, shouldStop)
            scan.tree.rehash()
            counts = try storeDirectories(scan.tree, &storer)
        } catch {
            _ = try? pipeline.finish()
            throw error
        }
        let stored = try pipeline.finish()
        CrashPoint.reach("snapshot-stored")
        var manifest = SnapshotManifest(
            time: wall,
            duration: time.monotonic &- start,
            reason: reason,
            label: Self.cut(label),
            root: scan.tree.rootDigest,
            rules: scan.rules.digest
        )
        manifest.files = counts.files
        manifest.directories = counts.directories
        manifest.links = counts.links
        manifest.bytes = counts.bytes
        manifest.newBytes = storer.newBytes
        manifest.storedBytes = stored
        manifest.problemCount = UInt64(scan.problems.count)
        manifest.problems = Array(scan.problems.prefix(SnapshotManifest.keptProblems))
        let info = try store.add(manifest)
        CrashPoint.reach("snapshot-listed")
        remember(scan.tree, at: wall)
        return info
    }

    /// The tree as it stands now.
    func look() throws(SnapshotError) -> Tree {
        let root = try openRoot()
        defer { fileSystem.close(root.descriptor) }
        return try scanned(root).tree
    }

    private func openRoot() throws(SnapshotError) -> SyncRoot {
        do throws(SystemError) {
            return try SyncRoot.open(source.root, on: fileSystem)
        } catch {
            throw SnapshotError(
                .tree,
                "the tree \(escaped(source.root.utf8)) cannot be opened: \(error.reason)",
                next: "check that it is mounted, and who may read it"
            )
        }
    }

    private func scanned(_ root: SyncRoot) throws(SnapshotError) -> ScanResult {
        do throws(ScanError) {
            return try Scanner(
                fileSystem: fileSystem,
                window: source.state.window(of: root),
                time: time
            ).scan(root: root, previous: previous, rules: source.rules)
        } catch {
            throw SnapshotError(.tree, "\(error)", next: "no snapshot was taken")
        }
    }

    /// Keeps what the next snapshot can start from; failing costs it some reading.
    private mutating func remember(_ tree: Tree, at wall: Int64) {
        previous = tree
        try? IndexStore(source.state, name: Self.indexName)
            .save(SavedIndex(tree: tree, scannedAt: wall))
        let known = ((try? store.readIndexFile()) ?? nil)?.count ?? 0
        let packs = store.index.withLock { $0.packs.count }
        if packs > known + Self.staleIndex || known == 0 { store.saveIndexFile() }
    }

    private static func cut(_ label: String) -> String {
        var label = label
        while label.utf8.count > SnapshotManifest.longestLabel { label.removeLast() }
        return label
    }
}

/// What a snapshot holds, by kind.
struct TakenCounts: Sendable {
    var files: UInt64 = 0
    var directories: UInt64 = 0
    var links: UInt64 = 0
    var bytes: UInt64 = 0
}
