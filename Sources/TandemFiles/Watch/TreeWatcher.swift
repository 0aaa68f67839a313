package import Dispatch
package import TandemSystem
package import TandemTree

/// Tells that something below a root may have changed, and where.
///
/// It promises to name every change made after `start` returned, or to ask for a full scan; it may
/// name what did not change. Only entries the rules let through are named.
package protocol TreeWatcher: Sendable {
    /// Waits for something to happen below the root; nil when the deadline passed or it was closed.
    func next(until deadline: DispatchTime) -> WatchBatch?

    /// Makes everything that happened before the call come out of `next`; false when it was late.
    ///
    /// A watched directory's events are read to the end, a polled one is swept.
    func drain(until deadline: DispatchTime) -> Bool

    /// Makes a waiting `next` return an empty batch.
    func wake()

    /// Watches what these rules let through, from now on; what they govern is named.
    ///
    /// To be told after each refresh of the tree; the rules that hold already cost nothing.
    func update(_ rules: RuleSet)

    /// How the root is watched, and what of it is only polled.
    var report: WatchReport { get }

    /// Ends the watching and its thread.
    func close()
}

/// What shall be looked at again.
package struct WatchBatch: Hashable, Sendable {
    /// Entries to look at, each with all below it; in the order of paths, none below another.
    package var dirty: [RelativePath]
    /// Directories whose own names and files shall be looked at; what is below a subdirectory that
    /// stood there before is not meant.
    package var listings: [RelativePath]
    /// Events were lost, or cannot be had: only a scan of everything tells what changed.
    package var needsFullScan: Bool
    /// The root was removed, renamed, unmounted or replaced: nothing it shows means a deletion.
    package var isRootGone: Bool

    package init(
        dirty: [RelativePath] = [],
        listings: [RelativePath] = [],
        needsFullScan: Bool = false,
        isRootGone: Bool = false
    ) {
        self.dirty = dirty
        self.listings = listings
        self.needsFullScan = needsFullScan
        self.isRootGone = isRootGone
    }

    /// Takes in what was reported later.
    package mutating func add(_ later: WatchBatch) {
        dirty = (dirty + later.dirty).withoutCovered()
        listings = Set(listings + later.listings).filter { !dirty.covers($0) }.sorted()
        needsFullScan = needsFullScan || later.needsFullScan
        isRootGone = isRootGone || later.isRootGone
    }

    /// Whether there is nothing to do.
    package var isEmpty: Bool {
        dirty.isEmpty && listings.isEmpty && !needsFullScan && !isRootGone
    }
}

/// Where watching starts.
package enum Watching {
    /// Watches a root with the best means this machine gives.
    ///
    /// Every change made after it returned is reported, so scan after it, not before.
    ///
    /// - Parameters:
    ///   - root: the open root; its descriptor stays the caller's and outlives the watcher.
    ///   - rules: what is ignored is not watched; nil watches all but `.git` and `.tandem`.
    ///   - budget: how much of the kernel's watches may be used, and how often the rest is polled.
    ///   - fileSystem: what makes the calls.
    /// - Returns: the watcher, its thread running.
    /// - Throws: what reading the root directory met.
    package static func start(
        root: SyncRoot,
        rules: RuleSet?,
        budget: WatchBudget = .ofSystem,
        fileSystem: any FileSystem = RealFileSystem()
    ) throws(SystemError) -> any TreeWatcher {
        #if os(Linux)
        return try DirectoryWatcher.start(root, rules, budget, fileSystem)
        #else
        return try EventStreamWatcher(root, rules ?? RuleSet())
        #endif
    }
}
