import Glibc
import TandemSystem
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
        try tree.graft(Tree.rootID, of: below, at: path)
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
        do throws(SystemError) {
            guard let above = try descend(to: path, of: root, ScanRules(rules)) else {
                return SubtreeResult(path, rules.known)
            }
            return try look(at: path, in: above, root, previous, rules.known)
        } catch {
            if error.isExhaustion {
                throw ScanError(.outOfDescriptors, root: root.path, cause: error)
            }
            if error.errno == ENOENT || error.errno == ENOTDIR {
                return SubtreeResult(path, rules.known)
            }
            return unreadable(path, error.isDenied ? .unreadable : .readFailed, rules.known)
        }
    }

    /// The open parent of a path, and the rules in it.
    private struct Parent {
        var directory: Directory
        var rules: ScanRules

        func ignores(_ name: [UInt8], isDirectory: Bool) -> Bool {
            name.withUnsafeBytes { rules.ignores($0, isDirectory: isDirectory) }
        }
    }

    /// Walks down to the parent; nil when it, or the path, is left out of the tree.
    private func descend(
        to path: RelativePath,
        of root: SyncRoot,
        _ rules: ScanRules
    ) throws(SystemError) -> Parent? {
        var parent = Parent(
            directory: try .beneath(root.descriptor, .root, of: settings.fileSystem),
            rules: rules
        )
        try enter(&parent, [])
        var names = path.components[...]
        var length = 0
        while let name = names.popFirst() {
            guard isAdmitted(name, below: length) else { return nil }
            if names.isEmpty { return parent }
            guard !parent.ignores(name, isDirectory: true) else { return nil }
            parent.directory = try parent.directory.directory(name)
            let device = try settings.fileSystem.status(of: parent.directory.raw).device
            guard device == root.device else { return nil }
            try enter(&parent, name)
            length += name.count + 1
        }
        return nil
    }

    private func enter(_ parent: inout Parent, _ name: [UInt8]) throws(SystemError) {
        let files =
            parent.rules.collects
            ? try RuleFiles(in: parent.directory.raw, on: settings.fileSystem) : RuleFiles()
        parent.rules.enter(name, files)
    }

    private func isAdmitted(_ name: [UInt8], below length: Int) -> Bool {
        if case .fine = name.withUnsafeBytes({ ScanName.check($0, below: length) }) { return true }
        return false
    }

    /// Looks at the entry itself, and into it if it is a directory.
    private func look(
        at path: RelativePath,
        in parent: Parent,
        _ root: SyncRoot,
        _ previous: Tree?,
        _ known: RuleSet
    ) throws(SystemError) -> SubtreeResult {
        let name = path.name
        let directory = parent.directory
        guard let status = try directory.status(name),
            !parent.ignores(name, isDirectory: status.kind == .directory)
        else { return SubtreeResult(path, known) }
        var reader = EntryReader(settings, device: root.device)
        let previousID = previous?.find(path)
        let before = previousID.flatMap { PreviousCursor(previous, nil).known($0) }
        let look = try withCName(name) { name throws(SystemError) in
            try reader.look(at: directory.raw, name, status, known: before)
        }
        switch look {
        case .gone: return SubtreeResult(path, known)
        case .problem(let reason, _): return unreadable(path, reason, known)
        case .entry(let state, let stamp):
            var result = SubtreeResult(path, known, state: state, stamp: stamp)
            let hashed = reader.takeCounts()
            result.statistics.entries = 1
            result.statistics.hashedFiles = hashed.files
            result.statistics.hashedBytes = hashed.bytes
            guard state.kind == .directory else { return result }
            return try lookInto(result, parent, root, previous, previousID)
        }
    }

    private func unreadable(
        _ path: RelativePath,
        _ reason: Problem,
        _ known: RuleSet
    ) -> SubtreeResult {
        var result = SubtreeResult(path, known, state: EntryState(kind: .other))
        result.problems = [ProblemEntry(path: path, reason: reason)]
        return result
    }

    /// Reads a directory as if it were a root of its own, then gives everything its full path.
    private func lookInto(
        _ start: SubtreeResult,
        _ parent: Parent,
        _ root: SyncRoot,
        _ previous: Tree?,
        _ previousID: Tree.ID?
    ) throws(SystemError) -> SubtreeResult {
        var result = start
        let top = try parent.directory.directory(result.path.name)
        let status = try settings.fileSystem.status(of: top.raw)
        let job = ScanJob(
            id: Tree.rootID,
            previous: previousID,
            name: result.path.name,
            rules: parent.rules,
            pathLength: result.path.bytes.count
        )
        let topRoot = SyncRoot(descriptor: top.raw, path: root.path, status: status)
        var state: ScanShared.State
        do throws(ScanError) {
            state = try walk(settings, topRoot, previous, job)
        } catch {
            throw error.cause ?? SystemError("scan", errno: EIO)
        }
        state.tree.rehash()
        result.state?.digest = state.tree.rootDigest
        result.below = state.tree
        result.problems = state.problems.sorted { $0.path < $1.path }.map {
            ProblemEntry(path: $0.path.below(result.path), reason: $0.reason)
        }
        result.rules = result.rules.adding(state.rules, below: result.path)
        result.statistics = state.statistics
        result.statistics.entries += 1
        result.statistics.directories += 1
        return result
    }
}
