/// What is not the same in two trees, in the order of paths; equal digests are not entered.
///
/// A removed directory is one item. A created directory is an item, and so is all in it. A change
/// of kind is one item, followed by what a new directory holds. `other` entries count as absent.
/// - Parameters:
///   - from: the older tree, rehashed.
///   - to: the newer tree, rehashed.
/// - Returns: one item for each path that differs.
public func differences(from: Tree, to: Tree) -> [Difference] {
    var output: [Difference] = []
    appendDifferences(from, Tree.rootID, to, Tree.rootID, to: &output)
    return output
}

/// Appends what differs between two subtrees that stand at the same path.
func appendDifferences(
    _ old: Tree,
    _ oldID: Tree.ID?,
    _ new: Tree,
    _ newID: Tree.ID?,
    to output: inout [Difference]
) {
    let path = newID.map { new.path(of: $0) } ?? oldID.map { old.path(of: $0) } ?? .root
    var pending = [DifferencePair(path: path, old: oldID, new: newID)]
    while let pair = pending.popLast() {
        let oldState = pair.old.flatMap { old.syncedState(of: $0) }
        let newState = pair.new.flatMap { new.syncedState(of: $0) }
        if oldState?.kind != .directory || newState?.kind != .directory {
            guard oldState != newState else { continue }
            output.append(Difference(path: pair.path, old: oldState, new: newState))
            guard newState?.kind == .directory else { continue }
        }
        let oldDirectory = oldState?.kind == .directory ? pair.old : nil
        guard let newDirectory = pair.new else { continue }
        let children = differingChildren(
            old,
            oldDirectory,
            new,
            newDirectory,
            below: pair.path
        )
        pending.append(contentsOf: children.reversed())
    }
}

private struct DifferencePair {
    var path: RelativePath
    var old: Tree.ID?
    var new: Tree.ID?
}

/// The children of two directories that are not the same, merged in the order of names.
private func differingChildren(
    _ old: Tree,
    _ oldID: Tree.ID?,
    _ new: Tree,
    _ newID: Tree.ID,
    below path: RelativePath
) -> [DifferencePair] {
    var pairs: [DifferencePair] = []
    var oldSlots = oldID.map { old.childRange(of: $0) } ?? 0..<0
    var newSlots = new.childRange(of: newID)
    while let order = Tree.compareHeads(old, oldSlots, new, newSlots) {
        let o = order <= 0 ? old.slots[oldSlots.removeFirst()] : nil
        let n = order >= 0 ? new.slots[newSlots.removeFirst()] : nil
        if let o, let n, Tree.same(old, o, new, n) { continue }
        let name =
            n.map { new.nameBytes(of: $0) } ?? o.map { old.nameBytes(of: $0) } ?? []
        pairs.append(DifferencePair(path: path.appending(name), old: o, new: n))
    }
    return pairs
}

extension Tree {
    /// Less than zero if the left head's name comes first or stands alone; nil if both are done.
    static func compareHeads(
        _ left: Tree,
        _ leftSlots: Range<Int>,
        _ right: Tree,
        _ rightSlots: Range<Int>
    ) -> Int? {
        guard let l = leftSlots.first else { return rightSlots.isEmpty ? nil : 1 }
        guard let r = rightSlots.first else { return -1 }
        return compareNames(left, left.slots[l], right, right.slots[r])
    }

    /// Whether two entries are the same as far as they travel; a directory with all that is in it.
    static func same(_ left: Tree, _ leftID: ID, _ right: Tree, _ rightID: ID) -> Bool {
        let (l, r) = (Int(leftID), Int(rightID))
        return left.digests[l] == right.digests[r]
            && left.kinds[l] == right.kinds[r]
            && (left.flags[l] ^ right.flags[r]) & executableFlag == 0
    }

    /// The entry's state; nil for kind `other`, which never travels.
    func syncedState(of id: ID) -> EntryState? {
        kinds[Int(id)] == EntryKind.other.rawValue ? nil : state(of: id)
    }
}
