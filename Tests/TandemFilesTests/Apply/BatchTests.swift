import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

struct BatchTests {
    @Test func `a new tree is renamed in with one rename`() throws {
        let fixture = try ApplyFixture()
        let changes = [
            fixture.createDirectory("d"),
            fixture.create("d/a", "one"),
            fixture.createDirectory("d/e"),
            fixture.create("d/e/b", "two", executable: true),
            fixture.link("d/l", to: "../x"),
        ]
        try fixture.apply(changes)
        #expect(
            try fixture.standing()
                == Tree(["d": ["a": "one", "e": ["b": .program("two")], "l": .link("../x")]])
                .listing
        )
        #expect(fixture.faulty.count(of: .rename) == 1)
        #expect(try fixture.staged() == [])
    }

    @Test func `a replaced file is on the shelf`() throws {
        let fixture = try ApplyFixture(["a": "old"])
        try fixture.apply([fixture.replace("a", "old", "new")])
        #expect(try fixture.read("a") == "new")
        let items = try fixture.shelf().list()
        #expect(items.map(\.path) == ["a"])
        #expect(items.map(\.state) == [.content("old")])
        #expect(items.map(\.shelfClass) == [.superseded])
        #expect(try fixture.staged() == [])
    }

    @Test func `a removed file and a removed directory are on the shelf`() throws {
        let fixture = try ApplyFixture(["a": "old", "d": ["b": "x", "e": [:]]])
        try fixture.apply([
            fixture.remove("a", "old"), fixture.removeDirectory("d", ["b": "x", "e": [:]]),
        ])
        #expect(try fixture.standing() == [:])
        #expect(Set(try fixture.shelf().list().map(\.path)) == ["a", "d"])
        #expect(try fixture.staged() == [])
    }

    @Test func `a directory takes a file's place and a file a directory's`() throws {
        let fixture = try ApplyFixture(["a": "old", "d": ["b": "x"]])
        try fixture.apply([
            Change(path: "a", expected: .content("old"), new: .directory),
            fixture.create("a/in", "inner"),
            Change(
                path: "d",
                expected: Tree(["b": "x"]).state(of: Tree.rootID),
                new: fixture.file("flat")
            ),
        ])
        #expect(try fixture.standing() == Tree(["a": ["in": "inner"], "d": "flat"]).listing)
    }

    @Test func `a moved directory is one rename and sends nothing`() throws {
        let fixture = try ApplyFixture(["d": ["a": "one", "e": ["b": "two"]]])
        var state = Tree(["a": "one", "e": ["b": "two"]]).state(of: Tree.rootID)
        state.kind = .directory
        let change = Change(path: "m", expected: nil, new: state, source: .move("d"))
        let (outcome, sent) = try fixture.send([change])
        #expect(outcome.refusals == [])
        #expect(sent == 0)
        #expect(outcome.updates == [.move(from: "d", to: "m")])
        #expect(try fixture.standing() == Tree(["m": ["a": "one", "e": ["b": "two"]]]).listing)
        #expect(fixture.faulty.count(of: .rename) == 1)
    }

    @Test func `a copy on the same machine sends nothing`() throws {
        let fixture = try ApplyFixture(["a": "same"])
        var change = fixture.create("b", "same", executable: true)
        change.source = .copy("a")
        let (outcome, sent) = try fixture.send([change])
        #expect(outcome.refusals == [])
        #expect(sent == 0)
        #expect(try fixture.standing() == Tree(["a": "same", "b": .program("same")]).listing)
    }

    @Test func `a copy whose source changed asks for the content`() throws {
        let fixture = try ApplyFixture(["a": "diff"])
        var change = fixture.create("b", "same")
        change.source = .copy("a")
        let (outcome, sent) = try fixture.send([change])
        #expect(outcome.refusals == [])
        #expect(sent == 1)
        #expect(try fixture.read("b") == "same")
    }

    @Test func `a file whose execute bit changes needs no content`() throws {
        let fixture = try ApplyFixture(["a": "text"])
        let change = Change(
            path: "a",
            expected: .content("text"),
            new: fixture.file("text", executable: true)
        )
        let (outcome, sent) = try fixture.send([change])
        #expect(outcome.refusals == [])
        #expect(sent == 0)
        #expect(try fixture.standing() == Tree(["a": .program("text")]).listing)
    }

    @Test func `a value that stands there already is applied and needs no content`() throws {
        let fixture = try ApplyFixture(["a": "same", "d": ["b": "in"]])
        let (outcome, sent) = try fixture.send([
            fixture.create("a", "same"),
            fixture.createDirectory("d"),
            fixture.create("d/b", "in"),
            fixture.create("d/c", "new"),
            fixture.remove("gone", "x"),
        ])
        #expect(outcome.refusals == [])
        #expect(sent == 1)
        #expect(
            try fixture.standing() == Tree(["a": "same", "d": ["b": "in", "c": "new"]]).listing
        )
        #expect(try fixture.staged() == [])
    }

    @Test func `pieces out of order and from two threads make the same file`() throws {
        let fixture = try ApplyFixture()
        let text = String(repeating: "0123456789", count: 1000)
        let changes = [fixture.create("a", text), fixture.create("b", text + "b")]
        let batch = try fixture.batch()
        #expect(try batch.add(changes, startingAt: 7) == [7, 8])
        let bytes = Array(text.utf8)
        let other = WorkerThread.start("other") {
            let bytes = bytes + Array("b".utf8)
            bytes.withUnsafeBytes { _ = try? batch.write(8, offset: 0, $0) }
        }
        try bytes.withUnsafeBytes { raw in
            for range in [5000..<9000, 0..<2000, 9000..<10000, 2000..<4000, 4000..<5000] {
                try batch.write(7, offset: UInt64(range.lowerBound), .init(rebasing: raw[range]))
            }
        }
        other.join()
        let outcome = try batch.finish()
        #expect(outcome.refusals == [])
        #expect(outcome.applied == [7, 8])
        #expect(try fixture.read("a") == text)
        #expect(try fixture.read("b") == text + "b")
    }
}
