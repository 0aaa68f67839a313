import TandemSystem
import TandemTree

/// Taking over what was found, unless it may be a moment in an editor's save.
extension LiveTree {
    /// Puts what was found into the tree.
    ///
    /// - Parameters:
    ///   - results: in the order of paths, none below another.
    ///   - now: the time of the looks.
    /// - Returns: what differs from the tree before.
    mutating func take(_ results: [SubtreeResult], _ now: UInt64) -> [Difference] {
        var arrived: Set<UInt64> = []
        for result in results where result.state?.kind == .directory {
            if tree.find(result.path) == nil { arrived.insert(result.stamp.inode) }
        }
        var doubtful: Set<UInt64> = []
        var believed: [SubtreeResult] = []
        for result in results {
            if isDoubted(result, arrived, now) {
                if let id = tree.find(result.path) { doubtful.insert(tree.stamp(of: id).inode) }
            } else {
                believed.append(result)
            }
        }
        doubtful.remove(0)
        var found: [Difference] = []
        for result in believed {
            // A file that was renamed is taken when its old name is believed to be gone.
            if result.state?.kind == .file, doubtful.contains(result.stamp.inode),
                tree.find(result.path) == nil
            {
                owed.add(result.path)
            } else {
                found += take(result, now)
            }
        }
        tree.rehash()
        return found
    }

    /// Whether an entry is missing or emptied and must be looked at again first.
    private mutating func isDoubted(
        _ result: SubtreeResult,
        _ arrived: Set<UInt64>,
        _ now: UInt64
    ) -> Bool {
        guard let id = tree.find(result.path), tree.kind(of: id) != .other,
            tree.state(of: id).isLost(in: result.state)
        else {
            hold.forget(result.path)
            return false
        }
        // A directory that stands elsewhere now was renamed: no editor saves that way.
        if tree.kind(of: id) == .directory, arrived.contains(tree.stamp(of: id).inode) {
            hold.forget(result.path)
            return false
        }
        return !hold.believes(result.path, now: now)
    }

    private mutating func take(_ result: SubtreeResult, _ now: UInt64) -> [Difference] {
        let path = result.path
        let id = tree.find(path)
        if let id, tree.kind(of: id) == .directory || result.below != nil { racy.forget(path) }
        replaceProblems(below: path, by: result.problems)
        let rulesBefore = rules
        if case .collecting = source {
            rules = rules.replacingCollected(below: path, from: result.rules)
        }
        guard let below = result.below else { return takeSingle(result, id, now) }
        var new = below
        var found = differences(from: tree, id, to: new, Tree.rootID, at: path)
        // What other rules hide is no absence.
        if rules == rulesBefore { _ = doubt(&found, in: &new, below: path, now) }
        var result = result
        result.below = new
        // The parent stands in the tree: what has none was looked at from the topmost directory.
        if (try? result.apply(to: &tree)) == nil, let above = path.parent { owed.add(above) }
        racy.note(new, at: path, now: now)
        return found
    }

    /// A file, a link, something that cannot be synced, or nothing.
    private mutating func takeSingle(
        _ result: SubtreeResult,
        _ id: Tree.ID?,
        _ now: UInt64
    ) -> [Difference] {
        hold.forgetAll(at: result.path)
        let old = id.flatMap { tree.kind(of: $0) == .other ? nil : tree.state(of: $0) }
        let new = result.state.flatMap { $0.kind == .other ? nil : $0 }
        if let state = result.state {
            racy.note(result.path, state, result.stamp, now: now)
        } else {
            racy.forget(result.path)
        }
        if let id, result.state == tree.state(of: id) {
            tree.setStamp(id, result.stamp)
            return []
        }
        if (try? result.apply(to: &tree)) == nil, let above = result.path.parent {
            owed.add(above)
        }
        return old == new ? [] : [Difference(path: result.path, old: old, new: new)]
    }

    /// Keeps files that are missing or emptied as they were, for a moment.
    ///
    /// - Parameters:
    ///   - found: what differs; what is doubted is taken out of it.
    ///   - new: the new tree, or the part of it at `base`; what is doubted is put back into it.
    ///   - base: where the new tree's root stands.
    ///   - now: the time of the look.
    /// - Returns: what is doubted.
    mutating func doubt(
        _ found: inout [Difference],
        in new: inout Tree,
        below base: RelativePath = .root,
        _ now: UInt64
    ) -> Set<RelativePath> {
        var doubts: Set<RelativePath> = []
        let lost = found.filter { item in
            item.old.map { $0.kind != .directory && $0.isLost(in: item.new) } ?? false
        }
        guard !lost.isEmpty, lost.count <= AbsenceHold.capacity else { return [] }
        for item in lost {
            let path = item.path.inside(base)
            guard let old = item.old, let id = tree.find(item.path) else { continue }
            // What cannot be read stands there: it is no absence.
            if let standing = new.find(path), new.kind(of: standing) == .other { continue }
            guard !hold.believes(item.path, now: now) else { continue }
            guard (try? new.put(path, old, stamp: tree.stamp(of: id))) != nil else { continue }
            doubts.insert(item.path)
        }
        guard !doubts.isEmpty else { return [] }
        found.removeAll { doubts.contains($0.path) }
        new.rehash()
        return doubts
    }

    private mutating func replaceProblems(below path: RelativePath, by found: [ProblemEntry]) {
        guard !problems.isEmpty || !found.isEmpty else { return }
        let start = problems.partitioningIndex { $0.path >= path }
        var end = start
        while end < problems.count,
            problems[end].path == path || problems[end].path.isDescendant(of: path)
        { end += 1 }
        problems.replaceSubrange(start..<end, with: found)
    }
}

extension EntryState {
    /// Whether what stood here is missing in what stands now, or is an empty file in its place.
    fileprivate func isLost(in now: EntryState?) -> Bool {
        guard let now else { return true }
        return kind == .file && size > 0 && now.kind == .file && now.size == 0
    }
}

extension RelativePath {
    /// The path seen from `base`, which it equals or lies below.
    fileprivate func inside(_ base: RelativePath) -> RelativePath {
        guard !base.isRoot else { return self }
        return RelativePath(trusted: Array(bytes.dropFirst(base.bytes.count + 1)))
    }
}

extension [ProblemEntry] {
    /// The first index whose element and all after it satisfy the predicate.
    fileprivate func partitioningIndex(_ isAfter: (ProblemEntry) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
