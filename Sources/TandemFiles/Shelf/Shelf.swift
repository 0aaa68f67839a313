import Glibc
import Synchronization
package import TandemSystem
package import TandemTree

/// Where what was displaced from a root waits, for one pair.
package final class Shelf: Sendable {
    /// A displaced value that lies in the stage.
    struct Arrival {
        var name: [UInt8]
        var path: RelativePath
        var state: EntryState
        var shelfClass: ShelfClass
    }

    struct State {
        var catalogue: ShelfCatalogue
        /// The object of each content that is on the shelf as a plain file.
        var objects: [Digest: [UInt8]] = [:]
    }

    let fileSystem: any FileSystem
    let root: SyncRoot
    let directory: Directory
    let stage: Directory
    let time: any TimeSource
    let state: Mutex<State>

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
        let catalogue: ShelfCatalogue
        do throws(SystemError) {
            directory = try area.section(.shelf, pair: pair)
            stage = try area.section(.stage, pair: pair)
            catalogue = try ShelfCatalogue(from: directory)
        } catch {
            throw ApplyError("open the shelf of \(root.path)", error)
        }
        var objects: [Digest: [UInt8]] = [:]
        for item in catalogue.items.values where item.state.kind == .file {
            objects[item.state.digest] = item.object
        }
        state = Mutex(State(catalogue: catalogue, objects: objects))
    }

    /// What lies on the shelf at `prefix` and below it, the newest first.
    package func list(prefix: RelativePath = .root) -> [ShelfItem] {
        let all = state.withLock { Array($0.catalogue.items.values) }
        return all.filter { $0.path == prefix || $0.path.isDescendant(of: prefix) }
            .sorted { ($0.time, $0.id) > ($1.time, $1.id) }
    }

    /// Takes values from the stage, durably.
    ///
    /// Each is renamed first and listed then; a crash in between leaves objects that no list names,
    /// which `adopt` lists. A file whose content is here already is listed and not kept twice.
    func put(_ arrivals: [Arrival], generation: UInt64) throws(SystemError) {
        guard !arrivals.isEmpty else { return }
        let outcome = state.withLock { state -> Result<Void, SystemError> in
            do throws(SystemError) {
                return .success(try put(arrivals, generation, &state))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    private func put(
        _ arrivals: [Arrival],
        _ generation: UInt64,
        _ state: inout State
    ) throws(SystemError) {
        var records: [ShelfCatalogue.Record] = []
        var duplicates: [[UInt8]] = []
        for arrival in arrivals {
            var object = arrival.name
            let known = arrival.state.kind == .file ? state.objects[arrival.state.digest] : nil
            if let known, isWhole(known, arrival.state) {
                object = known
                duplicates.append(arrival.name)
            } else {
                try stage.rename(arrival.name, to: directory, object, .noReplace)
                if arrival.state.kind == .file { state.objects[arrival.state.digest] = object }
            }
            let item = ShelfItem(
                id: state.catalogue.makeID(),
                path: arrival.path,
                state: arrival.state,
                time: time.wall,
                shelfClass: arrival.shelfClass,
                generation: generation,
                object: object,
                isPacked: false
            )
            records.append(.put(item))
        }
        CrashPoint.reach("shelf.before-catalogue")
        try directory.sync()
        try state.catalogue.append(records, to: directory)
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

    /// Lists objects that a crash left unlisted.
    ///
    /// - Parameter known: what the journal says of an object; the others are kept as live.
    func adopt(
        _ generation: UInt64,
        known: ([UInt8]) -> (path: RelativePath, shelfClass: ShelfClass, expected: EntryState?)?,
        look: (Directory, [UInt8]) throws(SystemError) -> EntryState?
    ) throws(SystemError) {
        let listed = state.withLock { Set($0.catalogue.items.values.map(\.object)) }
        var records: [ShelfItem] = []
        for name in try directory.names()
        where !ShelfCatalogue.owns(name) && !listed.contains(name) {
            guard let found = try look(directory, name) else { continue }
            let origin = known(name)
            let isExpected = origin?.expected == found
            records.append(
                ShelfItem(
                    id: 0,
                    path: origin?.path ?? .root,
                    state: found,
                    time: time.wall,
                    shelfClass: isExpected ? origin?.shelfClass ?? .live : .live,
                    generation: generation,
                    object: name,
                    isPacked: false
                )
            )
        }
        try append(records)
    }

    /// Lists items under new numbers.
    private func append(_ items: [ShelfItem]) throws(SystemError) {
        let outcome = state.withLock { state -> Result<Void, SystemError> in
            let records = items.map { item -> ShelfCatalogue.Record in
                var item = item
                item.id = state.catalogue.makeID()
                return .put(item)
            }
            do throws(SystemError) {
                return .success(try state.catalogue.append(records, to: directory))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }
}
