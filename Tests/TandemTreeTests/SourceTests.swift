import TandemTestSupport
import TandemTree
import Testing

struct SourceTests {
    @Test func `a rename of a directory keeps its files`() throws {
        let old = Tree(["from": ["a": "1", "b": ["c": "2"]]])
        let new = Tree(["into": ["there": ["a": "1", "b": ["c": "2"]]]])
        let plan = reconcile(archive: old, laptop: new, vm: old, mode: .push)
        #expect(plan.toVM.map(\.path) == ["into", "into/there"])
        #expect(plan.toVM.last?.source == .move("from"))
        #expect(plan.toVM.last?.new?.digest == Tree(["a": "1", "b": ["c": "2"]]).rootDigest)
        var archive = old
        try archive.apply(differences(made: plan.toVM, on: old))
        archive.rehash()
        #expect(archive.rootDigest == new.rootDigest)
    }

    @Test func `a rename with two possible sources is a copy`() {
        let old = Tree(["a": "same", "b": "same"])
        let plan = reconcile(archive: old, laptop: Tree(["c": "same"]), vm: old, mode: .push)
        #expect(plan.toVM.map(\.path) == ["a", "b", "c"])
        #expect(plan.toVM.last?.source == .copy("a"))
    }

    @Test func `a swap of two files sends no content`() {
        let old = Tree(["a": "first", "b": "second"])
        let plan = reconcile(
            archive: old,
            laptop: Tree(["a": "second", "b": "first"]),
            vm: old,
            mode: .push
        )
        #expect(plan.toVM.map(\.source) == [.copy("b"), .copy("a")])
    }

    @Test func `an execute bit needs no content`() {
        let old = Tree(["a": "text", "b": "text"])
        let new = Tree(["a": .program("text"), "b": "text"])
        let plan = reconcile(archive: old, laptop: new, vm: old, mode: .push)
        #expect(plan.toVM.map(\.source) == [nil])
    }

    @Test func `empty files are made, not moved`() {
        let old = Tree(["a": ""])
        let plan = reconcile(archive: old, laptop: Tree(["b": ""]), vm: old, mode: .push)
        #expect(plan.toVM.map(\.path) == ["a", "b"])
        #expect(plan.toVM.allSatisfy { $0.source == nil })
    }
}
