import TandemSystem
package import TandemTree

/// What git does around paths that changed.
package enum GitActivity: Int, Hashable, Comparable, Sendable {
    /// Nothing that can be seen.
    case none
    /// A rebase or a series of picks is under way, perhaps waiting for a person.
    case amid
    /// Git holds `index.lock`: it is writing files right now.
    case locked

    package static func < (left: GitActivity, right: GitActivity) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Looks whether git is at work in the repositories that hold changed paths.
///
/// Every call is relative to the root's descriptor; a repository outside the root is not looked at.
package struct GitQuiet: Sendable {
    private let fileSystem: any FileSystem
    private let root: SyncRoot
    /// Locks that outlived all patience: whoever made them is dead.
    private var stale: Set<Lock> = []
    private var held: Set<Lock> = []

    private struct Lock: Hashable {
        var inode: UInt64
        var birth: Int64
    }

    package init(fileSystem: any FileSystem, root: SyncRoot) {
        self.fileSystem = fileSystem
        self.root = root
    }

    /// What git does in the repositories that hold these paths, or are one of them.
    ///
    /// - Parameter paths: what is dirty; of very many a part is looked at, the topmost first.
    /// - Returns: the busiest.
    package mutating func activity(around paths: [RelativePath]) -> GitActivity {
        held.removeAll()
        var busiest = GitActivity.none
        for directory in Self.directories(around: paths) {
            busiest = max(busiest, activity(in: directory))
        }
        return busiest
    }

    /// Takes the locks of the last look for left behind: they delay nothing any more.
    package mutating func disregardLocks() {
        stale = held
    }

    /// Each path, and each directory above it, nearest the root first.
    private static func directories(around paths: [RelativePath]) -> [RelativePath] {
        var found: Set<RelativePath> = [.root]
        for path in paths {
            var current = path
            while found.insert(current).inserted, let above = current.parent { current = above }
            if found.count >= mostDirectories { break }
        }
        return found.sorted { ($0.depth, $0) < ($1.depth, $1) }
    }

    /// A look costs three calls a directory, and is made twenty times a second at most.
    private static let mostDirectories = 256

    private mutating func activity(in directory: RelativePath) -> GitActivity {
        guard let git = try? gitDirectory(of: directory) else { return .none }
        if let status = try? git.status(Array("index.lock".utf8)) {
            let lock = Lock(inode: status.inode, birth: status.birth)
            held.insert(lock)
            if !stale.contains(lock) { return .locked }
        }
        for name in Self.lastingStates where (try? git.status(Array(name.utf8))) != nil {
            return .amid
        }
        return .none
    }

    /// Directories git keeps while it goes through several commits.
    private static let lastingStates = ["rebase-merge", "rebase-apply", "sequencer"]

    /// A repository's own directory; a submodule's is where its `.git` file says.
    private func gitDirectory(of directory: RelativePath) throws(SystemError) -> Directory? {
        let name = Array(".git".utf8)
        let work = try Directory.beneath(root.descriptor, directory, of: fileSystem)
        guard let status = try work.status(name) else { return nil }
        switch status.kind {
        case .directory: return try work.directory(name)
        case .file: return try target(of: try work.openFile(name), in: directory)
        case .link, .other: return nil
        }
    }

    private func target(
        of file: consuming HeldDescriptor,
        in directory: RelativePath
    ) throws(SystemError) -> Directory? {
        let bytes = try fileSystem.readUpTo(file.raw, count: Self.longestGitFile)
        let prefix = Array("gitdir: ".utf8)
        guard bytes.starts(with: prefix), bytes.dropFirst(prefix.count).first != Self.slash,
            let path = Self.resolve(bytes.dropFirst(prefix.count), in: directory)
        else { return nil }
        return try Directory.beneath(root.descriptor, path, of: fileSystem)
    }

    /// Goes along a relative path; nil where it leads out of the root.
    private static func resolve(
        _ target: ArraySlice<UInt8>,
        in directory: RelativePath
    ) -> RelativePath? {
        var names = directory.components
        for name in target.prefix(while: { $0 != newline }).split(separator: slash) {
            switch Array(name) {
            case Array(".".utf8): continue
            case Array("..".utf8):
                guard names.popLast() != nil else { return nil }
            default: names.append(Array(name))
            }
        }
        return RelativePath(trusted: Array(names.joined(separator: [slash])))
    }

    private static let slash = UInt8(ascii: "/")
    private static let newline = UInt8(ascii: "\n")
    private static let longestGitFile = 4_096
}
