import Glibc
import TandemSystem
import TandemTree

/// What is done with each directory of a walk.
protocol DirectoryVisitor {
    /// Takes a directory before its names are read.
    ///
    /// - Parameters:
    ///   - directory: the directory, open.
    ///   - status: what it is.
    ///   - name: its name, empty for the root's.
    ///   - parent: what the visit to its parent gave.
    /// - Returns: what stands for it; nil when it shall not be entered.
    mutating func enter(
        _ directory: Int32,
        _ status: FileStatus,
        _ name: [UInt8],
        of parent: WatchTable.ID
    ) -> WatchTable.ID?

    /// Takes a directory that may not be read.
    mutating func refuse(_ name: [UInt8], of parent: WatchTable.ID, at path: RelativePath)

    /// Takes a directory that could not be opened or read for want of descriptors or memory.
    mutating func fail(_ name: [UInt8], of parent: WatchTable.ID, _ error: SystemError)
}

/// Goes through directories that rules let through, a directory before what is in it.
///
/// Links, other file systems and what may not be read are passed over, as a scan does.
struct DirectoryWalk: ~Copyable {
    private let fileSystem: any FileSystem
    private let root: SyncRoot
    private let buffer: UnsafeMutableRawBufferPointer

    private struct Level {
        /// Open if it is near the top; else its subdirectories are opened from the root.
        var directory: Directory?
        var path: RelativePath
        var id: WatchTable.ID
        var names: [[UInt8]]
    }

    /// Far below the usual limit of descriptors, which the rest of the process shares.
    private static let keptDirectories = 64
    private static let bufferSize = 64 * 1024
    private static let directoryType: UInt8 = 4
    private static let unknownType: UInt8 = 0

    init(_ fileSystem: any FileSystem, _ root: SyncRoot) {
        self.fileSystem = fileSystem
        self.root = root
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 8)
    }

    deinit { buffer.deallocate() }

    /// Visits a directory and all below it.
    ///
    /// - Parameters:
    ///   - path: the directory.
    ///   - parent: what stands for its parent.
    ///   - matcher: the rules, at its parent; at the root for the root itself.
    ///   - visitor: what is told.
    /// - Throws: what opening the first directory met; what vanishes later is no error.
    func visit(
        _ path: RelativePath,
        of parent: WatchTable.ID,
        _ matcher: IgnoreMatcher,
        _ visitor: inout some DirectoryVisitor
    ) throws(SystemError) {
        var matcher = matcher
        let top = try Directory.beneath(root.descriptor, path, of: fileSystem)
        guard let first = try enter(top, path, of: parent, &visitor) else { return }
        if !path.isRoot { matcher.enter(directory: path.name) }
        var levels = [first]
        while let last = levels.indices.last {
            guard let name = levels[last].names.popLast() else {
                levels.removeLast()
                matcher.leave()
                continue
            }
            if matcher.isIgnored(name: name, isDirectory: true) { continue }
            guard let next = descend(levels[last], name, &visitor) else { continue }
            matcher.enter(directory: name)
            levels.append(next)
            if levels.count > Self.keptDirectories { levels[levels.count - 1].directory = nil }
        }
    }

    private func descend(
        _ level: Level,
        _ name: [UInt8],
        _ visitor: inout some DirectoryVisitor
    ) -> Level? {
        let path = level.path.appending(name)
        do throws(SystemError) {
            let directory: Directory
            if let above = level.directory {
                directory = try above.directory(name)
            } else {
                directory = try .beneath(root.descriptor, path, of: fileSystem)
            }
            return try enter(directory, path, of: level.id, &visitor)
        } catch {
            switch error.errno {
            case ENOENT, ENOTDIR, ELOOP, EXDEV: break
            case EACCES, EPERM: visitor.refuse(name, of: level.id, at: path)
            default: visitor.fail(name, of: level.id, error)
            }
            return nil
        }
    }

    private func enter(
        _ directory: Directory,
        _ path: RelativePath,
        of parent: WatchTable.ID,
        _ visitor: inout some DirectoryVisitor
    ) throws(SystemError) -> Level? {
        let status = try fileSystem.status(of: directory.raw)
        let isForeign = status.device != root.device || status.isMountRoot && !path.isRoot
        guard !isForeign, let id = visitor.enter(directory.raw, status, path.name, of: parent)
        else { return nil }
        let names = try subdirectories(of: directory)
        return Level(directory: directory, path: path, id: id, names: names)
    }

    /// The names in an open directory that are directories; it is read once.
    func subdirectories(of directory: Directory) throws(SystemError) -> [[UInt8]] {
        var names: [[UInt8]] = []
        while true {
            let count = try fileSystem.readDirectory(directory.raw, into: buffer)
            if count == 0 { return names }
            var records = DirectoryRecords(buffer, count: count)
            while let name = records.next() {
                guard records.type == Self.directoryType || records.type == Self.unknownType
                else { continue }
                let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
                if records.type == Self.unknownType,
                    try directory.status(bytes)?.kind != .directory
                {
                    continue
                }
                names.append(bytes)
            }
        }
    }
}
