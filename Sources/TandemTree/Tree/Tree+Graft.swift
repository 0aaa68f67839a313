extension Tree {
    /// Copies an entry and all below it from another tree, with digests and stamps.
    ///
    /// - Parameters:
    ///   - id: what to copy.
    ///   - other: the tree it stands in.
    ///   - path: where it shall stand; what stands there is replaced.
    /// - Returns: the id of the copy.
    /// - Throws: `TreeError` if the parent is missing or no directory.
    @discardableResult
    public mutating func graft(
        _ id: ID,
        of other: Tree,
        at path: RelativePath
    ) throws(TreeError) -> ID {
        let top = try put(path, other.state(of: id), stamp: other.stamp(of: id))
        guard other.kind(of: id) == .directory else { return top }
        removeChildren(of: top)
        // Parents before children, so that a dirty directory finds its parent.
        var pending = [(source: id, target: top)]
        var next = 0
        while next < pending.count {
            let (source, target) = pending[next]
            next += 1
            copyChildren(of: source, in: other, to: target)
            digests[Int(target)] = other.digests[Int(source)]
            if other.isDirty(source) { touch(target) }
            for (from, to) in zip(other.childIDs(of: source), childIDs(of: target))
            where other.kind(of: from) == .directory {
                pending.append((from, to))
            }
        }
        if top != Tree.rootID { touch(parents[Int(top)]) }
        compactIfWorthwhile()
        return top
    }

    private mutating func copyChildren(of source: ID, in other: Tree, to target: ID) {
        let start = slots.count
        for child in other.childIDs(of: source) {
            let copy = allocate(
                name: other.nameBytes(of: child),
                state: other.state(of: child),
                stamp: other.stamp(of: child),
                parent: target
            )
            slots.append(copy)
        }
        childStarts[Int(target)] = UInt32(start)
        childCounts[Int(target)] = UInt32(slots.count - start)
        childCapacities[Int(target)] = childCounts[Int(target)]
    }
}
