extension Tree {
    /// Visits an entry and all below it, a directory before what is in it, in the order of names.
    ///
    /// - Parameters:
    ///   - id: where to begin.
    ///   - body: takes the id and its path's bytes; false means not to descend.
    /// - Throws: what `body` throws.
    public func forEach(from id: ID = rootID, _ body: (ID, [UInt8]) throws -> Bool) rethrows {
        var path = path(of: id).bytes
        guard try body(id, path) else { return }
        // Each level holds the slots still to visit and the length of its directory's path.
        var levels = [(slots: childRange(of: id), length: path.count)]
        while let level = levels.last {
            guard let slot = level.slots.first else {
                levels.removeLast()
                continue
            }
            levels[levels.count - 1].slots = (slot + 1)..<level.slots.upperBound
            let child = slots[slot]
            path.removeLast(path.count - level.length)
            if !path.isEmpty { path.append(RelativePath.separator) }
            path.append(contentsOf: nameBytes(of: child))
            let descend = try body(child, path)
            if descend && childCounts[Int(child)] > 0 {
                levels.append((childRange(of: child), path.count))
            }
        }
    }

    /// The entries below a directory, itself not counted.
    public func descendantCount(of id: ID) -> Int {
        var total = 0
        var pending = [id]
        while let current = pending.popLast() {
            let children = childIDs(of: current)
            total += children.count
            for child in children where childCounts[Int(child)] > 0 { pending.append(child) }
        }
        return total
    }

    /// Whether an entry or something below it is of kind `other`.
    func holdsOther(_ id: ID) -> Bool {
        guard !others.isEmpty else { return false }
        var pending = [id]
        while let current = pending.popLast() {
            if kinds[Int(current)] == EntryKind.other.rawValue { return true }
            pending.append(contentsOf: childIDs(of: current))
        }
        return false
    }
}
