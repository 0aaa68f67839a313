import TandemTestSupport
import TandemTree
import Testing

struct ModeMapTests {
    @Test func `the longest prefix that was set wins`() {
        var modes = ModeMap(.push)
        modes.set(.off, at: "a/b")
        modes.set(.twoWay, at: "a")
        modes.set(.mirror, at: "a/b/c")
        #expect(modes.mode(of: .root) == .push)
        #expect(modes.mode(of: "a") == .twoWay)
        #expect(modes.mode(of: "a/x") == .twoWay)
        #expect(modes.mode(of: "a/b/x/y") == .off)
        #expect(modes.mode(of: "a/b/c/d") == .mirror)
        #expect(modes.mode(of: "a-b") == .push)
        #expect(modes.mode(of: "ab") == .push)
    }

    @Test func `a map is uniform when nothing set differs from what is above`() {
        var modes = ModeMap(.twoWay)
        #expect(modes.isUniform)
        modes.set(.twoWay, at: "a")
        #expect(modes.isUniform)
        modes.set(.off, at: "a/b")
        #expect(!modes.isUniform)
        modes.set(.off, at: .root)
        #expect(modes.mode(of: "x") == .off)
        #expect(modes.mode(of: "a") == .twoWay)
    }
}

/// What a plan makes of paths with several modes, on literal trees.
struct MixedModeTests {
    private static func plan(
        _ archive: TestNode,
        _ laptop: TestNode,
        _ vm: TestNode,
        whole: SyncMode = .twoWay,
        _ parts: [(RelativePath, SyncMode)]
    ) throws -> (plan: Plan, after: ThreeTrees) {
        var modes = ModeMap(whole)
        for (path, mode) in parts { modes.set(mode, at: path) }
        let trees = ThreeTrees(archive: Tree(archive), laptop: Tree(laptop), vm: Tree(vm))
        let plan = reconcile(
            archive: trees.archive,
            laptop: trees.laptop,
            vm: trees.vm,
            modes: modes
        )
        let after = try trees.applying(plan)
        let second = reconcile(
            archive: after.archive,
            laptop: after.laptop,
            vm: after.vm,
            modes: modes
        )
        #expect(second.changesNothing, "\(second)")
        #expect(second.conflicts == plan.conflicts)
        return (plan, after)
    }

    @Test func `what is off is untouched, not listed and not in the archive`() throws {
        let (plan, after) = try Self.plan(
            ["a": "o", "off": ["x": "o"]],
            ["a": "1", "off": ["x": "1", "pipe": .other]],
            ["a": "o", "off": ["x": "2"]],
            [("off", .off)]
        )
        #expect(plan.toVM.map(\.path) == ["a"])
        #expect(plan.toLaptop.isEmpty && plan.conflicts.isEmpty && plan.problems.isEmpty)
        #expect(after.archive.find("off") == nil)
        #expect(after.archive.find("a") != nil)
    }

    @Test func `what is off leaves the archive even where nothing differs`() throws {
        let same: TestNode = ["d": ["off": "o", "x": "o"]]
        let (plan, _) = try Self.plan(same, same, same, [("d/off", .off)])
        #expect(plan.agreed == [Difference(path: "d/off", old: .content("o"), new: nil)])
    }

    @Test func `a removed directory leaves what is off on the other side`() throws {
        let (plan, after) = try Self.plan(
            ["d": ["x": "o", "s": ["y": "o"]]],
            [:],
            ["d": ["x": "o", "s": ["y": "o"], "cache": "c"]],
            [("d/cache", .off)]
        )
        #expect(plan.toVM.map(\.path) == ["d/s", "d/x"])
        #expect(plan.toVM.allSatisfy { $0.new == nil })
        #expect(after.vm.listing == ["d": .directory, "d/cache": .content("c")])
        #expect(after.laptop.count == 0)
    }

    @Test func `a removed directory goes whole when its regions go, too`() throws {
        let before: TestNode = ["d": ["x": "o", "push": "o"]]
        let (plan, after) = try Self.plan(before, [:], before, [("d/push", .push)])
        #expect(plan.toVM.map(\.path) == ["d"])
        #expect(after.vm.count == 0)
    }

    @Test func `what the vm owns under push survives the removal of the directory above`() throws {
        let (plan, after) = try Self.plan(
            ["d": ["x": "o", "push": ["y": "o"]]],
            [:],
            ["d": ["x": "o", "push": ["y": "vm's"]]],
            [("d/push", .push)]
        )
        #expect(plan.conflicts.map(\.path) == ["d/push"])
        #expect(after.vm.state(at: "d/push/y") == .content("vm's"))
        #expect(after.vm.find("d/x") == nil)
    }

    @Test func `a file in place of a directory that holds what is off is a conflict`() throws {
        let (plan, _) = try Self.plan(
            ["d": ["x": "o"]],
            ["d": "file"],
            ["d": ["x": "o", "cache": "c"]],
            [("d/cache", .off)]
        )
        #expect(plan.conflicts.map(\.reason) == [.kindChanged])
        #expect(plan.toVM.isEmpty && plan.toLaptop.isEmpty)
    }

    @Test func `an edit in a pulled region brings back the directory that the laptop removed`()
        throws
    {
        let (plan, after) = try Self.plan(
            ["d": ["x": "o", "out": ["y": "o"]]],
            [:],
            ["d": ["x": "o", "out": ["y": "new"]]],
            [("d/out", .pull)]
        )
        #expect(plan.toVM.isEmpty && plan.conflicts.isEmpty)
        #expect(after.laptop.listing == after.vm.listing)
    }

    @Test func `a new directory comes without what is off or only pushed`() throws {
        let (_, after) = try Self.plan(
            [:],
            [:],
            ["d": ["x": "1", "off": "2", "push": ["y": "3"], "pull": ["z": "4"]]],
            [("d/off", .off), ("d/push", .push), ("d/pull", .pull)]
        )
        #expect(after.laptop.listing == Tree(["d": ["x": "1", "pull": ["z": "4"]]]).listing)
    }

    @Test func `a renamed directory is no rename where another mode begins inside`() throws {
        let (plan, after) = try Self.plan(
            ["old": ["x": "content", "cache": "c"]],
            ["new": ["x": "content", "cache": "c"]],
            ["old": ["x": "content", "cache": "c"]],
            [("new/cache", .off)]
        )
        #expect(plan.toVM.first { $0.path == "new" }?.source == nil)
        #expect(after.vm.find("new/x") != nil && after.vm.find("new/cache") == nil)
    }

    @Test func `two-way below off goes on where both sides have the directories`() throws {
        let (plan, after) = try Self.plan(
            [:],
            ["d": ["in": ["x": "1"], "y": "2"]],
            ["d": ["in": [:]]],
            whole: .off,
            [("d/in", .twoWay)]
        )
        #expect(plan.toVM.map(\.path) == ["d/in/x"])
        #expect(after.vm.find("d/y") == nil)
    }

    @Test func `two-way below off is listed where a directory above is missing`() throws {
        let (plan, _) = try Self.plan(
            [:],
            ["d": ["in": ["x": "1"]]],
            [:],
            whole: .off,
            [("d/in", .twoWay)]
        )
        #expect(plan.toVM.isEmpty)
        #expect(plan.laptopOnly.map(\.path) == ["d/in"])
    }

    @Test func `mirror removes a directory but for what is off inside`() throws {
        let (_, after) = try Self.plan(
            [:],
            [:],
            ["d": ["x": "1", "off": "2"]],
            whole: .mirror,
            [("d/off", .off)]
        )
        #expect(after.vm.listing == ["d": .directory, "d/off": .content("2")])
    }
}
