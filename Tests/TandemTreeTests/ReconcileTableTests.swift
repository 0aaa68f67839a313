import TandemTestSupport
import TandemTree
import Testing

/// One row of SAFETY's table: what stands in the three trees, and who writes where.
struct TableRow: Sendable, CustomTestStringConvertible {
    var name: String
    var archive: TestNode?
    var laptop: TestNode?
    var vm: TestNode?
    var outcome: Outcome

    init(_ name: String, _ states: (TestNode?, TestNode?, TestNode?), _ outcome: Outcome) {
        self.name = name
        (archive, laptop, vm) = states
        self.outcome = outcome
    }

    var testDescription: String { name }

    /// What the plan says about `p`.
    enum Outcome: Sendable, Equatable {
        case nothing
        case toVM
        case toLaptop
        case agreed
        case conflict(ConflictReason)
        case own
        case merged
        case problem
    }

    static func tree(_ node: TestNode?) -> Tree {
        guard let node else { return Tree() }
        return Tree(.directory([(Array("p".utf8), node)]))
    }

    func outcome(in mode: SyncMode) -> Outcome {
        let plan = reconcile(
            archive: Self.tree(archive),
            laptop: Self.tree(laptop),
            vm: Self.tree(vm),
            mode: mode
        )
        let seen: [(Bool, Outcome)] = [
            (!plan.toVM.isEmpty && !plan.toLaptop.isEmpty, .merged),
            (!plan.toVM.isEmpty, .toVM),
            (!plan.toLaptop.isEmpty, .toLaptop),
            (!plan.agreed.isEmpty, .agreed),
            (!plan.vmOnly.isEmpty || !plan.laptopOnly.isEmpty, .own),
            (!plan.problems.isEmpty && plan.conflicts.isEmpty, .problem),
        ]
        if let conflict = plan.conflicts.first { return .conflict(conflict.reason) }
        return seen.first { $0.0 }?.1 ?? .nothing
    }
}

struct ReconcileTableTests {
    private static let inside: TestNode = ["x": "1", "y": "2"]
    private static let edited: TestNode = ["x": "1", "y": "3"]
    private static let thinned: TestNode = ["x": "1"]
    private static let piped: TestNode = ["x": "1", "y": "2", "pipe": .other]

    @Test(arguments: [
        TableRow("nothing anywhere", (nil, nil, nil), .nothing),
        TableRow("created at vm", (nil, nil, "b"), .toLaptop),
        TableRow("created at laptop", (nil, "a", nil), .toVM),
        TableRow("created alike", (nil, "a", "a"), .agreed),
        TableRow("created differently", (nil, "a", "b"), .conflict(.bothCreated)),
        TableRow("created as two kinds", (nil, "a", inside), .conflict(.bothCreated)),
        TableRow("unchanged", ("o", "o", "o"), .nothing),
        TableRow("modified at vm", ("o", "o", "b"), .toLaptop),
        TableRow("modified at laptop", ("o", "a", "o"), .toVM),
        TableRow("modified alike", ("o", "a", "a"), .agreed),
        TableRow("modified differently", ("o", "a", "b"), .conflict(.bothModified)),
        TableRow("deleted at vm", ("o", "o", nil), .toLaptop),
        TableRow("deleted at laptop", ("o", nil, "o"), .toVM),
        TableRow("deleted on both", ("o", nil, nil), .agreed),
        TableRow("edit beats delete at vm", ("o", "a", nil), .toVM),
        TableRow("edit beats delete at laptop", ("o", nil, "b"), .toLaptop),
        TableRow("kind changed at vm", ("o", "o", inside), .toLaptop),
        TableRow("kind changed at laptop", ("o", inside, "o"), .toVM),
        TableRow("kind changed alike", ("o", inside, inside), .agreed),
        TableRow("kind changed against edit", ("o", inside, "b"), .conflict(.kindChanged)),
        TableRow("edit against kind changed", ("o", "a", inside), .conflict(.kindChanged)),
        TableRow("new kind beats delete", ("o", nil, inside), .toLaptop),
        TableRow("delete against new kind", ("o", inside, nil), .toVM),
        TableRow("two new kinds", ("o", .link("l"), inside), .conflict(.kindChanged)),
        TableRow(
            "links modified differently",
            (.link("o"), .link("a"), .link("b")),
            .conflict(.bothModified)
        ),
        TableRow("x-bit here, bytes there", ("o", .program("o"), "b"), .merged),
        TableRow("bytes on both, x-bit here", ("o", .program("a"), "b"), .conflict(.bothModified)),
        TableRow("directory deleted at laptop", (inside, nil, inside), .toVM),
        TableRow("directory deleted, edited at vm", (inside, nil, edited), .toLaptop),
        TableRow("directory deleted, edited at laptop", (inside, edited, nil), .toVM),
        TableRow("the larger deletion wins", (inside, nil, thinned), .toVM),
        TableRow("the larger deletion wins at vm", (inside, thinned, nil), .toLaptop),
        TableRow("a pipe keeps its directory", (inside, nil, piped), .conflict(.holdsUnsyncable)),
        TableRow("directory replaced against edit", (inside, "a", edited), .conflict(.kindChanged)),
        TableRow("a pipe at vm", ("o", "a", .other), .problem),
        TableRow("a pipe at laptop", (nil, .other, "b"), .problem),
    ])
    func `two-way does what the table says`(row: TableRow) {
        #expect(row.outcome(in: .twoWay) == row.outcome)
    }

    @Test(arguments: [
        TableRow("created at vm", (nil, nil, "b"), .own),
        TableRow("created at laptop", (nil, "a", nil), .toVM),
        TableRow("created alike", (nil, "a", "a"), .agreed),
        TableRow("created differently", (nil, "a", "b"), .conflict(.bothCreated)),
        TableRow("modified at vm", ("o", "o", "b"), .own),
        TableRow("modified at laptop", ("o", "a", "o"), .toVM),
        TableRow("modified differently", ("o", "a", "b"), .conflict(.bothModified)),
        TableRow("deleted at vm", ("o", "o", nil), .own),
        TableRow("deleted at laptop", ("o", nil, "o"), .toVM),
        TableRow("edit beats delete at vm", ("o", "a", nil), .toVM),
        TableRow("deleted, modified at vm", ("o", nil, "b"), .conflict(.removedAndChanged)),
        TableRow("kind changed at vm", ("o", "o", inside), .own),
        TableRow("kind changed at laptop", (inside, "a", inside), .toVM),
        TableRow("x-bit here, bytes there", ("o", .program("o"), "b"), .conflict(.bothModified)),
        TableRow("directory deleted", (inside, nil, inside), .toVM),
        TableRow(
            "directory deleted, edited at vm",
            (inside, nil, edited),
            .conflict(.removedAndChanged)
        ),
        TableRow("a pipe keeps its directory", (inside, nil, piped), .conflict(.holdsUnsyncable)),
    ])
    func `push does what the table says`(row: TableRow) {
        #expect(row.outcome(in: .push) == row.outcome)
    }

    @Test(arguments: [
        TableRow("created at vm", (nil, nil, "b"), .toVM),
        TableRow("created differently", (nil, "a", "b"), .toVM),
        TableRow("modified at vm", ("o", "o", "b"), .toVM),
        TableRow("deleted at vm", ("o", "o", nil), .toVM),
        TableRow("deleted, modified at vm", ("o", nil, "b"), .toVM),
        TableRow("modified alike", ("o", "a", "a"), .agreed),
        TableRow("kind changed at vm", ("o", "o", inside), .toVM),
        TableRow("a pipe keeps its directory", (inside, nil, piped), .conflict(.holdsUnsyncable)),
    ])
    func `mirror does what the table says`(row: TableRow) {
        #expect(row.outcome(in: .mirror) == row.outcome)
    }

    @Test func `off does nothing`() {
        let row = TableRow("created at both", (nil, "a", "b"), .nothing)
        #expect(row.outcome(in: .off) == .nothing)
    }

    @Test func `a merged file has the bytes of one side and the execute bit of the other`() {
        let plan = reconcile(
            archive: Tree(["p": "o"]),
            laptop: Tree(["p": .program("o")]),
            vm: Tree(["p": "b"]),
            mode: .twoWay
        )
        let merged = EntryState.content("b", executable: true)
        #expect(plan.toVM == [Change(path: "p", expected: .content("b"), new: merged)])
        #expect(
            plan.toLaptop
                == [Change(path: "p", expected: .content("o", executable: true), new: merged)]
        )
    }

    @Test func `a removed directory is one change and a new one is itself and all in it`() {
        let plan = reconcile(
            archive: Tree(["old": ["x": "1"]]),
            laptop: Tree(["new": ["sub": ["f": "2"]]]),
            vm: Tree(["old": ["x": "1"]]),
            mode: .push
        )
        #expect(plan.toVM.map(\.path) == ["new", "new/sub", "new/sub/f", "old"])
        #expect(plan.toVM.map(\.new) == [.directory, .directory, .content("2"), nil])
        #expect(plan.toVM.last?.expected?.digest == Tree(["x": "1"]).rootDigest)
    }
}
