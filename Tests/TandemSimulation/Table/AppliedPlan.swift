package import TandemTree

/// Three trees after a plan was applied to them in one go.
package struct AppliedPlan {
    package var archive: Tree
    package var laptop: Tree
    package var vm: Tree

    /// Nil if a change does not find what it expects.
    package init?(_ plan: Plan, archive: Tree, laptop: Tree, vm: Tree) {
        (self.archive, self.laptop, self.vm) = (archive, laptop, vm)
        do {
            try self.archive.apply(plan.agreed)
            try self.archive.apply(differences(made: plan.toVM, on: vm))
            try self.archive.apply(differences(made: plan.toLaptop, on: laptop))
            guard try Self.apply(plan.toVM, to: &self.vm),
                try Self.apply(plan.toLaptop, to: &self.laptop)
            else { return nil }
        } catch {
            return nil
        }
        self.archive.rehash()
    }

    private static func apply(_ changes: [Change], to tree: inout Tree) throws -> Bool {
        let before = tree
        for change in changes {
            guard before.state(at: change.path) == change.expected else { return false }
            if case .move(let source) = change.source {
                guard before.state(at: source) == change.new else { return false }
                try tree.move(from: source, to: change.path)
            } else if let new = change.new {
                try tree.put(change.path, new)
            } else {
                tree.remove(change.path)
            }
        }
        tree.rehash()
        return true
    }
}

extension Tree {
    /// Whether both hold the same, entries that never travel included.
    package func isSame(as other: Tree) -> Bool {
        rootDigest == other.rootDigest && count == other.count
    }
}
