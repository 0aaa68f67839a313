extension Tree {
    /// The same tree without stamps, in storage that is shared with another one as far as they are
    /// equal.
    ///
    /// Where both hold nearly the same this costs the memory of what differs. Ids are other ones.
    /// - Parameter base: the tree to share with, rehashed.
    /// - Returns: a tree with the same entries, digests and sizes; this one where sharing would not pay.
    public func sharing(_ base: Tree) -> Tree {
        guard var shared = rebuilt(on: base) else { return self }
        shared.stamps = Column(repeating: .zero, count: shared.stamps.count)
        return shared
    }

    /// The same tree with its stamps, in storage that is shared with an earlier one as far as they are
    /// equal.
    ///
    /// - Parameter earlier: the tree to share with, rehashed.
    /// - Returns: a tree with the same entries, digests, sizes and stamps; this one where sharing would
    ///   not pay.
    public func succeeding(_ earlier: Tree) -> Tree {
        guard var shared = rebuilt(on: earlier) else { return self }
        shared.takeStamps(of: self)
        return shared
    }

    /// The part of a tree that may differ for sharing to pay: an eighth.
    private static let sharedShare = 8

    /// Another tree, changed until it is equal to this one; nil where that would not pay.
    private func rebuilt(on base: Tree) -> Tree? {
        guard !needsRehash, !base.needsRehash, isAbout(base.count) else { return nil }
        let differing = differences(from: base, to: self)
        guard differing.count <= count / Tree.sharedShare else { return nil }
        var shared = base
        // They stand in no difference.
        for id in base.others { shared.remove(base.path(of: id)) }
        do {
            try shared.apply(differing)
            for id in others { try shared.put(path(of: id), state(of: id)) }
        } catch {
            return nil
        }
        shared.rehash()
        guard shared.rootDigest == rootDigest, shared.count == count,
            shared.others.count == others.count
        else { return nil }
        return shared
    }

    private func isAbout(_ other: Int) -> Bool {
        max(count, other) - min(count, other) <= count / Tree.sharedShare
    }

    /// Takes the stamps of a tree with the same entries.
    private mutating func takeStamps(of other: Tree) {
        var pending = [(own: Tree.rootID, its: Tree.rootID)]
        while let (own, its) = pending.popLast() {
            if stamps[Int(own)] != other.stamps[Int(its)] {
                stamps[Int(own)] = other.stamps[Int(its)]
            }
            pending += zip(childIDs(of: own), other.childIDs(of: its)).map { ($0, $1) }
        }
    }
}
