import Synchronization
import TandemFiles
import TandemSystem
import TandemTree

/// Reads objects of a store for one operation; it belongs to one thread.
///
/// It holds the index as it was at its beginning and the reading lock, so nothing that it finds
/// there is removed while it lives.
final class ObjectReader {
    private let store: SnapshotStore
    private let lock: StoreLock?
    private let index: StoreIndex
    private var open: [PackFile] = []
    private var blocks: [(pack: UInt32, block: UInt32, raw: [UInt8])] = []

    /// Neighbours in a tree lie in neighbouring blocks of few packs.
    private static let openPacks = 8
    private static let keptBlocks = 16

    /// Begins to read, as somebody whom a prune has to wait for.
    init(_ store: SnapshotStore) throws(SnapshotError) {
        self.store = store
        lock = try StoreLock(.reading, in: store.directory)
        try store.refreshIfChanged()
        index = store.index.withLock { $0 }
    }

    /// Begins to read under a lock that the caller holds.
    init(unlocked store: SnapshotStore) {
        self.store = store
        lock = nil
        index = store.index.withLock { $0 }
    }

    func contains(_ key: ObjectKey) -> Bool { index.contains(key) }

    /// How long an object is; nil when the store does not have it.
    func length(of key: ObjectKey) -> UInt32? { index.place(of: key)?.length }

    /// An object's bytes.
    ///
    /// - Throws: `.damaged` when the store does not have them as they were written.
    func read(_ key: ObjectKey) throws(SnapshotError) -> ArraySlice<UInt8> {
        guard let place = index.place(of: key) else {
            throw .damage("the \(key.kind) \(key.id.hex.prefix(12)) is missing")
        }
        let raw = try block(place)
        let end = Int(place.offset) + Int(place.length)
        guard end <= raw.count else { throw .damage("the \(key.kind) \(key.id.hex.prefix(12))") }
        return raw[Int(place.offset)..<end]
    }

    private func block(_ place: StoreIndex.Place) throws(SnapshotError) -> [UInt8] {
        if let found = blocks.lastIndex(where: {
            $0.block == place.block && $0.pack == place.pack
        }) {
            if found != blocks.count - 1 { blocks.append(blocks.remove(at: found)) }
            return blocks[blocks.count - 1].raw
        }
        let pack = index.packs[Int(place.pack)]
        let raw: [UInt8]?
        do throws(SystemError) {
            raw = try file(pack.name).raw(pack.contents[Int(place.block)])
        } catch {
            throw .call("read the pack \(pack.name.hex.prefix(12))", error)
        }
        guard let raw else {
            throw .damage("block \(place.block) of the pack \(pack.name.hex.prefix(12))")
        }
        if blocks.count == Self.keptBlocks { blocks.removeFirst() }
        blocks.append((place.pack, place.block, raw))
        return raw
    }

    private func file(_ name: Digest) throws(SystemError) -> PackFile {
        if let found = open.first(where: { $0.name == name }) { return found }
        let file = try PackFile(name, in: store.packs)
        if open.count == Self.openPacks { open.removeFirst() }
        open.append(file)
        return file
    }
}
