import TandemTestSupport
import TandemTree
import Testing

struct NameFoldingTests {
    private static func plan(
        _ archive: TestNode,
        _ laptop: TestNode,
        _ vm: TestNode,
        _ folding: NameFolding = .caseAndNormalForm
    ) -> Plan {
        reconcile(
            archive: Tree(archive),
            laptop: Tree(laptop),
            vm: Tree(vm),
            modes: ModeMap(.twoWay),
            folding: SideFolding(laptop: folding)
        )
    }

    @Test func `of two new names that fold together the first in byte order comes`() {
        let plan = Self.plan([:], [:], ["Foo": ["x": "1"], "foo": ["y": "2"], "fox": "3"])
        #expect(plan.toLaptop.map(\.path) == ["Foo", "Foo/x", "fox"])
        #expect(
            plan.problems == [ProblemEntry(path: "foo", side: .vm, reason: .clashingName)]
        )
    }

    @Test func `without folding both come`() {
        #expect(Self.plan([:], [:], ["Foo": "1", "foo": "2"], .none).toLaptop.count == 2)
    }

    @Test func `a name that stands is neither merged with nor overwritten`() {
        let plan = Self.plan(["foo": "1"], ["foo": "1"], ["Foo": "2", "foo": "1"])
        #expect(plan.toLaptop.isEmpty && plan.toVM.isEmpty)
        #expect(plan.problems.map(\.path) == ["Foo"])
    }

    @Test func `composed and decomposed accents fold together only where told`() {
        let names: TestNode = .directory([
            (Array("e\u{301}".utf8), TestNode.file("1")),
            (Array("\u{E9}".utf8), TestNode.file("2")),
        ])
        #expect(Self.plan([:], [:], names).problems.count == 1)
        #expect(Self.plan([:], [:], names, .case).problems.isEmpty)
    }

    @Test func `bytes that are no UTF-8 fold with nothing`() {
        let names: TestNode = .directory([
            ([0x41, 0xFF], TestNode.file("1")), ([0x61, 0xFF], TestNode.file("2")),
        ])
        #expect(Self.plan([:], [:], names).problems.isEmpty)
    }

    @Test func `a change of case alone is a rename`() {
        let plan = Self.plan(["foo": "1"], ["foo": "1"], ["Foo": "1"])
        #expect(plan.problems.isEmpty)
        #expect(plan.toLaptop.map(\.source) == [.move("foo")])
    }

    @Test func `another spelling with other content waits until the old one is gone`() {
        let plan = Self.plan(["foo": "1"], ["foo": "1"], ["Foo": "2"])
        #expect(plan.toLaptop == [Change(path: "foo", expected: .content("1"), new: nil)])
        #expect(plan.problems.isEmpty)
        let next = Self.plan([:], [:], ["Foo": "2"])
        #expect(next.toLaptop.map(\.path) == ["Foo"])
    }
}
