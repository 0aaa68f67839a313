extension Tree {
    /// Replaces all children of a directory.
    ///
    /// Directories among them start empty. What stood there before is gone from the tree.
    /// - Parameters:
    ///   - id: the directory.
    ///   - batch: its children, sorted or not.
    /// - Returns: the new ids, in the order of the names.
    @discardableResult
    public mutating func setChildren(of id: ID, _ batch: ChildBatch) -> ArraySlice<ID> {
        var batch = batch
        batch.sort()
        removeChildren(of: id)
        let start = slots.count
        for index in batch.order {
            let position = Int(index)
            let child = allocate(
                name: batch.names[batch.nameRange(position)],
                state: batch.states[position],
                stamp: batch.stamps[position],
                parent: id
            )
            slots.append(child)
        }
        childStarts[Int(id)] = UInt32(start)
        childCounts[Int(id)] = UInt32(batch.count)
        childCapacities[Int(id)] = UInt32(batch.count)
        touch(id)
        compactIfWorthwhile()
        return childIDs(of: id)
    }

    /// Sets what stands at a path.
    ///
    /// A directory put over a directory keeps its children; anything else replaces what stood
    /// there. A directory's digest in `state` is not used: it follows from its children.
    /// - Parameters:
    ///   - path: where; its parent is a directory of the tree.
    ///   - state: what stands there now.
    ///   - stamp: what the look at it said.
    /// - Returns: the entry's id.
    /// - Throws: `TreeError` if the parent is missing or no directory.
    @discardableResult
    public mutating func put(
        _ path: RelativePath,
        _ state: EntryState,
        stamp: Stamp = .zero
    ) throws(TreeError) -> ID {
        guard let (parent, name) = try holder(of: path) else {
            guard state.kind == .directory else { throw .root }
            stamps[0] = stamp
            return Tree.rootID
        }
        let place = search(name, in: parent)
        if place.found {
            return replace(slots[place.slot], by: state, stamp: stamp)
        }
        let id = allocate(name: name, state: state, stamp: stamp, parent: parent)
        insert(id, at: place.slot, in: parent)
        return id
    }

    /// Takes an entry and all below it out of the tree.
    /// - Parameter path: where.
    /// - Returns: whether something stood there.
    @discardableResult
    public mutating func remove(_ path: RelativePath) -> Bool {
        guard let id = find(path), id != Tree.rootID else { return false }
        detach(id)
        release(id)
        compactIfWorthwhile()
        return true
    }

    /// Gives an entry and all below it another path; ids, digests and stamps stay.
    /// - Parameters:
    ///   - source: where it stands.
    ///   - destination: where it shall stand; nothing may stand there.
    /// - Throws: `TreeError` if one of the two does not allow it.
    public mutating func move(
        from source: RelativePath,
        to destination: RelativePath
    ) throws(TreeError) {
        guard !source.isRoot, !destination.isRoot else { throw .root }
        guard source != destination else { return }
        guard !destination.isDescendant(of: source) else { throw .insideItself(destination) }
        guard let id = find(source) else { throw .missing(source) }
        guard let (parent, name) = try holder(of: destination) else { throw .root }
        guard !search(name, in: parent).found else { throw .occupied(destination) }
        detach(id)
        wastedNameBytes += Int(nameLengths[Int(id)])
        setName(name, of: id)
        parents[Int(id)] = parent
        insert(id, at: search(name, in: parent).slot, in: parent)
        if isDirty(id) { touch(parent) }
        compactIfWorthwhile()
    }

    /// Notes what a later look at the entry said.
    public mutating func setStamp(_ id: ID, _ stamp: Stamp) { stamps[Int(id)] = stamp }

    /// Sets a file's or link's digest, and with it its size.
    public mutating func setDigest(_ id: ID, _ digest: Digest, size: UInt64? = nil) {
        digests[Int(id)] = digest
        if let size { sizes[Int(id)] = size }
        touch(parents[Int(id)])
    }

    /// Marks a directory and all above it as waiting for `rehash()`.
    mutating func touch(_ id: ID) {
        var current = Int(id)
        while flags[current] & Tree.dirtyFlag == 0 {
            flags[current] |= Tree.dirtyFlag
            current = Int(parents[current])
        }
    }

    /// The directory that holds a path, and the last name; nil for the root.
    private func holder(
        of path: RelativePath
    ) throws(TreeError) -> (parent: ID, name: ArraySlice<UInt8>)? {
        guard !path.isRoot else { return nil }
        let slash = path.bytes.lastIndex(of: RelativePath.separator)
        let above = RelativePath(trusted: Array(path.bytes[..<(slash ?? 0)]))
        guard let parent = find(above) else { throw .noParent(path) }
        guard kind(of: parent) == .directory else { throw .parentIsNoDirectory(path) }
        return (parent, path.bytes[(slash.map { $0 + 1 } ?? 0)...])
    }

    /// Gives an entry that stands a new state.
    private mutating func replace(_ id: ID, by state: EntryState, stamp: Stamp) -> ID {
        stamps[Int(id)] = stamp
        let wasDirectory = kind(of: id) == .directory
        if wasDirectory && state.kind == .directory { return id }
        if wasDirectory { removeChildren(of: id) }
        fill(id, state)
        touch(parents[Int(id)])
        compactIfWorthwhile()
        return id
    }
}
