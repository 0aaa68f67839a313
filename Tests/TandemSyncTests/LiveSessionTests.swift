import TandemSync
import TandemTestSupport
import TandemTree
import Testing

/// The session as a value: what it does about reports that come at an unlucky moment.
struct LiveSessionTests {
    private static func session(
        archive: Tree,
        modes: ModeMap = ModeMap(.twoWay),
        begun: LiveSession.Begun = LiveSession.Begun()
    ) -> LiveSession {
        LiveSession(
            memory: PushSession.Memory(
                archive: archive,
                generation: 1,
                token: Array(repeating: 1, count: 16),
                rules: RuleSet.standard.digest
            ),
            begun: begun,
            settings: .init(modes: modes),
            drawToken: { Array(repeating: 2, count: 16) }
        )
    }

    private static func laptop(_ tree: Tree) -> LiveSession.Laptop {
        LiveSession.Laptop(tree: tree, rules: RuleSet.standard.digest, isComplete: true, now: 0)
    }

    private static func asksAnew(_ actions: [LiveSession.Action]) -> Bool {
        actions.contains { if case .compare = $0 { true } else { false } }
    }

    private static func children(
        _ tree: Tree,
        _ path: RelativePath
    ) throws -> [(name: [UInt8], state: EntryState)] {
        let id = try #require(tree.find(path))
        return tree.childIDs(of: id).map { (tree.name(of: $0), tree.state(of: $0)) }
    }

    @Test func `a vm that changes while it is listed is not asked anew`() throws {
        let laptop = Self.laptop(Tree([:]))
        var session = Self.session(archive: Tree([:]))
        _ = try session.handle(.welcomed(.settled, areRulesKnown: true), laptop: laptop)
        let before = Tree(["d": ["a": "1"], "e": "e"])
        let after = Tree(["d": ["a": "2", "b": "3"], "e": "e", "f": "f"])
        let root = LiveSession.Event.rootTree(before.rootDigest, entries: 3, isComplete: true)
        _ = try session.handle(root, laptop: laptop)
        let top = try Self.children(before, .root)
        _ = try session.handle(.listing(.root, top, isLast: true), laptop: laptop)

        let changes = [
            Difference(path: "d/a", old: nil, new: .content("2")),
            Difference(path: "d/b", old: nil, new: .content("3")),
            Difference(path: "f", old: nil, new: .content("f")),
        ]
        let report = LiveSession.Event.observed(
            changes,
            root: after.rootDigest,
            isComplete: true
        )
        _ = try session.handle(report, laptop: laptop)
        let inner = try Self.children(after, "d")
        let actions = try session.handle(.listing("d", inner, isLast: true), laptop: laptop)

        #expect(!Self.asksAnew(actions))
        #expect(session.vmTree.rootDigest == after.rootDigest)
    }

    @Test func `what the laptop orders is ordered before the vm makes its half durable`() throws {
        let laptop = Self.laptop(Tree([:]))
        var session = Self.session(archive: Tree([:]))
        _ = try session.handle(.welcomed(.settled, areRulesKnown: true), laptop: laptop)
        let vm = Tree(["a": "vm"])
        let root = LiveSession.Event.rootTree(vm.rootDigest, entries: 1, isComplete: true)
        _ = try session.handle(root, laptop: laptop)
        let top = try Self.children(vm, .root)
        _ = try session.handle(.listing(.root, top, isLast: true), laptop: laptop)
        let actions = try session.handle(.intentWritten, laptop: laptop)
        let applying = actions.firstIndex { if case .applyOnLaptop = $0 { true } else { false } }
        let ending = actions.firstIndex { if case .end = $0 { true } else { false } }
        #expect(try #require(applying) < #require(ending))
    }

    @Test func `trees that are the same after a comparison go on as three of their own`() throws {
        var tree = Tree()
        for number in 0..<2_000 {
            try tree.put(RelativePath(trusted: Array("f\(number)".utf8)), .content("\(number)"))
        }
        tree.rehash()
        let before = tree.rootDigest
        var session = Self.session(archive: tree)
        _ = try session.handle(
            .welcomed(.settled, areRulesKnown: true),
            laptop: Self.laptop(tree)
        )
        let root = LiveSession.Event.rootTree(before, entries: 2_000, isComplete: true)
        _ = try session.handle(root, laptop: Self.laptop(tree))
        try tree.put("f7", .content("edited"))
        tree.rehash()
        _ = try session.handle(.laptopChanged, laptop: Self.laptop(tree))
        #expect(session.changesToVM.map(\.path) == ["f7"])
        #expect(session.vmTree.rootDigest == before)
    }

    @Test func `what the vm sees of a refused change before the batch's end costs no comparison`()
        throws
    {
        let laptop = Self.laptop(Tree(["a": "laptop", "b": "b"]))
        var session = Self.session(archive: Tree([:]))
        _ = try session.handle(.welcomed(.settled, areRulesKnown: true), laptop: laptop)
        let empty = LiveSession.Event.rootTree(Tree([:]).rootDigest, entries: 0, isComplete: true)
        _ = try session.handle(empty, laptop: laptop)
        _ = try session.handle(.intentWritten, laptop: laptop)
        _ = try session.handle(.contentSent(rawBytes: 7), laptop: laptop)
        let vm = Tree(["a": "vm", "b": "b"])

        let refusal = PushSession.Outcome(id: 0, reason: .conflict(found: .content("vm")))
        _ = try session.handle(.outcomes([refusal]), laptop: laptop)
        let seen = [Difference(path: "a", old: nil, new: .content("vm"))]
        _ = try session.handle(
            .observed(seen, root: vm.rootDigest, isComplete: true),
            laptop: laptop
        )
        var actions = try session.handle(.ended(rootDigest: vm.rootDigest), laptop: laptop)
        actions += try session.handle(.archived, laptop: laptop)
        actions += try session.handle(.committed, laptop: laptop)

        #expect(!Self.asksAnew(actions))
        #expect(session.vmTree.rootDigest == vm.rootDigest)
        #expect(actions.contains { if case .rest = $0 { true } else { false } })
    }

    @Test(.tags(.regression))
    func `what is recorded is told, though the link ends before the vm's last word`() throws {
        let laptop = Self.laptop(Tree(["a": "1"]))
        var session = Self.session(archive: Tree([:]))
        _ = try session.handle(.welcomed(.settled, areRulesKnown: true), laptop: laptop)
        let empty = LiveSession.Event.rootTree(Tree([:]).rootDigest, entries: 0, isComplete: true)
        _ = try session.handle(empty, laptop: laptop)
        _ = try session.handle(.intentWritten, laptop: laptop)
        _ = try session.handle(.contentSent(rawBytes: 1), laptop: laptop)
        _ = try session.handle(.ended(rootDigest: laptop.tree.rootDigest), laptop: laptop)
        #expect(session.unconfirmed == nil, "it is not recorded yet")
        _ = try session.handle(.archived, laptop: laptop)
        #expect(session.unconfirmed?.toVM.map(\.path) == ["a"])
        #expect(session.unconfirmed?.tree == laptop.tree.rootDigest)
        _ = try session.handle(.committed, laptop: laptop)
        #expect(session.unconfirmed == nil, "it was told as done")
    }

    @Test(.tags(.regression))
    func `what the vm applied before a cut is told once it is recorded, and once`() throws {
        let laptop = Self.laptop(Tree(["a": "1"]))
        var session = Self.session(archive: Tree([:]))
        let token = [UInt8](repeating: 3, count: 16)
        _ = try session.handle(
            .welcomed(.rollForward(token: token), areRulesKnown: true),
            laptop: laptop
        )
        let applied = [Difference(path: "a", old: nil, new: .content("1"))]
        _ = try session.handle(.applied(applied, isLast: true), laptop: laptop)
        _ = try session.handle(.archived, laptop: laptop)
        let reports = try session.handle(.committed, laptop: laptop).compactMap { action in
            if case .done(let report) = action { report } else { nil }
        }
        #expect(reports.map { $0.toVM.map(\.path) } == [["a"]])
        #expect(reports.first?.tree == laptop.tree.rootDigest)
        #expect(session.rolledForward == nil)
    }

    /// What the laptop edited, took back or removed after it had sent an edit to the vm.
    @Test(
        .tags(.regression),
        arguments: [Tree(["a": "3"]), Tree(["a": "1"]), Tree([:])],
        [true, false]
    )
    func `an edit after a cut follows what the vm had applied, if the power was not cut`(
        _ edited: Tree,
        _ isKept: Bool
    ) throws {
        let laptop = Self.laptop(edited)
        var session = Self.session(
            archive: Tree(["a": "1"]),
            begun: LiveSession.Begun(isKept: isKept)
        )
        let standing = PushSession.Standing.rollForward(token: Array(repeating: 3, count: 16))
        _ = try session.handle(.welcomed(standing, areRulesKnown: true), laptop: laptop)
        let applied = [Difference(path: "a", old: .content("1"), new: .content("2"))]
        _ = try session.handle(.applied(applied, isLast: true), laptop: laptop)
        _ = try session.handle(.archived, laptop: laptop)
        _ = try session.handle(.committed, laptop: laptop)
        let vm = Tree(["a": "2"])
        let root = LiveSession.Event.rootTree(vm.rootDigest, entries: 1, isComplete: true)
        let asked = try session.handle(root, laptop: laptop)
        // What the archive holds need not be listed.
        if asked.contains(where: { if case .list = $0 { true } else { false } }) {
            let top = try Self.children(vm, .root)
            _ = try session.handle(.listing(.root, top, isLast: true), laptop: laptop)
        }

        let state = edited.state(at: "a")
        #expect(session.changesToVM.map(\.new) == (isKept ? [state] : []))
        #expect(!isKept || session.changesToLaptop.isEmpty)
    }

    @Test(.tags(.regression))
    func `what came to the laptop before a cut is told with what the vm applied`() throws {
        let laptop = Self.laptop(Tree(["a": "1", "b": "2", "c": "edited"]))
        let planned = [
            Difference(path: "b", old: .content("1"), new: .content("2")),
            Difference(path: "c", old: .content("1"), new: .content("2")),
            Difference(path: "d", old: .content("1"), new: nil),
            Difference(path: "e", old: nil, new: .content("not yet")),
        ]
        var session = Self.session(
            archive: Tree(["b": "1", "c": "1", "d": "1"]),
            begun: LiveSession.Begun(toLaptop: planned)
        )
        let standing = PushSession.Standing.rollForward(token: Array(repeating: 3, count: 16))
        _ = try session.handle(.welcomed(standing, areRulesKnown: true), laptop: laptop)
        let applied = [Difference(path: "a", old: nil, new: .content("1"))]
        _ = try session.handle(.applied(applied, isLast: true), laptop: laptop)
        _ = try session.handle(.archived, laptop: laptop)
        let reports = try session.handle(.committed, laptop: laptop).compactMap { action in
            if case .done(let report) = action { report } else { nil }
        }
        #expect(reports.map { $0.toVM.map(\.path) } == [["a"]])
        #expect(reports.map { $0.toLaptop.map(\.path) } == [["b", "d"]])
    }

    @Test(
        arguments: [
            (Tree(["d": ["a": "1"]]), true),
            (Tree(["d": ["a": "0", "own": "vm"]]), true),
            (Tree(["d": ["a": "0"]]), false),
        ]
    )
    func `what a mirror displaces and nobody agreed on is marked as the one copy`(
        _ vm: Tree,
        _ isLive: Bool
    ) throws {
        let archive = Tree(["d": ["a": "0"]])
        let laptop = Self.laptop(Tree(["b": "b"]))
        var session = Self.session(archive: archive, modes: ModeMap(.mirror))
        _ = try session.handle(.welcomed(.settled, areRulesKnown: true), laptop: laptop)
        let root = LiveSession.Event.rootTree(vm.rootDigest, entries: 4, isComplete: true)
        var actions = try session.handle(root, laptop: laptop)
        for path in ["", "d"] as [RelativePath] where vm.rootDigest != archive.rootDigest {
            let children = try Self.children(vm, path)
            actions = try session.handle(.listing(path, children, isLast: true), laptop: laptop)
        }
        if actions.isEmpty == false, case .halt = actions[actions.count - 1] {
            actions = try session.handle(.acceptDeletions(10), laptop: laptop)
        }
        actions = try session.handle(.intentWritten, laptop: laptop)

        let began = actions.compactMap { if case .begin(let batch) = $0 { batch } else { nil } }
        #expect(began.map(\.displacesLive) == [isLive])
    }

    /// Thirty files in a directory.
    private static func thirty(in directory: String) throws -> [(RelativePath, EntryState)] {
        let top = RelativePath(trusted: Array(directory.utf8))
        return [(top, .directory)]
            + (0..<30).map { (top.appending(Array("f\($0)".utf8)), .content("\($0)")) }
    }

    private static func tree(_ entries: [(RelativePath, EntryState)]) throws -> Tree {
        var tree = Tree()
        for (path, state) in entries { try tree.put(path, state) }
        tree.rehash()
        return tree
    }

    /// A vm that copies a tree and then removes it, so many seconds later.
    @Test(.tags(.regression), arguments: [(0, true, false), (60, true, true), (0, false, true)])
    func `a move in two steps is no mass deletion, for some seconds`(
        _ seconds: UInt64,
        _ keepsNew: Bool,
        _ isHalted: Bool
    ) throws {
        let (old, new) = (try Self.thirty(in: "old"), try Self.thirty(in: "new"))
        let before = try Self.tree(old)
        let both = try Self.tree(new + old)
        var laptop = Self.laptop(before)
        var session = Self.session(archive: before)
        _ = try session.handle(.welcomed(.settled, areRulesKnown: true), laptop: laptop)
        let same = LiveSession.Event.rootTree(before.rootDigest, entries: 31, isComplete: true)
        _ = try session.handle(same, laptop: laptop)
        let made = new.map { Difference(path: $0.0, old: nil, new: $0.1) }
        let seen = LiveSession.Event.observed(made, root: both.rootDigest, isComplete: true)
        _ = try session.handle(seen, laptop: laptop)
        _ = try session.handle(.intentWritten, laptop: laptop)
        laptop = Self.laptop(both)
        _ = try session.handle(.laptopApplied([]), laptop: laptop)
        _ = try session.handle(.ended(rootDigest: both.rootDigest), laptop: laptop)
        _ = try session.handle(.archived, laptop: laptop)
        _ = try session.handle(.committed, laptop: laptop)

        laptop.now = seconds * 1_000_000_000
        let after = try Self.tree(keepsNew ? new : [(old[0].0, .directory), old[1]])
        let gone = differences(from: both, to: after)
        let actions = try session.handle(
            .observed(gone, root: after.rootDigest, isComplete: true),
            laptop: laptop
        )
        let halts = actions.contains { if case .halt = $0 { true } else { false } }
        #expect(halts == isHalted)
    }

    @Test func `a report in parts is planned with as a whole`() throws {
        let tree = Tree(["old": ["a": "1"]])
        let laptop = Self.laptop(tree)
        var session = Self.session(archive: tree)
        _ = try session.handle(.welcomed(.settled, areRulesKnown: true), laptop: laptop)
        let root = LiveSession.Event.rootTree(tree.rootDigest, entries: 2, isComplete: true)
        _ = try session.handle(root, laptop: laptop)
        let renamed = Tree(["new": ["a": "1"]])

        let first = [
            Difference(path: "new", old: nil, new: .directory),
            Difference(path: "new/a", old: nil, new: .content("1")),
        ]
        let none = try session.handle(
            .observed(first, root: nil, isComplete: false),
            laptop: laptop
        )
        let last = [Difference(path: "old", old: nil, new: nil)]
        _ = try session.handle(
            .observed(last, root: renamed.rootDigest, isComplete: true),
            laptop: laptop
        )

        #expect(none.isEmpty)
        #expect(session.changesToLaptop.count == 1)
        #expect(session.changesToLaptop.first?.source == .move("old"))
    }
}
