import Glibc
import TandemSystem
import TandemTree

/// Looks at one path after the other below a root; neighbours share their open directory.
struct SubtreeLooker: ~Copyable {
    private let scanner: Scanner
    private let root: SyncRoot
    /// Stands above the root.
    private let rules: ScanRules
    /// Whether the rules files of the directories above a path are read, or are known already.
    private let readsAbove: Bool
    private var reader: EntryReader
    private var held: (path: RelativePath, parent: Parent)?
    /// Directories of the previous tree that are gone, by inode: one may have been renamed.
    var renamed: [UInt64: Tree.ID] = [:]

    init(_ scanner: Scanner, _ root: SyncRoot, _ rules: ScanRules, readsAbove: Bool) {
        self.scanner = scanner
        self.root = root
        self.rules = rules
        self.readsAbove = readsAbove
        reader = EntryReader(scanner.settings, device: root.device)
    }

    private var fileSystem: any FileSystem { scanner.settings.fileSystem }

    /// The open parent of a path, and the rules in it.
    private struct Parent {
        var directory: Directory
        var rules: ScanRules

        func ignores(_ name: [UInt8], isDirectory: Bool) -> Bool {
            name.withUnsafeBytes { rules.ignores($0, isDirectory: isDirectory) }
        }
    }

    /// Reads what stands at a path and all below it.
    ///
    /// - Parameters:
    ///   - path: an entry's path, never the root's.
    ///   - previous: the root's last tree.
    ///   - previousID: the entry in it, if it stood there.
    ///   - known: the rules known before, without those of the path and below it.
    /// - Returns: what stands there now.
    /// - Throws: only "out of descriptors".
    mutating func look(
        at path: RelativePath,
        previous: Tree?,
        previousID: Tree.ID?,
        known: RuleSet
    ) throws(ScanError) -> SubtreeResult {
        do throws(SystemError) {
            guard let above = try parent(of: path) else { return SubtreeResult(path, known) }
            return try look(at: path, in: above, previous, previousID, known)
        } catch {
            if error.isExhaustion {
                throw ScanError(.outOfDescriptors, root: root.path, cause: error)
            }
            if error.errno == ENOENT || error.errno == ENOTDIR {
                return SubtreeResult(path, known)
            }
            return unreadable(path, error.isDenied ? .unreadable : .readFailed, known)
        }
    }

    private mutating func parent(of path: RelativePath) throws(SystemError) -> Parent? {
        guard let above = path.parent else { return nil }
        guard isAdmitted(path.name, below: above.bytes.count) else { return nil }
        if let held, held.path == above { return held.parent }
        held = nil
        guard let parent = try descend(to: above) else { return nil }
        held = (above, parent)
        return parent
    }

    /// Walks down to a directory; nil when it is left out of the tree.
    private func descend(to path: RelativePath) throws(SystemError) -> Parent? {
        var parent = Parent(
            directory: try .beneath(root.descriptor, .root, of: fileSystem),
            rules: rules
        )
        try enter(&parent, [])
        var length = 0
        for name in path.components {
            guard isAdmitted(name, below: length), !parent.ignores(name, isDirectory: true) else {
                return nil
            }
            parent.directory = try parent.directory.directory(name)
            let device = try fileSystem.status(of: parent.directory.raw).device
            guard device == root.device else { return nil }
            try enter(&parent, name)
            length += name.count + 1
        }
        return parent
    }

    private func enter(_ parent: inout Parent, _ name: [UInt8]) throws(SystemError) {
        let files =
            readsAbove && parent.rules.collects
            ? try RuleFiles(
                in: parent.directory.raw,
                collectsGitRules: parent.rules.collectsGitRules,
                on: fileSystem
            ) : RuleFiles()
        parent.rules.enter(name, files)
    }

    private func isAdmitted(_ name: [UInt8], below length: Int) -> Bool {
        if case .fine = name.withUnsafeBytes({ ScanName.check($0, below: length) }) { return true }
        return false
    }

    /// Looks at the entry itself, and into it if it is a directory.
    private mutating func look(
        at path: RelativePath,
        in parent: Parent,
        _ previous: Tree?,
        _ previousID: Tree.ID?,
        _ known: RuleSet
    ) throws(SystemError) -> SubtreeResult {
        let name = path.name
        let directory = parent.directory
        guard let status = try directory.status(name),
            !parent.ignores(name, isDirectory: status.kind == .directory)
        else { return SubtreeResult(path, known) }
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
            let source = previousID ?? renamed[status.inode]
            return try lookInto(result, parent, previous, source)
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
        _ previous: Tree?,
        _ previousID: Tree.ID?
    ) throws(SystemError) -> SubtreeResult {
        var result = start
        let top = try parent.directory.directory(result.path.name)
        let status = try fileSystem.status(of: top.raw)
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
            state = try scanner.walk(scanner.settings, topRoot, previous, job)
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
