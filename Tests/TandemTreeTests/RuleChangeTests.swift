import TandemTestSupport
import TandemTree
import Testing

/// A rule that changes deletes nothing, on either side, in any mode.
struct RuleChangeTests {
    private let agreed: TestNode = [
        "a.c": "source", "a.o": "object", "out": ["x": "1", "y": "2"], "sub": ["b.o": "object b"],
    ]

    private func rules(_ patterns: [String]) -> RuleSet {
        IgnoreSettings(patterns: patterns).base
    }

    @Test(arguments: SyncMode.allCases)
    func `what became ignored is forgotten, not deleted`(mode: SyncMode) {
        let seen = Tree(agreed).leavingOut(ignoredBy: rules(["*.o", "out/"]))
        #expect(seen.listing == Tree(["a.c": "source", "sub": [:]]).listing)
        let plan = reconcile(archive: Tree(agreed), laptop: seen, vm: seen, mode: mode)
        #expect(plan.toVM.isEmpty && plan.toLaptop.isEmpty && plan.conflicts.isEmpty)
        guard mode != .off else { return }
        #expect(plan.agreed.map(\.path) == ["a.o", "out", "sub/b.o"])
        #expect(plan.agreed.allSatisfy { $0.new == nil })
    }

    /// Not so in mirror mode, where what only the vm has goes: there both must scan by one rule set.
    @Test(arguments: SyncMode.allCases.filter { $0 != .mirror })
    func `an archive seen through the new rules deletes nothing even if one side is late`(
        mode: SyncMode
    ) {
        let all = Tree(agreed)
        let new = rules(["*.o", "out/"])
        let seen = all.leavingOut(ignoredBy: new)
        for (laptop, vm) in [(all, seen), (seen, all)] {
            let plan = reconcile(
                archive: all.leavingOut(ignoredBy: new),
                laptop: laptop,
                vm: vm,
                mode: mode
            )
            // At most a creation, which finds the entry in place and leaves it.
            #expect((plan.toVM + plan.toLaptop).allSatisfy { $0.expected == nil })
        }
    }

    @Test func `what is no longer ignored unites, and where both differ it is a conflict`() {
        let forgotten = Tree(agreed).leavingOut(ignoredBy: rules(["*.o"]))
        let vm = Tree([
            "a.c": "source", "a.o": "the vm's", "out": ["x": "1", "y": "2"], "sub": [:],
        ])
        let plan = reconcile(archive: forgotten, laptop: Tree(agreed), vm: vm, mode: .twoWay)
        #expect(plan.conflicts.map(\.path) == ["a.o"])
        #expect(plan.toVM.map(\.path) == ["sub/b.o"])
        #expect(plan.toVM.allSatisfy { $0.expected == nil } && plan.toLaptop.isEmpty)
    }

    @Test func `an entry deleted while it was ignored comes back from the other side`() {
        let forgotten = Tree(agreed).leavingOut(ignoredBy: rules(["*.o"]))
        let laptop = Tree(["a.c": "source", "out": ["x": "1", "y": "2"], "sub": [:]])
        let plan = reconcile(archive: forgotten, laptop: laptop, vm: Tree(agreed), mode: .twoWay)
        #expect(plan.toVM.isEmpty)
        #expect(plan.toLaptop.map(\.path) == ["a.o", "sub/b.o"])
    }

    @Test func `rules found in directories of the tree count too`() {
        var found = RuleSet.standard
        found.add(RuleFile(directory: "sub", kind: .gitignore, content: Array("*.o\n".utf8)))
        let seen = Tree(agreed).leavingOut(ignoredBy: found)
        #expect(seen.state(at: "a.o") != nil && seen.state(at: "sub/b.o") == nil)
        #expect(seen.rootDigest != Tree(agreed).rootDigest)
    }
}
