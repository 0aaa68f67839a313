import Glibc
package import TandemSystem
package import TandemTree

/// Reads a root into a tree: one status call an entry, and content only where that cannot vouch.
///
/// Every call is relative to an open directory and follows no link. What cannot be read becomes an
/// entry of kind `other` with a problem; only a root that is gone, replaced or unreadable is an
/// error, because a partial tree would look like deletions.
package struct Scanner: Sendable {
    let settings: ScanSettings
    private let threads: Int

    /// Makes a scanner.
    ///
    /// - Parameters:
    ///   - fileSystem: what makes the calls.
    ///   - threads: how many read directories at once; two, because the kernel's share dominates.
    ///   - window: how far apart changes must be to have different times.
    ///   - time: the clock that file times are compared with.
    package init(
        fileSystem: any FileSystem,
        threads: Int = 2,
        window: RacyWindow = .unknown,
        time: any TimeSource = SystemTime()
    ) {
        settings = ScanSettings(fileSystem: fileSystem, window: window, time: time)
        self.threads = max(threads, 1)
    }

    /// Reads everything below a root.
    ///
    /// - Parameters:
    ///   - root: the open root.
    ///   - previous: the last tree; its digests are taken over where the stamp vouches for them.
    ///   - rules: where ignore rules come from.
    ///   - progress: told now and then from the scan's threads.
    /// - Returns: the tree and what could not be read.
    /// - Throws: `ScanError`.
    package func scan(
        root: SyncRoot,
        previous: Tree? = nil,
        rules: RuleSource,
        progress: (@Sendable (ScanProgress) -> Void)? = nil
    ) throws(ScanError) -> ScanResult {
        let check = RootCheck(root, settings.fileSystem)
        try check.confirm()
        var settings = settings
        settings.progress = progress
        let first = ScanJob(
            id: Tree.rootID,
            previous: previous == nil ? nil : Tree.rootID,
            name: [],
            rules: ScanRules(rules),
            pathLength: 0
        )
        var state = try walk(settings, root, previous, first)
        // After the walk too: a root removed or unmounted meanwhile looks like deletions.
        try check.confirm()
        state.tree.rehash()
        return ScanResult(
            tree: state.tree,
            problems: state.problems.sorted { $0.path < $1.path },
            rules: rules.known.adding(state.rules, below: .root),
            statistics: state.statistics
        )
    }

    /// Reads the directory of the first job and all below it.
    func walk(
        _ settings: ScanSettings,
        _ root: SyncRoot,
        _ previous: Tree?,
        _ first: ScanJob
    ) throws(ScanError) -> ScanShared.State {
        let shared = ScanShared(settings, root: root, previous: previous, first: first)
        run(shared)
        var state = try shared.take()
        SecondLook(settings, root).settle(&state)
        return state
    }

    /// Runs the workers, the calling thread being one of them.
    private func run(_ shared: ScanShared) {
        let helpers = (1..<threads).map { number in
            WorkerThread.start("scan-\(number)") {
                var worker = ScanWorker(shared)
                worker.run()
            }
        }
        var worker = ScanWorker(shared)
        worker.run()
        for helper in helpers { helper.join() }
    }
}

/// Makes sure that the root's path still leads to the directory that was opened (invariant 14).
struct RootCheck {
    private let root: SyncRoot
    private let fileSystem: any FileSystem

    init(_ root: SyncRoot, _ fileSystem: any FileSystem) {
        self.root = root
        self.fileSystem = fileSystem
    }

    func confirm() throws(ScanError) {
        let found: FileStatus?
        do throws(SystemError) {
            found = try withCName(Array(root.path.utf8)) { path throws(SystemError) in
                try fileSystem.status(at: currentDirectory, path)
            }
        } catch {
            throw ScanError(.rootUnreadable, root: root.path, cause: error)
        }
        guard let found else { throw ScanError(.rootMissing, root: root.path) }
        guard found.kind == .directory else {
            throw ScanError(.rootNotDirectory, root: root.path)
        }
        guard found.inode == root.inode, found.device == root.device, found.birth == root.birth
        else { throw ScanError(.rootReplaced, root: root.path) }
    }
}
