import TandemTestSupport
import TandemTree
import Testing

/// An archive and two sides that grew from it.
struct ThreeTrees {
    var archive = Tree()
    var laptop = Tree()
    var vm = Tree()
    var label = ""

    /// A random tree and two perturbations of it; independent trees would never meet.
    static func correlated(
        using generator: inout SeededGenerator,
        others: Bool,
        label: String
    ) throws -> ThreeTrees {
        var trees = ThreeTrees()
        trees.label = label
        for _ in 0..<12 { try perturb(&trees.archive, using: &generator, others: false) }
        trees.laptop = trees.archive
        trees.vm = trees.archive
        if generator.chance(10) { trees.archive = Tree() }
        for _ in 0..<(1 + generator.below(6)) {
            try perturb(&trees.laptop, using: &generator, others: others)
        }
        for _ in 0..<generator.below(6) {
            try perturb(&trees.vm, using: &generator, others: others)
        }
        trees.archive.rehash()
        trees.laptop.rehash()
        trees.vm.rehash()
        return trees
    }

    /// One random act of a user.
    static func perturb(
        _ tree: inout Tree,
        using generator: inout SeededGenerator,
        others: Bool
    ) throws {
        let path = existingDirectory(in: tree, using: &generator)
            .appending([[UInt8(ascii: "a"), 0x2D, 0xFF, UInt8(ascii: "b")][generator.below(4)]])
        switch generator.below(others ? 9 : 8) {
        case 0, 1: try tree.put(path, .content(["", "one", "two", "three"][generator.below(4)]))
        case 2: try tree.put(path, .content("one", executable: true))
        case 3, 4: try tree.put(path, .directory)
        case 5: try tree.put(path, .link(to: [UInt8(ascii: "a")]))
        case 6: tree.remove(path)
        case 7:
            let target = existingDirectory(in: tree, using: &generator).appending([0x7A])
            try? tree.move(from: path, to: target)
        default: try tree.put(path, EntryState(kind: .other))
        }
    }

    private static func existingDirectory(
        in tree: Tree,
        using generator: inout SeededGenerator
    ) -> RelativePath {
        var current = Tree.rootID
        for _ in 0..<generator.below(4) {
            let directories = tree.childIDs(of: current).filter { tree.kind(of: $0) == .directory }
            guard !directories.isEmpty else { break }
            current = directories[generator.below(directories.count)]
        }
        return tree.path(of: current)
    }

    /// What a plan makes of the three; every change must find what it expects.
    func applying(_ plan: Plan) throws -> ThreeTrees {
        var after = self
        try after.archive.apply(plan.agreed)
        try after.archive.apply(differences(made: plan.toVM, on: vm))
        try after.archive.apply(differences(made: plan.toLaptop, on: laptop))
        try applyChanges(plan.toVM, to: &after.vm)
        try applyChanges(plan.toLaptop, to: &after.laptop)
        after.archive.rehash()
        return after
    }

    private func applyChanges(_ changes: [Change], to tree: inout Tree) throws {
        let before = tree
        for change in changes {
            #expect(before.state(at: change.path) == change.expected, "\(label): \(change)")
            switch change.source {
            case .move(let source):
                #expect(before.state(at: source) == change.new, "\(label): \(change)")
                try tree.move(from: source, to: change.path)
                continue
            case .copy(let source):
                #expect(before.state(at: source)?.digest == change.new?.digest)
            case nil: break
            }
            if let new = change.new {
                try tree.put(change.path, new)
            } else {
                tree.remove(change.path)
            }
        }
        tree.rehash()
    }

    /// Whether two trees hold the same, but for these paths and what is below them.
    func expectEqual(_ left: Tree, _ right: Tree, outside open: [RelativePath]) {
        func kept(_ tree: Tree) -> [RelativePath: EntryState] {
            tree.listing.filter { entry in
                !open.contains { entry.key == $0 || entry.key.isDescendant(of: $0) }
            }
        }
        #expect(kept(left) == kept(right), "\(label)")
    }

    /// Whether every value that a user wrote since the archive still stands on a side.
    func expectNothingLost(in after: ThreeTrees) {
        for (path, state) in Array(laptop.listing) + Array(vm.listing) where state.kind == .file {
            guard archive.state(at: path)?.digest != state.digest else { continue }
            let stands = [after.laptop, after.vm].contains {
                $0.state(at: path)?.digest == state.digest
            }
            #expect(stands, "\(label): \(path)")
        }
    }
}
