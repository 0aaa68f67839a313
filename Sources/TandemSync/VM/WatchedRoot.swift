import Dispatch
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// The vm's root in a session that keeps in sync: its tree, and the thread that watches it.
///
/// Used by the session's working thread alone; the watching thread only hands over what it noticed.
final class WatchedRoot {
    private var live: LiveTree
    private let feed: WatchFeed
    private var isComplete = false
    private var unflushed = UnflushedChanges()
    private let root: SyncRoot
    private let fileSystem: any FileSystem
    private var told: WatchNotice?
    private var toldOverflows = 0

    /// How long a flush waits for the kernel's queue to run dry.
    private static let drainSeconds = 5

    /// Starts watching; nothing is read before `scanAll`.
    init(
        _ root: SyncRoot,
        rules: RuleSet,
        previous: Tree?,
        window: RacyWindow,
        endpoint: ReceiverEndpoint,
        notice: @escaping @Sendable (WatchBatch) -> Void
    ) throws {
        self.root = root
        fileSystem = endpoint.fileSystem
        live = LiveTree(
            fileSystem: endpoint.fileSystem,
            root: root,
            window: window,
            rules: .given(rules),
            previous: previous
        )
        feed = try WatchFeed(
            root: root,
            rules: rules,
            budget: endpoint.settings.watchBudget,
            fileSystem: endpoint.fileSystem,
            deliver: notice
        )
    }

    var tree: Tree { live.tree }

    /// Whether everything was looked at, and nothing of it is in doubt.
    private var isSure: Bool { isComplete && live.problems.isEmpty && live.doubted.isEmpty }

    var rootTree: RootTree {
        RootTree(
            digest: live.tree.rootDigest,
            entries: UInt64(live.tree.count),
            complete: isSure
        )
    }

    /// How the root is watched, for people, if that is not what was told last.
    ///
    /// A root outgrows its watches while it is synced; counts alone are no news.
    func news() -> [WatchNotice] {
        let report = feed.report
        var news: [WatchNotice] = []
        if report.overflows > toldOverflows {
            toldOverflows = report.overflows
            news.append(WatchNotice(.overflow, text: "vm: \(report.overflowSentence)"))
        }
        let kind: WatchNotice.Kind = report.isOrdinary ? .complete : .limited
        let notice = WatchNotice(kind, text: "vm: \(report)")
        if let told, told.kind == kind, kind == .complete || told == notice { return news }
        told = notice
        return news + [notice]
    }

    /// Takes other rules; the tree is looked at anew with the next Compare.
    func use(_ rules: RuleSet) {
        live.replaceRules(.given(rules))
        feed.use(rules)
        isComplete = false
    }

    /// Reads everything, and looks again until a missing file is believed to be gone or is back.
    ///
    /// A directory that is missing is gone at once. Told without the files that went with it, an
    /// emptied root would pass for one from which a part was removed, and halt nobody.
    func scanAll(time: any TimeSource) throws {
        _ = try live.scanAll()
        isComplete = true
        unflushed.addEverything()
        var doubts = DoubtWait(live.doubted, now: time.monotonic)
        while doubts.wait(for: live.doubted, live.nextLook, now: time.monotonic) {
            _ = try live.refresh(WatchBatch())
        }
    }

    /// Looks at what was noticed; nil before the first full look, which covers it.
    ///
    /// - Returns: what differs from what was known; nil when there is nothing to report.
    func look(at noticed: WatchBatch) throws -> [Difference]? {
        guard isComplete else { return nil }
        if noticed.isRootGone {
            throw Failure(.wrongRoot, "the root is gone or another directory stands there")
        }
        let wasSure = isSure
        let found = noticed.needsFullScan ? try live.scanAll() : try live.refresh(noticed)
        unflushed.add(found)
        return found.isEmpty && wasSure == isSure ? nil : found
    }

    /// What was seen missing and is not believed to be gone yet.
    var doubted: [RelativePath] { live.doubted }

    func look(at paths: [RelativePath]) throws -> [Difference] {
        guard isComplete else { return [] }
        let found = try live.refresh(paths)
        unflushed.add(found)
        return found
    }

    /// Makes durable what others changed in the root since the last time: it is about to be agreed.
    func flush() throws { try unflushed.flush(root, on: fileSystem) }

    /// When something must be looked at again though nothing was noticed; monotonic nanoseconds.
    var nextLook: UInt64? { isComplete ? live.nextLook : nil }

    /// Everything noticed that happened before the call; what cannot be told in time is a full scan.
    func drain() -> WatchBatch {
        feed.drain(until: .now() + .seconds(Self.drainSeconds)) ?? WatchBatch(needsFullScan: true)
    }

    /// Takes over what a batch did; gives the root's digest after it.
    func apply(_ updates: [TreeUpdate]) -> Digest {
        live.apply(updates)
        return live.tree.rootDigest
    }

    func stop() { feed.stop() }
}

/// Decides when work that may wait is due: not after each of many small batches.
struct Upkeep {
    /// Often enough that a crash costs little hashing.
    private static let interval: UInt64 = 10_000_000_000
    /// Writing an index costs less than a microsecond for an entry: so it takes less than a
    /// thousandth of the time, however many entries there are.
    private static let intervalOfEntry: UInt64 = 1_000_000

    private var last: UInt64?

    /// Whether work that costs as much as there are entries is due; monotonic nanoseconds.
    mutating func isDue(at now: UInt64, entries: Int = 0) -> Bool {
        let interval = max(Self.interval, UInt64(entries) * Self.intervalOfEntry)
        if let last, now < last + interval { return false }
        isDone(at: now)
        return true
    }

    /// Notes that the work was done.
    mutating func isDone(at now: UInt64) { last = now }
}
