import TandemSystem
import TandemTree

/// Throwing away what is kept no longer.
extension Shelf {
    /// Purges what the retention gives up; the number of items.
    ///
    /// A file that was written after it came here, through a descriptor that was open all along, is
    /// found by looking at it once more; it becomes live and stays.
    @discardableResult
    package func purge(_ retention: ShelfRetention = ShelfRetention()) throws(ApplyError) -> Int {
        do throws(SystemError) {
            let space = try fileSystem.space(of: directory.raw)
            let now = time.wall
            return try withCatalogue { list throws(SystemError) in
                let items = Array(list.items.values)
                let expired = retention.expired(items, now: now, diskBytes: space.total)
                return try remove(expired, from: &list)
            }
        } catch {
            throw ApplyError("purge the shelf of \(root.path)", error)
        }
    }

    /// Purges superseded items, the oldest first, until so many bytes are free or none is left.
    @discardableResult
    package func makeRoom(until freeBytes: UInt64) throws(ApplyError) -> Int {
        do throws(SystemError) {
            return try withCatalogue { list throws(SystemError) in
                let oldest = list.items.values.filter { $0.shelfClass == .superseded }
                    .sorted { ($0.time, $0.id) < ($1.time, $1.id) }
                var removed = 0
                for item in oldest {
                    if try fileSystem.space(of: directory.raw).free >= freeBytes { break }
                    removed += try remove([item.id], from: &list)
                }
                return removed
            }
        } catch {
            throw ApplyError("make room on the shelf of \(root.path)", error)
        }
    }

    /// Removes objects first and items then: an item without object is forgotten by `adopt`.
    private func remove(
        _ ids: [UInt64],
        from list: inout ShelfCatalogue
    ) throws(SystemError) -> Int {
        var records: [ShelfCatalogue.Record] = []
        var uses = list.references
        var removed = 0
        for id in ids {
            guard var item = list.items[id] else { continue }
            if let late = lateState(of: item) {
                item.state = late
                item.shelfClass = .live
                records.append(.put(item))
                continue
            }
            uses[item.object, default: 1] -= 1
            if uses[item.object] == 0 { try directory.removeTree(item.object) }
            records.append(.remove(id))
            removed += 1
        }
        try list.append(records)
        return removed
    }

    /// What a file has become since it was listed; nil when it is what it was, or is gone.
    private func lateState(of item: ShelfItem) -> EntryState? {
        guard item.state.kind == .file, let file = try? directory.openFile(item.object),
            let found = try? fileSystem.digest(of: file.raw), found.digest != item.state.digest
        else { return nil }
        return .file(found.digest, size: found.size, executable: item.state.executable)
    }
}
