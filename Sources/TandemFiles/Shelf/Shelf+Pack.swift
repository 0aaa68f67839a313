import TandemSystem
import TandemTree

/// Making one file of each shelved directory.
extension Shelf {
    /// How long a directory lies before it is packed, so that who still writes in it can end.
    package static let packAge: Int64 = 60_000_000_000

    /// Packs the directories that have come to rest; the number of them.
    ///
    /// One that cannot be packed now stays as it is.
    @discardableResult
    package func packIdle(
        olderThan age: Int64 = Shelf.packAge,
        while isIdle: () -> Bool = { true }
    ) throws(ApplyError) -> Int {
        do throws(SystemError) {
            let now = time.wall
            let waiting = try withCatalogue { list in
                list.items.values.filter {
                    $0.state.kind == .directory && !$0.isPacked && now - age >= $0.time
                }
            }
            var packed = 0
            for item in waiting {
                guard isIdle() else { break }
                if (try? pack(item)) != nil { packed += 1 }
            }
            return packed
        } catch {
            throw ApplyError("pack the shelf of \(root.path)", error)
        }
    }

    /// Pack, durable under its own name, then listed, then the directory goes: in this order a crash
    /// leaves nothing that `adopt` cannot tell.
    private func pack(_ item: ShelfItem) throws(SystemError) {
        let name = ShelfPack.name(for: item.object)
        let bytes = try writePack(of: item.object, as: name)
        try stage.rename(name, to: directory, name, .noReplace)
        try directory.sync()
        CrashPoint.reach("shelf.packed")
        try withCatalogue { list throws(SystemError) in
            let users = list.items.values.filter { $0.object == item.object }
            try list.append(
                users.map { user in
                    var user = user
                    user.object = name
                    user.isPacked = true
                    user.bytes = bytes
                    return .put(user)
                }
            )
        }
        CrashPoint.reach("shelf.pack-listed")
        try directory.removeTree(item.object)
    }

    /// Writes the pack of an object into the stage; its size.
    func writePack(of object: [UInt8], as name: [UInt8]) throws(SystemError) -> UInt64 {
        try stage.removeTree(name)
        do throws(SystemError) {
            let file = try stage.createFile(name, mode: 0o600)
            var writer = PackWriter(fileSystem, to: file.raw)
            return try writer.pack(try directory.directory(object))
        } catch {
            try? stage.removeTree(name)
            throw error
        }
    }
}
