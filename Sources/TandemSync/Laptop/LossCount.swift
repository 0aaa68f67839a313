import TandemTree

/// How much of what was agreed a plan takes away for good.
///
/// What goes at one path and comes to be at another was moved, though it was edited on the way or
/// stands in many places: each value that comes to be makes up for one that goes. A directory is
/// lost with something in it, or as an empty one.
struct LossCount {
    /// How often each value comes to be and has made up for nothing yet.
    private var made: [EntryState: Int] = [:]

    /// - Parameters:
    ///   - changes: all the plan does on a side.
    ///   - earlier: values that were made there a moment ago, and stand.
    init(_ changes: [Change], earlier: [EntryState] = []) {
        for state in earlier { made[state, default: 0] += 1 }
        for change in changes {
            // A move takes its source along, so nothing else is made up for by it.
            if case .move = change.source { continue }
            guard let new = change.new, change.expected?.digest != new.digest else { continue }
            made[new.withoutDirectoryDigest, default: 0] += 1
        }
    }

    /// The entries of the agreed tree that all these changes take away for good.
    mutating func lost(by changes: [Change], of archive: Tree) -> Int {
        changes.reduce(0) { count, change in
            guard let expected = change.expected, change.removes else { return count }
            guard let id = archive.find(change.path) else {
                return count + (makesUp(for: expected) ? 0 : 1)
            }
            return count + lost(at: id, of: archive)
        }
    }

    private mutating func makesUp(for state: EntryState) -> Bool {
        let state = state.withoutDirectoryDigest
        guard let count = made[state], count > 0 else { return false }
        made[state] = count - 1
        return true
    }

    private struct Level {
        var rest: ArraySlice<Tree.ID>
        var isLost: Bool
    }

    /// An explicit stack: a path may have more components than a thread's stack has frames.
    private mutating func lost(at top: Tree.ID, of archive: Tree) -> Int {
        guard archive.kind(of: top) == .directory else {
            return makesUp(for: archive.state(of: top)) ? 0 : 1
        }
        var total = 0
        var levels = [level(top, archive)]
        while var level = levels.popLast() {
            guard let child = level.rest.popFirst() else {
                guard level.isLost else { continue }
                total += 1
                if !levels.isEmpty { levels[levels.count - 1].isLost = true }
                continue
            }
            guard archive.kind(of: child) != .directory else {
                levels.append(level)
                levels.append(self.level(child, archive))
                continue
            }
            if !makesUp(for: archive.state(of: child)) {
                total += 1
                level.isLost = true
            }
            levels.append(level)
        }
        return total
    }

    private mutating func level(_ id: Tree.ID, _ archive: Tree) -> Level {
        let children = Array(archive.childIDs(of: id))
        return Level(rest: children[...], isLost: children.isEmpty && !makesUp(for: .directory))
    }
}

extension Change {
    /// Whether an entry goes, or a directory is replaced by what is none.
    var removes: Bool {
        guard let expected else { return false }
        guard let new else { return true }
        return expected.kind == .directory && new.kind != .directory
    }
}
