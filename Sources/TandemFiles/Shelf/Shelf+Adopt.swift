import TandemSystem
import TandemTree

/// Bringing list and objects together after a crash.
extension Shelf {
    /// Where an object came from, as a journal tells it.
    struct Origin {
        var path: RelativePath
        var shelfClass: ShelfClass
        var expected: EntryState?
    }

    /// Lists objects that a crash left unlisted, and forgets items whose objects were purged.
    ///
    /// - Parameters:
    ///   - generation: what the new items are said to come from.
    ///   - origin: what the journal says of an object; what it does not know is kept as live.
    ///   - look: looks at an object.
    /// - Throws: what the calls met; what was listed before stays so.
    func adopt(
        _ generation: UInt64,
        origin: ([UInt8]) -> Origin?,
        look: (Directory, [UInt8]) throws(SystemError) -> EntryState?
    ) throws(SystemError) {
        try withCatalogue { list throws(SystemError) in
            let names = Set(try directory.names()).subtracting([ShelfCatalogue.name])
            var records = list.items.values.filter { !names.contains($0.object) }
                .map { ShelfCatalogue.Record.remove($0.id) }
            for name in names where list.references[name] == nil {
                if !list.isDamaged, isHalfPacked(name, list) {
                    try directory.removeTree(name)
                    continue
                }
                guard let state = try look(directory, name) else { continue }
                let known = origin(name)
                records.append(
                    .put(
                        ShelfItem(
                            id: list.makeID(),
                            path: known?.path ?? .root,
                            state: state,
                            time: time.wall,
                            shelfClass: known?.expected == state
                                ? known?.shelfClass ?? .live : .live,
                            generation: generation,
                            object: name,
                            isPacked: ShelfPack.isPack(name),
                            bytes: state.size
                        )
                    )
                )
            }
            try list.append(records)
        }
    }

    /// Whether an unlisted object is what packing a listed one has left, before or after.
    private func isHalfPacked(_ name: [UInt8], _ list: ShelfCatalogue) -> Bool {
        if let source = ShelfPack.source(of: name), list.references[source] != nil { return true }
        return list.references[ShelfPack.name(for: name)] != nil
    }
}
