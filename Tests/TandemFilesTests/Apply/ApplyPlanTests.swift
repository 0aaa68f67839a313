import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

struct ApplyPlanTests {
    private func create(_ path: RelativePath, _ kind: EntryKind = .file) -> Change {
        Change(path: path, expected: nil, new: EntryState(kind: kind))
    }

    private func plan(_ changes: [Change]) -> ApplyPlan {
        var plan = ApplyPlan()
        for change in changes { plan.append(change) }
        return plan
    }

    @Test func `all that is new beneath a new directory is one operation`() {
        let plan = plan([
            create("a"), create("d", .directory), create("d/e", .directory), create("d/e/f"),
            create("d/g"), create("h"),
        ])
        #expect(
            plan.ordered == [
                .init(kind: .create, first: 0, end: 1), .init(kind: .create, first: 1, end: 5),
                .init(kind: .create, first: 5, end: 6),
            ]
        )
        #expect((0..<6).map { plan.holder(of: $0) } == [nil, nil, 1, 2, 1, nil])
        #expect(plan.end(of: 2) == 4)
        #expect(plan.top(of: 3) == 1)
    }

    @Test func `a move into a new directory follows when that stands`() {
        var move = create("d/b")
        move.source = .move("old")
        let plan = plan([create("d", .directory), move, create("d/c"), create("e")])
        #expect(
            plan.ordered == [
                .init(kind: .create, first: 0, end: 3), .init(kind: .create, first: 3, end: 4),
                .init(kind: .move, first: 1, end: 2),
            ]
        )
        #expect(plan.holder(of: 1) == nil)
        #expect(plan.holder(of: 2) == 0)
    }

    @Test func `each kind of change is its kind of operation`() {
        let file = EntryState(kind: .file)
        let plan = plan([
            create("a"), Change(path: "b", expected: file, new: file),
            Change(path: "c", expected: file, new: nil),
            Change(path: "d", expected: .directory, new: .directory),
            Change(path: "e", expected: file, new: .directory), create("e/f"),
        ])
        #expect(plan.ordered.map(\.kind) == [.create, .replace, .remove, .create, .replace])
        #expect(plan.ordered.last?.end == 6)
    }

    @Test func `changes out of order are operations of their own`() {
        let plan = plan([create("d/e"), create("d", .directory), create("x"), create("d/f")])
        #expect(plan.ordered.map(\.first) == [0, 1, 2, 3])
        #expect((0..<4).allSatisfy { plan.holder(of: $0) == nil })
    }
}
