package import TandemTree

/// What stands at one path, and below it.
package struct SubtreeResult: Sendable {
    package var path: RelativePath
    /// What stands there; nil when nothing does, or when it is ignored.
    package var state: EntryState?
    package var stamp: Stamp
    /// What is below a directory, its root being that directory.
    package var below: Tree?
    /// Paths are from the root.
    package var problems: [ProblemEntry] = []
    /// The rules known before, with those found below `path`.
    package var rules: RuleSet
    package var statistics = ScanStatistics()

    init(_ path: RelativePath, _ rules: RuleSet, state: EntryState? = nil, stamp: Stamp = .zero) {
        self.path = path
        self.rules = rules
        self.state = state
        self.stamp = stamp
    }

    /// Puts the result into a root's tree, whose digests then wait for `rehash()`.
    ///
    /// - Parameter tree: the tree; only the path and what is below it change.
    /// - Throws: `TreeError` when the parent is not in it: then scan the parent.
    package func apply(to tree: inout Tree) throws(TreeError) {
        guard let state else {
            tree.remove(path)
            return
        }
        guard let below else {
            try tree.put(path, state, stamp: stamp)
            return
        }
        let id = try tree.graft(Tree.rootID, of: below, at: path)
        tree.setStamp(id, stamp)
    }
}

extension Scanner {
    /// Reads what stands at one path and all below it, for a change that was watched.
    ///
    /// - Parameters:
    ///   - path: an entry's path; `scan(root:)` is for the root itself.
    ///   - root: the open root.
    ///   - previous: the root's last tree.
    ///   - rules: as for the whole root; when collecting, those of the directories above are read.
    /// - Returns: what stands there now.
    /// - Throws: `ScanError` when the root is gone, or no descriptor is left.
    package func scan(
        _ path: RelativePath,
        of root: SyncRoot,
        previous: Tree? = nil,
        rules: RuleSource
    ) throws(ScanError) -> SubtreeResult {
        try RootCheck(root, settings.fileSystem).confirm()
        var looker = SubtreeLooker(self, root, ScanRules(rules), readsAbove: true)
        return try looker.look(
            at: path,
            previous: previous,
            previousID: previous?.find(path),
            known: rules.known
        )
    }
}
