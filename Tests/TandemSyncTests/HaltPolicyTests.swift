import TandemSync
import TandemTestSupport
import TandemTree
import Testing

/// What is a mass deletion, and what only looks like one.
struct HaltPolicyTests {
    private static func tree(_ names: [String: String]) throws -> Tree {
        var tree = Tree()
        for (name, text) in names.sorted(by: { $0.key < $1.key }) {
            let path = RelativePath(trusted: Array(name.utf8))
            if let parent = path.parent, !parent.isRoot, tree.find(parent) == nil {
                try tree.put(parent, .directory)
            }
            try tree.put(path, .content(text))
        }
        tree.rehash()
        return tree
    }

    /// Thirty files in a directory; `text` gives what is in each.
    private static func thirty(
        in directory: String,
        _ text: (Int) -> String = { "\($0)" }
    ) -> [String: String] {
        Dictionary(uniqueKeysWithValues: (0..<30).map { ("\(directory)/f\($0)", text($0)) })
    }

    /// Whether the vm's tree may come to a laptop that holds what was agreed, and the same turned
    /// around.
    private static func isHalted(_ archive: Tree, _ changed: Tree) -> Bool {
        let halts = [(archive, changed), (changed, archive)].map { laptop, vm in
            let plan = reconcile(archive: archive, laptop: laptop, vm: vm, mode: .twoWay)
            return HaltPolicy.check(plan, archive: archive, laptop: laptop, vm: vm, accepted: nil)
                != nil
        }
        #expect(halts[0] == halts[1])
        return halts[0]
    }

    @Test func `a renamed directory of which a part was edited is no mass deletion`() throws {
        let before = try Self.tree(Self.thirty(in: "old"))
        let after = try Self.tree(Self.thirty(in: "new") { $0 < 5 ? "edited \($0)" : "\($0)" })
        #expect(!Self.isHalted(before, after))
    }

    @Test func `files that moved are no mass deletion though all of them are the same`() throws {
        let before = try Self.tree(Self.thirty(in: "old") { _ in "same" })
        let after = try Self.tree(Self.thirty(in: "new") { _ in "same" }.merging(["x": "x"]) { $1 })
        #expect(!Self.isHalted(before, after))
    }

    @Test func `a mass deletion halts, whatever else is made`() throws {
        let before = try Self.tree(Self.thirty(in: "old"))
        let one = ["old/f0": "0"]
        #expect(Self.isHalted(before, try Self.tree(one)))
        let others = one.merging(Self.thirty(in: "new") { "other \($0)" }) { $1 }
        #expect(Self.isHalted(before, try Self.tree(others)))
    }

    @Test func `what comes to be once makes up for one deletion`() throws {
        let before = try Self.tree(Self.thirty(in: "old") { _ in "same" })
        #expect(Self.isHalted(before, try Self.tree(["new": "same", "old/f0": "same"])))
    }

    @Test func `a move makes up for nothing but its source`() throws {
        var names = Self.thirty(in: "old")
        for (name, text) in Self.thirty(in: "other") { names[name] = text + " twice" }
        let before = try Self.tree(names)
        let moved = try Self.tree(Self.thirty(in: "new"))
        #expect(Self.isHalted(before, moved), "half of it is gone")
    }

    @Test func `only the edited files of a rename count`() throws {
        let before = try Self.tree(Self.thirty(in: "old"))
        let after = try Self.tree(Self.thirty(in: "new") { $0 < 25 ? "edited \($0)" : "\($0)" })
        let plan = reconcile(archive: before, laptop: before, vm: after, mode: .twoWay)
        func check(_ accepted: Int?) -> Bool {
            HaltPolicy.check(
                plan,
                archive: before,
                laptop: before,
                vm: after,
                accepted: accepted
            ) != nil
        }
        // The edited ones, and their directory.
        #expect(check(nil) && check(25) && !check(26))
    }
}
