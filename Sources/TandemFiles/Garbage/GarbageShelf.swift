import Glibc
package import TandemSystem
import TandemTree

/// Where cleaned garbage waits, in the private area of its root: one batch for each cleaning.
///
/// ```
/// .tandem/garbage/<batch>/list       what was cleaned, and from where; written first
/// .tandem/garbage/<batch>/objects/N  the entries, by their number in the list
/// ```
/// An entry is renamed, whole, so cleaning reads no content and undoing brings back the same inode.
/// After a crash each entry is in its place or in the batch, and `undo` brings back what is there.
package struct GarbageShelf: Sendable {
    /// What a cleaning or its undoing did.
    package struct Outcome: Sendable, Hashable {
        package var moved = 0
        package var bytes: UInt64 = 0
        package var left: [GarbageInventory.Remark] = []
    }

    /// One cleaning.
    package struct Batch: Sendable, Hashable {
        package var id: String
        /// When, in nanoseconds since 1970.
        package var time: Int64
        package var entries: Int

        package init(id: String, time: Int64, entries: Int) {
            self.id = id
            self.time = time
            self.entries = entries
        }
    }

    /// How long a batch can be undone; garbage can be made again, so not long.
    package static let keptNanoseconds: Int64 = 30 * 86_400_000_000_000

    private static let list = Array("list".utf8)
    private static let objects = Array("objects".utf8)

    let fileSystem: any FileSystem
    let root: SyncRoot
    let time: any TimeSource

    /// The shelf of a root; nothing is made before the first cleaning.
    package init(
        _ root: SyncRoot,
        on fileSystem: any FileSystem = RealFileSystem(),
        time: any TimeSource = SystemTime()
    ) {
        self.root = root
        self.fileSystem = fileSystem
        self.time = time
    }

    /// Moves entries here, durably.
    ///
    /// - Parameters:
    ///   - entries: what the inventory found.
    ///   - id: names the batch; one that is taken is an error.
    /// - Returns: what was moved, and what was left because it is no longer what was found.
    /// - Throws: `ApplyError`.
    @discardableResult
    package func clean(
        _ entries: [GarbageEntry],
        as id: String
    ) throws(ApplyError) -> Outcome {
        do throws(SystemError) {
            let batch = try makeBatch(id)
            let list = GarbageList(time: time.wall, entries: entries)
            try batch.writeDurably(Self.list, list.encoded)
            let objects = try PrivateArea.open(Self.objects, in: batch)
            var outcome = Outcome()
            var parents = DirectoryCache(base: root.descriptor, of: fileSystem)
            for (number, entry) in entries.enumerated() {
                do throws(SystemError) {
                    if try move(entry, number, to: objects, &parents) {
                        outcome.moved += 1
                        outcome.bytes += entry.bytes
                    } else {
                        outcome.left.append(.init(path: entry.path, reason: "it has changed"))
                    }
                } catch {
                    outcome.left.append(.init(path: entry.path, reason: error.reason))
                }
                CrashPoint.reach("garbage.moved")
            }
            try fileSystem.syncFileSystem(objects.raw)
            return outcome
        } catch {
            throw ApplyError("clean the garbage of \(root.path)", error)
        }
    }

    private func makeBatch(_ id: String) throws(SystemError) -> Directory {
        let name = try Self.checked(id)
        let all = try area(create: true)
        guard let all else { throw SystemError("make", ".tandem", errno: ENOENT) }
        guard try all.status(name) == nil else {
            throw SystemError("make the batch", id, errno: EEXIST)
        }
        return try PrivateArea.open(name, in: all)
    }

    /// Takes one entry; false when it was no longer what the inventory saw, and stays.
    private func move(
        _ entry: GarbageEntry,
        _ number: Int,
        to objects: Directory,
        _ parents: inout DirectoryCache
    ) throws(SystemError) -> Bool {
        guard let above = entry.path.parent else { return false }
        let parent = try parents.directory(above)
        let object = Self.object(number)
        try parent.rename(entry.path.name, to: objects, object, .noReplace)
        let status = try objects.status(object)
        let isDirectory = status?.type == .directory
        if status?.inode == entry.inode, status?.device == entry.device,
            isDirectory == entry.isDirectory
        {
            return true
        }
        try objects.rename(object, to: parent, entry.path.name, .noReplace)
        return false
    }

    /// Brings a batch back, each entry to where it was and never over something new.
    ///
    /// - Returns: what came back, and what stays here because its place is taken or gone.
    /// - Throws: `.noSuchItem` when there is no such batch.
    package func undo(_ id: String) throws(ApplyError) -> Outcome {
        do throws(SystemError) {
            guard let (batch, list) = try open(id) else {
                throw SystemError("find the batch", id, errno: ENOENT)
            }
            let objects = try PrivateArea.open(Self.objects, in: batch)
            var outcome = Outcome()
            var parents = DirectoryCache(base: root.descriptor, of: fileSystem)
            for (number, entry) in list.entries.enumerated() {
                let object = Self.object(number)
                guard try objects.status(object) != nil else { continue }
                do throws(SystemError) {
                    let parent = try parents.directory(entry.path.parent ?? .root)
                    try objects.rename(object, to: parent, entry.path.name, .noReplace)
                    outcome.moved += 1
                    outcome.bytes += entry.bytes
                } catch {
                    outcome.left.append(.init(path: entry.path, reason: Self.reason(error)))
                }
            }
            try fileSystem.syncFileSystem(objects.raw)
            if outcome.left.isEmpty { try remove(id) }
            return outcome
        } catch {
            throw Self.failure("undo the cleaning \(id) of \(root.path)", error)
        }
    }

    private static func reason(_ error: SystemError) -> String {
        switch error.errno {
        case EEXIST: "something stands there now"
        case ENOENT, ENOTDIR: "its directory is gone"
        default: error.reason
        }
    }

    private static func failure(_ what: String, _ error: SystemError) -> ApplyError {
        error.errno == ENOENT
            ? ApplyError(.noSuchItem, "there is no such cleaning", cause: error)
            : ApplyError(what, error)
    }

    /// Throws a batch away for good.
    ///
    /// - Throws: `.noSuchItem` when there is no such batch.
    package func forget(_ id: String) throws(ApplyError) {
        do throws(SystemError) {
            guard try open(id) != nil else { throw SystemError("find", id, errno: ENOENT) }
            try remove(id)
        } catch {
            throw Self.failure("forget the cleaning \(id) of \(root.path)", error)
        }
    }

    /// Throws away what can be undone no longer; the number of batches.
    @discardableResult
    package func purge() throws(ApplyError) -> Int {
        let old = try batches().filter { time.wall - $0.time > Self.keptNanoseconds }
        for batch in old { try forget(batch.id) }
        return old.count
    }

    /// The batches that can be undone, the newest first.
    package func batches() throws(ApplyError) -> [Batch] {
        do throws(SystemError) {
            guard let all = try area(create: false) else { return [] }
            var found: [Batch] = []
            for name in try all.names() {
                let id = String(decoding: name, as: UTF8.self)
                guard let (_, list) = try open(id) else { continue }
                found.append(Batch(id: id, time: list.time, entries: list.entries.count))
            }
            return found.sorted { ($0.time, $0.id) > ($1.time, $1.id) }
        } catch {
            throw ApplyError("list the cleanings of \(root.path)", error)
        }
    }

    // MARK: Places

    private func area(create: Bool) throws(SystemError) -> Directory? {
        do throws(ApplyError) {
            let area = try PrivateArea.open(root, of: fileSystem, create: create)
            return try area.map { area throws(ApplyError) in
                do throws(SystemError) {
                    return try area.section(.garbage)
                } catch {
                    throw ApplyError("open the garbage of \(root.path)", error)
                }
            }
        } catch {
            throw error.cause ?? SystemError("open", ".tandem", errno: EPERM)
        }
    }

    private func open(_ id: String) throws(SystemError) -> (Directory, GarbageList)? {
        guard let name = try? Self.checked(id), let all = try area(create: false),
            try all.status(name)?.type == .directory
        else { return nil }
        let batch = try all.directory(name)
        guard let bytes = try batch.readWhole(Self.list, limit: GarbageList.longest),
            let list = GarbageList(decoding: bytes)
        else { return nil }
        return (batch, list)
    }

    private func remove(_ id: String) throws(SystemError) {
        guard let all = try area(create: false) else { return }
        try all.removeTree(try Self.checked(id))
        try all.sync()
    }

    private static func object(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }

    /// A name that a person can type and that leads nowhere else.
    private static func checked(_ id: String) throws(SystemError) -> [UInt8] {
        let isPlain = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(id.utf8.count) else {
            throw SystemError("use as a name", id, errno: EINVAL)
        }
        return Array(id.utf8)
    }
}
