import Glibc
import TandemSystem
import TandemTree

/// Contents that an interrupted batch left in the stage, for the next one to use.
///
/// They are found by size first and hashed only when a wanted content has that size.
struct ResumePool: Sendable {
    private let directory: Directory
    /// Files nobody has hashed yet, by their size.
    private var unhashed: [UInt64: [RelativePath]] = [:]
    private var hashed: [Digest: [RelativePath]] = [:]
    /// The names in the stage that were there before this batch.
    private(set) var names: [[UInt8]] = []
    /// The bytes in the pool.
    private(set) var bytes: UInt64 = 0

    /// An empty pool in `directory`.
    init(empty directory: Directory) { self.directory = directory }

    /// Everything that lies in the stage but the journal.
    init(_ directory: Directory) throws(SystemError) {
        self.directory = directory
        for name in try directory.names() where name != ApplyJournal.fileName {
            names.append(name)
            var pending = [RelativePath(trusted: name)]
            while let path = pending.popLast() { pending += try collect(path) }
        }
    }

    /// Adds a file; what is in a directory is still to be collected.
    private mutating func collect(_ path: RelativePath) throws(SystemError) -> [RelativePath] {
        let parent = try directory.beneath(path.parent ?? .root)
        guard let status = try parent.status(path.name) else { return [] }
        switch status.type {
        case .file where status.size > 0:
            unhashed[status.size, default: []].append(path)
            bytes += status.size
            return []
        case .directory:
            let inner = try parent.directory(path.name)
            var directories: [RelativePath] = []
            for name in try inner.names() {
                guard let status = try inner.status(name) else { continue }
                if status.type == .directory {
                    directories.append(path.appending(name))
                } else if status.type == .file, status.size > 0 {
                    unhashed[status.size, default: []].append(path.appending(name))
                    bytes += status.size
                }
            }
            return directories
        default:
            return []
        }
    }

    /// Renames a file of this content to a staged place; false when the pool has none.
    mutating func take(
        _ wanted: EntryState,
        to target: Directory,
        _ name: [UInt8]
    ) throws(SystemError) -> Bool {
        for path in unhashed.removeValue(forKey: wanted.size) ?? [] {
            if let digest = hash(path) { hashed[digest, default: []].append(path) }
        }
        guard let path = hashed[wanted.digest]?.popLast() else { return false }
        let parent = try directory.beneath(path.parent ?? .root)
        try parent.rename(path.name, to: target, name, .noReplace)
        try fixMode(wanted.executable, target, name)
        return true
    }

    private func hash(_ path: RelativePath) -> Digest? {
        guard let parent = try? directory.beneath(path.parent ?? .root),
            let file = try? parent.openFile(path.name)
        else { return nil }
        return try? directory.fileSystem.digest(of: file.raw).digest
    }

    /// Gives the execute bits that a file created for this state would have under the umask.
    private func fixMode(
        _ executable: Bool,
        _ parent: Directory,
        _ name: [UInt8]
    ) throws(SystemError) {
        let file = try parent.openFile(name)
        let status = try directory.fileSystem.status(of: file.raw)
        guard status.isExecutable != executable else { return }
        let readable = UInt32(status.mode) & 0o666
        let mode = executable ? readable | (readable & 0o444) >> 2 : readable
        try directory.fileSystem.setMode(file.raw, mode)
    }
}
