import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

/// A batch that ends at any of its calls, and the recovery after it.
@Suite(.tags(.crash, .fault))
struct CrashTests {
    static let before: TestNode = [
        "a": "old a", "b": "old b", "dir": ["x": "in x", "y": ["z": "in z"]],
        "file": "was a file", "gone": "to be removed", "moved": ["m": "travels"],
        "tree": ["t": "was a tree"],
    ]
    static let after: TestNode = [
        "a": "new a", "b": .program("old b"), "file": ["now": "a directory"],
        "fresh": ["f": "fresh f", "g": ["h": "fresh h"]], "here": ["m": "travels"],
        "link": .link("a"), "tree": "now a file",
    ]

    static func changes(_ fixture: ApplyFixture) -> [Change] {
        func digest(_ node: TestNode) -> EntryState { Tree(node).state(of: Tree.rootID) }
        return [
            fixture.replace("a", "old a", "new a"),
            Change(
                path: "b",
                expected: .content("old b"),
                new: fixture.file("old b", executable: true)
            ),
            Change(path: "dir", expected: digest(["x": "in x", "y": ["z": "in z"]]), new: nil),
            Change(path: "file", expected: .content("was a file"), new: .directory),
            fixture.create("file/now", "a directory"),
            fixture.createDirectory("fresh"),
            fixture.create("fresh/f", "fresh f"),
            fixture.createDirectory("fresh/g"),
            fixture.create("fresh/g/h", "fresh h"),
            fixture.remove("gone", "to be removed"),
            Change(
                path: "here",
                expected: nil,
                new: digest(["m": "travels"]),
                source: .move("moved")
            ),
            fixture.link("link", to: "a"),
            Change(
                path: "tree",
                expected: digest(["t": "was a tree"]),
                new: fixture.file("now a file")
            ),
        ]
    }

    /// Every content there was, whether it was displaced or not.
    static let oldContents: [EntryState] = [
        "old a", "in x", "in z", "was a file", "to be removed", "travels", "was a tree",
    ].map { .content($0) }

    /// Whether the last call before the end still happened.
    enum Death: CaseIterable { case before, after }

    @Test(arguments: Death.allCases)
    func `whatever call a batch ends at, nothing is torn or lost, and the next batch finishes`(
        death: Death
    ) throws {
        let calls = try Self.countCalls()
        #expect(calls > 100)
        for call in 0..<calls {
            try Self.die(at: call, death)
        }
    }

    private static func countCalls() throws -> Int {
        let fixture = try ApplyFixture(before, inMemory: true)
        try fixture.apply(changes(fixture))
        #expect(try fixture.standing() == Tree(after).listing)
        return fixture.faulty.failableCalls
    }

    private static func die(at call: Int, _ death: Death) throws {
        let fixture = try ApplyFixture(before, inMemory: true)
        fixture.faulty.reset(faults: faults(call, death))
        let changes = changes(fixture)
        _ = try? fixture.send(changes)

        try check(fixture, "call \(call), \(death)")
        try finish(fixture, changes, "call \(call), \(death)")
    }

    private static func faults(_ call: Int, _ death: Death) -> [Fault] {
        switch death {
        case .before: [Fault(.any, .from(call), .fail(EIO))]
        case .after:
            [Fault(.any, .from(call + 1), .fail(EIO)), Fault(.any, .at(call), .failAfter(EIO))]
        }
    }

    /// Recovers and looks: each path is as before or as after, and every old content is there.
    static func check(_ fixture: ApplyFixture, _ comment: String) throws {
        _ = try recover(fileSystem: RealFileSystem(), root: fixture.root, pair: ApplyFixture.pair)
        let standing = try fixture.standing()
        let (old, new) = (Tree(before).listing, Tree(after).listing)
        for (path, state) in standing {
            #expect(state == old[path] || state == new[path], "\(comment): \(path)")
        }
        for path in ["a", "b", "file", "tree"] as [RelativePath] {
            #expect(standing[path] != nil, "\(comment): \(path) is missing")
        }
        let kept = Set(standing.values).union(try shelved(fixture))
        for content in oldContents {
            #expect(kept.contains(content), "\(comment): a content is lost")
        }
        for name in try fixture.staged() {
            #expect(name != "journal", "\(comment)")
        }
    }

    /// The states of all files on the shelf that its list names.
    static func shelved(_ fixture: ApplyFixture) throws -> Set<EntryState> {
        let shelf = try fixture.shelf()
        var found: Set<EntryState> = []
        for item in shelf.list() {
            let looker = Looker(fileSystem: RealFileSystem(), time: SystemTime(), window: .unknown)
            let standing = try looker.lookDeep(
                in: shelf.directory,
                item.object,
                rules: SubtreeRules(nil)
            )
            #expect(standing.matches(item.state))
            if let tree = standing.subtree?.tree { found.formUnion(tree.listing.values) }
            if let state = standing.state { found.insert(state) }
        }
        return found
    }

    /// The next batch brings what is left.
    static func finish(_ fixture: ApplyFixture, _ all: [Change], _ comment: String) throws {
        let target = Tree(after)
        var tree = Tree()
        for (path, state) in try fixture.standing().sorted(by: { $0.key < $1.key }) {
            try tree.put(path, state)
        }
        tree.rehash()
        let rest = differences(from: tree, to: target).map { difference in
            Change(
                path: difference.path,
                expected: difference.old,
                new: difference.new?.withoutDirectoryDigest,
                linkTarget: difference.path == "link" ? Array("a".utf8) : nil
            )
        }
        _ = fixture.file("travels")
        let outcome = try fixture.send(rest, on: RealFileSystem()).outcome
        #expect(outcome.refusals == [], "\(comment)")
        #expect(try fixture.standing() == target.listing, "\(comment)")
        #expect(try fixture.staged() == [], "\(comment)")
    }
}
