import Glibc
import Synchronization
package import TandemSystem
package import TandemTree

/// Where what was displaced from a root waits, for one pair.
///
/// Several may be open at once; each reads the catalogue anew when another has written it.
package final class Shelf: Sendable {
    /// A displaced value that lies in the stage.
    struct Arrival {
        var name: [UInt8]
        var path: RelativePath
        var state: EntryState
        var shelfClass: ShelfClass
    }

    let fileSystem: any FileSystem
    let root: SyncRoot
    let directory: Directory
    let stage: Directory
    let time: any TimeSource
    private let listDirectory: Directory
    /// The list as last read; nil before its first use, because most batches displace nothing.
    private let catalogue = Mutex<ShelfCatalogue?>(nil)

    /// Opens the shelf of a pair; nil when the root has no private area and `create` is false.
    package static func open(
        fileSystem: any FileSystem,
        root: SyncRoot,
        pair: [UInt8],
        create: Bool = true,
        time: any TimeSource = SystemTime()
    ) throws(ApplyError) -> Shelf? {
        guard let area = try PrivateArea.open(root, of: fileSystem, create: create) else {
            return nil
        }
        return try Shelf(area, fileSystem, root, pair, time)
    }

    init(
        _ area: PrivateArea,
        _ fileSystem: any FileSystem,
        _ root: SyncRoot,
        _ pair: [UInt8],
        _ time: any TimeSource
    ) throws(ApplyError) {
        self.fileSystem = fileSystem
        self.root = root
        self.time = time
        do throws(SystemError) {
            directory = try area.section(.shelf, pair: pair)
            stage = try area.section(.stage, pair: pair)
            listDirectory = try PrivateArea.open(ShelfCatalogue.name, in: directory)
        } catch {
            throw ApplyError("open the shelf of \(root.path)", error)
        }
    }

    /// What lies on the shelf at `prefix` and below it, the newest first.
    package func list(prefix: RelativePath = .root) -> [ShelfItem] {
        let all = (try? withCatalogue { list in Array(list.items.values) }) ?? []
        return all.filter { $0.path == prefix || $0.path.isDescendant(of: prefix) }
            .sorted { ($0.time, $0.id) > ($1.time, $1.id) }
    }

    /// One item; nil when there is none of that number.
    package func item(_ id: UInt64) -> ShelfItem? {
        (try? withCatalogue { list in list.items[id] }) ?? nil
    }

    /// Runs `body` on the list as it is now.
    func withCatalogue<Value: Sendable>(
        _ body: (inout ShelfCatalogue) throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        let outcome = catalogue.withLock { held -> Result<Value, SystemError> in
            do throws(SystemError) {
                // Taken out and put back, so that changing it never copies it.
                var list: ShelfCatalogue
                if let known = held.take() {
                    list = known
                } else {
                    list = try ShelfCatalogue(from: listDirectory)
                }
                defer { held = list }
                try list.refresh()
                return .success(try body(&list))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Takes values from the stage, durably.
    ///
    /// Each is renamed first and listed then; a crash in between leaves objects that no list names,
    /// which `adopt` lists. A file whose content is here already is listed and not kept twice.
    func put(_ arrivals: [Arrival], generation: UInt64) throws(SystemError) {
        guard !arrivals.isEmpty else { return }
        try withCatalogue { list throws(SystemError) in
            try put(arrivals, generation, &list)
        }
    }

    private func put(
        _ arrivals: [Arrival],
        _ generation: UInt64,
        _ list: inout ShelfCatalogue
    ) throws(SystemError) {
        var records: [ShelfCatalogue.Record] = []
        var duplicates: [[UInt8]] = []
        var arrived: [Digest: [UInt8]] = [:]
        for arrival in arrivals {
            var object = arrival.name
            let isFile = arrival.state.kind == .file
            let digest = arrival.state.digest
            let known = isFile ? arrived[digest] ?? list.contents[digest] : nil
            if let known, isWhole(known, arrival.state) {
                object = known
                duplicates.append(arrival.name)
            } else {
                try stage.rename(arrival.name, to: directory, object, .noReplace)
                if isFile { arrived[digest] = object }
            }
            records.append(
                .put(
                    ShelfItem(
                        id: list.makeID(),
                        path: arrival.path,
                        state: arrival.state,
                        time: time.wall,
                        shelfClass: arrival.shelfClass,
                        generation: generation,
                        object: object,
                        isPacked: false,
                        bytes: arrival.state.size
                    )
                )
            )
        }
        CrashPoint.reach("shelf.before-catalogue")
        try directory.sync()
        try list.append(records)
        CrashPoint.reach("shelf.after-catalogue")
        for name in duplicates { try stage.removeTree(name) }
        try stage.sync()
    }

    /// Whether an object still has the content that another value shall share with it.
    private func isWhole(_ object: [UInt8], _ state: EntryState) -> Bool {
        guard let status = try? directory.status(object), status.type == .file,
            status.size == state.size, let file = try? directory.openFile(object)
        else { return false }
        return (try? fileSystem.digest(of: file.raw).digest) == state.digest
    }
}
