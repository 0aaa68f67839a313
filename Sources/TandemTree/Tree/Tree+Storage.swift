/// Rows, runs and arenas; nothing here looks at what an entry means.
extension Tree {
    /// Garbage below this is not worth a compaction.
    private static let compactionFloor = 65_536

    /// A new row, not yet in its parent's run.
    mutating func allocate(
        name: some Collection<UInt8>,
        state: EntryState,
        stamp: Stamp,
        parent: ID
    ) -> ID {
        let id = freshRow(parent: parent)
        setName(name, of: id)
        fill(id, state)
        stamps[Int(id)] = stamp
        return id
    }

    private mutating func freshRow(parent: ID) -> ID {
        if let id = free.popLast() {
            parents[Int(id)] = parent
            return id
        }
        let id = ID(parents.count)
        parents.append(parent)
        kinds.append(Tree.freeKind)
        flags.append(0)
        nameLengths.append(0)
        nameOffsets.append(0)
        childStarts.append(0)
        childCounts.append(0)
        childCapacities.append(0)
        sizes.append(0)
        digests.append(.zero)
        stamps.append(.zero)
        return id
    }

    /// Writes an entry's state into its row; a directory starts empty, its digest is known.
    mutating func fill(_ id: ID, _ state: EntryState) {
        let row = Int(id)
        if kinds[row] == EntryKind.other.rawValue { others.remove(id) }
        if state.kind == .other { others.insert(id) }
        kinds[row] = state.kind.rawValue
        flags[row] = state.kind == .file && state.executable ? Tree.executableFlag : 0
        let hasContent = state.kind == .file || state.kind == .link
        sizes[row] = hasContent ? state.size : 0
        switch state.kind {
        case .file, .link: digests[row] = state.digest
        case .directory: digests[row] = Tree.emptyDirectoryDigest
        case .other: digests[row] = .zero
        }
    }

    mutating func setName(_ name: some Collection<UInt8>, of id: ID) {
        nameOffsets[Int(id)] = names.append(name)
        nameLengths[Int(id)] = UInt16(name.count)
    }

    /// Puts a row into its parent's run at a slot found by `search`.
    mutating func insert(_ id: ID, at slot: Int, in parent: ID) {
        let row = Int(parent)
        let offset = slot - Int(childStarts[row])
        if childCounts[row] == childCapacities[row] { growRun(of: parent) }
        let start = Int(childStarts[row])
        var position = start + Int(childCounts[row])
        while position > start + offset {
            slots[position] = slots[position - 1]
            position -= 1
        }
        slots[position] = id
        childCounts[row] += 1
        touch(parent)
    }

    /// Moves a run to the end of the arena with room for half as many again.
    private mutating func growRun(of parent: ID) {
        let row = Int(parent)
        let (start, count) = (Int(childStarts[row]), Int(childCounts[row]))
        let capacity = max(4, count + count / 2)
        let newStart = slots.count
        for position in start..<(start + count) { slots.append(slots[position]) }
        for _ in count..<capacity { slots.append(0) }
        wastedSlots += Int(childCapacities[row])
        childStarts[row] = UInt32(newStart)
        childCapacities[row] = UInt32(capacity)
    }

    /// Takes a row out of its parent's run.
    mutating func detach(_ id: ID) {
        let parent = parents[Int(id)]
        let range = childRange(of: parent)
        guard let slot = slots[range].firstIndex(of: id) else { return }
        for position in slot..<(range.upperBound - 1) { slots[position] = slots[position + 1] }
        childCounts[Int(parent)] -= 1
        touch(parent)
    }

    /// Frees all rows below a directory.
    mutating func removeChildren(of id: ID) {
        var pending = Array(childIDs(of: id))
        wastedSlots += Int(childCapacities[Int(id)])
        childCounts[Int(id)] = 0
        childCapacities[Int(id)] = 0
        while let child = pending.popLast() {
            pending.append(contentsOf: childIDs(of: child))
            freeRow(child)
        }
    }

    /// Frees a detached row and all below it.
    mutating func release(_ id: ID) {
        removeChildren(of: id)
        freeRow(id)
    }

    private mutating func freeRow(_ id: ID) {
        let row = Int(id)
        if kinds[row] == EntryKind.other.rawValue { others.remove(id) }
        kinds[row] = Tree.freeKind
        flags[row] = 0
        wastedSlots += Int(childCapacities[row])
        wastedNameBytes += Int(nameLengths[row])
        childCounts[row] = 0
        childCapacities[row] = 0
        nameLengths[row] = 0
        free.append(id)
    }

    /// Rewrites an arena when a quarter of it is garbage.
    mutating func compactIfWorthwhile() {
        if wastedSlots > Tree.compactionFloor && wastedSlots > slots.count / 4 { compactSlots() }
        if wastedNameBytes > Tree.compactionFloor && wastedNameBytes > names.count / 4 {
            compactNames()
        }
    }

    private mutating func compactSlots() {
        var packed: [ID] = []
        packed.reserveCapacity(slots.count - wastedSlots)
        for row in kinds.indices {
            let start = packed.count
            packed.append(contentsOf: slots[childRange(of: ID(row))])
            childStarts[row] = UInt32(start)
            childCapacities[row] = childCounts[row]
        }
        slots = packed
        wastedSlots = 0
    }

    private mutating func compactNames() {
        var packed = NameArena()
        for row in kinds.indices { nameOffsets[row] = packed.append(nameBytes(of: ID(row))) }
        names = packed
        wastedNameBytes = 0
    }
}
