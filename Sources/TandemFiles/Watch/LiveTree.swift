package import TandemSystem
package import TandemTree

/// The tree of a root, kept up to date from what a watcher reports; it belongs to one thread.
///
/// After `scanAll` it is what a full scan would give, and after each `refresh` too, as far as the
/// watcher named what changed. Two moments are not believed at once: an entry that is missing or
/// emptied stays as it was for some milliseconds, because editors save that way; it is in `doubted`
/// meanwhile. Call `refresh` again at `nextLook`.
package struct LiveTree {
    /// Everything below the root, its digests up to date.
    package internal(set) var tree: Tree
    /// The rules in force, as collected or as given.
    package internal(set) var rules: RuleSet {
        didSet { if rules != oldValue { rulesDigest = rules.digest } }
    }
    /// The digest of the rules in force: to make it anew costs as much as there are rules.
    package private(set) var rulesDigest: Digest
    /// How often everything was looked at.
    package private(set) var fullLooks = 0
    /// What cannot be synced, in the order of the paths.
    package internal(set) var problems: [ProblemEntry] = []

    let fileSystem: any FileSystem
    let root: SyncRoot
    let window: RacyWindow
    let time: any TimeSource
    /// What is there before any rules file is read.
    var source: RuleSource
    /// Whether there is a tree that a scan can be compared with.
    var isKnown: Bool
    var hold = AbsenceHold()
    var racy: RacyLooks
    /// What the next refresh looks at besides what is reported until then.
    var owed = OwedLooks()
    /// The compiled rules, made anew when `rules` changes.
    var compiled: (rules: RuleSet, scan: ScanRules)?

    /// Makes a live tree that has read nothing yet: `scanAll` comes first.
    ///
    /// - Parameters:
    ///   - fileSystem: what makes the calls.
    ///   - root: the open root.
    ///   - window: how far apart changes must be to have different times.
    ///   - rules: `.collecting` on the laptop, `.given` on the vm.
    ///   - previous: the tree of an earlier run; it vouches for content, and is compared with.
    ///   - time: the clocks.
    package init(
        fileSystem: any FileSystem,
        root: SyncRoot,
        window: RacyWindow = .unknown,
        rules: RuleSource,
        previous: Tree? = nil,
        time: any TimeSource = SystemTime()
    ) {
        self.fileSystem = fileSystem
        self.root = root
        self.window = window
        self.time = time
        source = rules
        self.rules = rules.known
        rulesDigest = rules.known.digest
        isKnown = previous != nil
        tree = previous ?? Tree()
        racy = RacyLooks(window)
    }

    /// When to call `refresh` even if nothing was reported; monotonic nanoseconds, nil for never.
    package var nextLook: UInt64? {
        [hold.next, racy.next].compactMap(\.self).min()
    }

    /// Entries that were seen missing or emptied and still stand in the tree as they were.
    package var doubted: [RelativePath] { hold.paths }

    /// Reads everything.
    ///
    /// - Parameter progress: told now and then from the scan's threads.
    /// - Returns: what differs from the tree before; nothing when there was none.
    /// - Throws: `ScanError`; then nothing has changed.
    package mutating func scanAll(
        progress: (@Sendable (ScanProgress) -> Void)? = nil
    ) throws(ScanError) -> [Difference] {
        let scanner = Scanner(fileSystem: fileSystem, window: window, time: time)
        var result = try scanner.scan(
            root: root,
            previous: isKnown ? tree : nil,
            rules: source,
            progress: progress
        )
        if isKnown, carryRules(into: result.tree, from: placesOfRules) {
            result = try scanner.scan(
                root: root,
                previous: result.tree,
                rules: source,
                progress: progress
            )
        }
        let now = time.monotonic
        var new = result.tree
        var found = isKnown ? differences(from: tree, to: new) : []
        let held = Set(hold.paths)
        let doubts = result.rules == rules || !isKnown ? doubt(&found, in: &new, now) : []
        for path in held where !doubts.contains(path) { hold.forget(path) }
        // What is equal stays where it lies: whoever shares the tree's memory goes on sharing it.
        tree = isKnown ? new.succeeding(tree) : new
        rules = result.rules
        problems = result.problems
        owed = OwedLooks()
        racy.removeAll()
        racy.expect(entries: tree.count)
        racy.note(tree, at: .root, now: now)
        isKnown = true
        fullLooks += 1
        return found
    }

    /// Takes over what a batch did to the root; the watcher will name the same paths later.
    package mutating func apply(_ updates: [TreeUpdate]) {
        let now = time.monotonic
        tree.apply(updates)
        tree.rehash()
        for update in updates {
            switch update {
            case .put(let path, let state, let stamp):
                hold.forget(path)
                racy.note(path, state, stamp, now: now)
            case .remove(let path), .move(from: let path, to: _):
                hold.forgetAll(at: path)
                racy.forget(path)
            }
        }
    }

    /// Puts other rules in force; `scanAll` comes next.
    package mutating func replaceRules(_ source: RuleSource) {
        self.source = source
        rules = source.known
    }
}
