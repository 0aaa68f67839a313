import Dispatch
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// The laptop's root in a session that keeps in sync: its tree, its watch, its shelf, its lineage.
///
/// Used by one thread; the watching thread only hands over what it noticed.
final class LaptopSide {
    let pair: LaptopPair
    private(set) var state: LaptopState
    private let fileSystem: any FileSystem
    private let time: any TimeSource
    private var live: LiveTree
    private let feed: WatchFeed
    /// Nil where the pair's changes never come to the laptop.
    private let shelf: Shelf?
    private var settings: LiveSettings
    private var inForce: RulesInForce
    private var isComplete = false
    private var unflushed = UnflushedChanges()
    private var upkeep = Upkeep()
    private var indexUpkeep = Upkeep()
    /// The full look after which memory was given back.
    private var tidiedLook = 0

    /// Opens the root, ends what a crash cut off there, and starts watching.
    ///
    /// - Throws: `SyncError`: `halted` for a root that is not there, `amnesia` where its records do
    ///   not belong to the archive.
    init(
        pair: LaptopPair,
        settings: LiveSettings,
        fileSystem: any FileSystem,
        time: any TimeSource = SystemTime(),
        notice: @escaping @Sendable (WatchBatch) -> Void
    ) throws {
        self.pair = pair
        self.settings = settings
        self.fileSystem = fileSystem
        self.time = time
        let writesRoot = settings.modes.mayWriteLaptop
        var state = try LaptopState(pair: pair, fileSystem: fileSystem, writesRoot: writesRoot)
        let index = state.takeIndex()
        self.state = state
        do {
            shelf = writesRoot ? try Self.openShelf(pair, state, fileSystem, time) : nil
            live = LiveTree(
                fileSystem: fileSystem,
                root: state.root,
                window: state.window,
                rules: .collecting(settings.rules),
                previous: index
            )
            inForce = RulesInForce(
                live.rules,
                earlier: state.ruleSet,
                archive: state.archive.tree
            )
            feed = try WatchFeed(
                root: state.root,
                rules: settings.rules,
                budget: settings.watchBudget,
                fileSystem: fileSystem,
                time: time,
                deliver: notice
            )
        } catch {
            state.close()
            throw error
        }
    }

    /// Opens the shelf, once what a crash cut off in the root is ended.
    private static func openShelf(
        _ pair: LaptopPair,
        _ state: LaptopState,
        _ fileSystem: any FileSystem,
        _ time: any TimeSource
    ) throws -> Shelf? {
        do {
            _ = try recover(fileSystem: fileSystem, root: state.root, pair: pair.id)
            return try Shelf.open(
                fileSystem: fileSystem,
                root: state.root,
                pair: pair.id,
                time: time
            )
        } catch {
            throw SyncError(
                .permission,
                "the laptop root's private area cannot be used: \(error)",
                hint: "make \(state.root.path) writable, or set the pair's mode to push"
            )
        }
    }

    /// The last tree both sides agreed on, to be held by the caller alone.
    func takeArchive() -> Archive { state.takeArchive() }

    func close() {
        feed.stop()
        if isComplete { state.keep(live.tree, rules: inForce.digest) }
        state.close()
    }

    // MARK: What stands there

    /// The side as the session is lent it.
    var laptop: LiveSession.Laptop {
        LiveSession.Laptop(
            tree: live.tree,
            rules: inForce.digest,
            isComplete: isSure,
            now: time.monotonic,
            fullLooks: live.fullLooks
        )
    }

    /// Whether everything was looked at, and nothing of it is in doubt.
    private var isSure: Bool { isComplete && live.problems.isEmpty && live.doubted.isEmpty }

    var entries: Int { live.tree.count }
    var rules: RuleSet { inForce.rules }
    var rulesDigest: Digest { inForce.digest }
    var report: WatchReport { feed.report }

    var problems: [PushReport.Unsyncable] {
        live.problems.map { .init(path: $0.path, reason: $0.reason.sentence) }
    }

    /// When something must be looked at again, in monotonic nanoseconds; nil when nothing must.
    var nextLook: UInt64? { live.nextLook }

    /// Reads everything.
    func scanAll(progress: @escaping @Sendable (ScanProgress) -> Void) throws {
        do {
            _ = try live.scanAll(progress: progress)
        } catch {
            throw SyncError(.halted, "\(error)", hint: "nothing was applied")
        }
        isComplete = true
        unflushed.addEverything()
        // An emptied root is one only without the files that may be missing for a moment.
        _ = try settleDoubts()
        rulesMayHaveChanged()
        state.keep(live.tree, rules: inForce.digest)
        indexUpkeep.isDone(at: time.monotonic)
    }

    /// Looks at what was noticed, or at what is due.
    ///
    /// - Returns: whether the tree, the rules or what is sure of them changed.
    func look(at batch: WatchBatch = WatchBatch()) throws -> Bool {
        if batch.isRootGone {
            throw SyncError(
                .halted,
                "the laptop root \(pair.root) is gone, or another directory stands there; "
                    + "nothing was applied",
                hint: "mount it or put it back; syncing goes on by itself"
            )
        }
        let wasSure = isSure
        do {
            let found =
                batch.needsFullScan
                ? try live.scanAll() : try live.refresh(batch)
            unflushed.add(found)
            return rulesMayHaveChanged() || !found.isEmpty || wasSure != isSure
        } catch {
            throw SyncError(.halted, "\(error)", hint: "nothing was applied")
        }
    }

    /// Looks at everything that happened before the call.
    ///
    /// What cannot be told until the deadline is a full scan: nothing else may ever happen that
    /// would give a reason to ask again.
    ///
    /// - Returns: whether anything changed.
    func drain(until deadline: DispatchTime) throws -> Bool {
        try look(at: feed.drain(until: deadline) ?? WatchBatch(needsFullScan: true))
    }

    /// Looks again until what is in doubt now is so no more; true when anything changed.
    func settleDoubts() throws -> Bool {
        var isChanged = false
        var doubts = DoubtWait(live.doubted, now: time.monotonic)
        while doubts.wait(for: live.doubted, live.nextLook, now: time.monotonic) {
            if try look() { isChanged = true }
        }
        return isChanged
    }

    /// Whether everything was looked at, leaving aside what is in doubt for a moment.
    var isKnown: Bool { isComplete && live.problems.isEmpty }

    @discardableResult
    private func rulesMayHaveChanged() -> Bool {
        let before = inForce.read
        let isChanged = inForce.take(live)
        if inForce.read != before { feed.use(live.rules) }
        if isChanged { state.keep(inForce.rules) }
        return isChanged
    }

    /// Takes other settings; what the rules mean is looked at anew.
    func use(_ settings: LiveSettings) throws {
        let hasOtherRules = settings.rules != self.settings.rules
        self.settings = settings
        guard hasOtherRules else { return }
        live.replaceRules(.collecting(settings.rules))
        try scanAll(progress: { _ in })
    }

    /// Writes to the disk what may wait, now and then.
    ///
    /// - Parameter isIdle: whether nobody waits; tidying the shelf ends as soon as somebody does.
    func keepNowAndThen(while isIdle: () -> Bool) {
        if live.fullLooks != tidiedLook {
            tidiedLook = live.fullLooks
            giveBackFreedMemory()
        }
        guard isComplete, upkeep.isDue(at: time.monotonic) else { return }
        if indexUpkeep.isDue(at: time.monotonic, entries: live.tree.count) {
            state.keep(live.tree, rules: inForce.digest)
            giveBackFreedMemory()
        }
        // A shelf that cannot be tidied is tidied next time.
        _ = try? shelf?.packIdle(while: isIdle)
        _ = try? shelf?.purge()
    }

    // MARK: What is applied there

    /// Opens a batch on the root; its generation's intent is written already.
    func begin(
        generation: UInt64,
        contentBytes: UInt64,
        displacesLive: Bool
    ) throws -> Batch {
        guard let shelf else {
            throw SyncError(.failed, "this pair does not write to the laptop")
        }
        var settings = Batch.Settings()
        settings.window = state.window
        settings.generation = generation
        settings.shelfClass = displacesLive ? .live : .superseded
        let batch = try Batch(
            fileSystem: fileSystem,
            root: state.root,
            pair: pair.id,
            tree: live.tree,
            rules: live.rules,
            shelf: shelf,
            settings: settings
        )
        try batch.reserve(contentBytes: contentBytes)
        return batch
    }

    /// Records a generation durably.
    func append(_ mark: GenerationMark, _ differences: [Difference], whole tree: Tree) throws {
        try state.append(mark, differences, whole: tree)
        inForce.agreed(on: tree)
    }

    /// Takes over what a batch did, and looks again at what it refused.
    func take(_ outcome: BatchOutcome, refused: [RelativePath]) throws {
        live.apply(outcome.updates)
        rulesMayHaveChanged()
        if !refused.isEmpty { _ = try look(at: WatchBatch(dirty: refused.sorted())) }
    }

    /// Makes durable what stands in the root: it is about to be agreed.
    func flush() throws {
        do {
            try unflushed.flush(state.root, on: fileSystem)
        } catch {
            throw SyncError(.failed, "the laptop's disk did not confirm: \(error)")
        }
    }

    /// A file's bytes or a link's target, at most so many; nil when neither stands there.
    func content(of path: RelativePath, limit: Int) throws -> [UInt8]? {
        guard let id = live.tree.find(path) else { return nil }
        switch live.tree.kind(of: id) {
        case .link: return try fileSystem.linkTarget(path, below: state.root)
        case .file: return try fileSystem.fileStart(path, below: state.root, limit: limit)
        case .directory, .other: return nil
        }
    }

    /// When the value at a path was modified; nanoseconds since 1970.
    func modified(_ path: RelativePath) -> Int64? {
        try? fileSystem.modified(path, below: state.root)
    }
}

extension ModeMap {
    /// Whether any path's changes may come to the laptop.
    var mayWriteLaptop: Bool {
        !inUse.isDisjoint(with: [.twoWay, .pull])
    }
}

extension FileSystem {
    /// The first bytes of a file, reached beneath a root without following links.
    func fileStart(_ path: RelativePath, below root: SyncRoot, limit: Int) throws -> [UInt8] {
        let parent = try openBeneath(root: root.descriptor, path.parent ?? .root)
        defer { close(parent) }
        let file = try unsafe withCName(path.name) { name throws(SystemError) in
            try unsafe openFile(at: parent, name)
        }
        defer { close(file) }
        return try readUpTo(file, count: min(limit, Int(clamping: status(of: file).size)))
    }

    /// When an entry was modified, in nanoseconds since 1970.
    func modified(_ path: RelativePath, below root: SyncRoot) throws -> Int64? {
        let parent = try openBeneath(root: root.descriptor, path.parent ?? .root)
        defer { close(parent) }
        return try unsafe withCName(path.name) { name throws(SystemError) in
            try unsafe status(at: parent, name)?.modified
        }
    }
}
