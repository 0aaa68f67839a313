import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

/// What is not what the sender believes is told and not touched.
struct RefusalTests {
    private func expectRefusal(
        _ fixture: ApplyFixture,
        _ change: Change,
        _ reason: ChangeRefusal.Reason,
        found: EntryState? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try fixture.standing()
        let outcome = try fixture.send([change]).outcome
        #expect(
            outcome.refusals == [ChangeRefusal(id: 0, reason: reason, found: found)],
            sourceLocation: sourceLocation
        )
        #expect(outcome.applied == [], sourceLocation: sourceLocation)
        #expect(outcome.updates == [], sourceLocation: sourceLocation)
        #expect(try fixture.standing() == before, sourceLocation: sourceLocation)
        #expect(try fixture.staged() == [], sourceLocation: sourceLocation)
        #expect(try fixture.shelf().list() == [], sourceLocation: sourceLocation)
    }

    @Test func `a file that is another than expected stays`() throws {
        let fixture = try ApplyFixture(["a": "edited"])
        let found = EntryState.content("edited")
        try expectRefusal(fixture, fixture.replace("a", "old", "new"), .changed, found: found)
        try expectRefusal(fixture, fixture.remove("a", "old"), .changed, found: found)
        try expectRefusal(fixture, fixture.create("a", "new"), .changed, found: found)
        try expectRefusal(fixture, fixture.link("a", to: "x"), .changed, found: found)
    }

    @Test func `an execute bit counts`() throws {
        let fixture = try ApplyFixture(["a": .program("old")])
        let found = EntryState.content("old", executable: true)
        try expectRefusal(fixture, fixture.replace("a", "old", "new"), .changed, found: found)
    }

    @Test func `a file that is gone is not made again`() throws {
        let fixture = try ApplyFixture()
        try expectRefusal(fixture, fixture.replace("a", "old", "new"), .changed)
    }

    @Test func `a creation below a missing directory, a file or a link is refused`() throws {
        let fixture = try ApplyFixture(["f": "file", "l": .link(".")])
        try expectRefusal(fixture, fixture.create("no/a", "new"), .parentMissing)
        try expectRefusal(fixture, fixture.create("f/a", "new"), .parentMissing)
        try expectRefusal(fixture, fixture.create("l/a", "new"), .parentMissing)
    }

    @Test func `a directory with an edit, something new or something ignored in it stays`() throws {
        let change = try ApplyFixture().removeDirectory("d", ["a": "old"])
        for extra in ["a", "b", "b.log", ".git"] {
            let fixture = try ApplyFixture(["d": ["a": "old"]])
            try fixture.write("mine", to: "d/" + extra)
            let outcome = try fixture.send([change]).outcome
            let isIgnored = extra == "b.log" || extra == ".git"
            #expect(outcome.refusals.map(\.reason) == [isIgnored ? .notEmpty : .changed])
            #expect(try fixture.read("d/" + extra) == "mine")
            #expect(try fixture.shelf().list() == [])
        }
    }

    @Test func `a directory with a FIFO in it stays`() throws {
        let fixture = try ApplyFixture(["d": ["a": "old", "p": .other]])
        let outcome = try fixture.send([fixture.removeDirectory("d", ["a": "old"])]).outcome
        #expect(outcome.refusals.map(\.reason) == [.notEmpty])
        #expect(FileManager.default.fileExists(atPath: fixture.path("d/p")))
    }

    @Test func `garbage does not keep a directory from going`() throws {
        let fixture = try ApplyFixture(["d": ["a": "old", "__pycache__": ["a.pyc": "x"]]])
        try fixture.apply([fixture.removeDirectory("d", ["a": "old"])])
        #expect(try fixture.standing() == [:])
    }

    @Test func `a move whose source changed is refused for a directory`() throws {
        let fixture = try ApplyFixture(["d": ["a": "edited"]])
        let state = Tree(["a": "old"]).state(of: Tree.rootID)
        let found = Tree(["a": "edited"]).state(of: Tree.rootID)
        let change = Change(path: "m", expected: nil, new: state, source: .move("d"))
        try expectRefusal(fixture, change, .sourceChanged, found: found)
    }

    @Test func `a move whose source changed is refused, for a file too, and leaves the source`()
        throws
    {
        let fixture = try ApplyFixture(["a": "edited"])
        var change = fixture.create("m", "old")
        change.source = .move("a")
        let (outcome, sent) = try fixture.send([change])
        #expect(outcome.refusals.map(\.reason) == [.sourceChanged])
        #expect(sent == 0)
        #expect(try fixture.standing() == Tree(["a": "edited"]).listing)
    }

    @Test func `a move to where something stands is refused`() throws {
        let fixture = try ApplyFixture(["a": "old", "m": "mine"])
        var change = fixture.create("m", "old")
        change.source = .move("a")
        try expectRefusal(fixture, change, .changed, found: .content("mine"))
    }

    @Test func `a moved directory takes ignored entries along`() throws {
        let fixture = try ApplyFixture(["d": ["a": "x", "b.log": "line"]])
        let state = Tree(["a": "x"]).state(of: Tree.rootID)
        try fixture.apply([Change(path: "m", expected: nil, new: state, source: .move("d"))])
        #expect(try fixture.read("m/b.log") == "line")
    }

    @Test func `bad input 98: content of another digest is refused, and the rest goes on`() throws {
        let fixture = try ApplyFixture()
        let changes = [fixture.create("a", "good"), fixture.create("b", "fine")]
        let batch = try fixture.batch()
        try batch.add(changes, startingAt: 0)
        try Array("evil".utf8).withUnsafeBytes { try batch.write(0, offset: 0, $0) }
        try fixture.send(changes, 1, to: batch)
        let outcome = try batch.finish()
        #expect(outcome.refusals == [ChangeRefusal(id: 0, reason: .wrongContent)])
        #expect(try fixture.standing() == Tree(["b": "fine"]).listing)
    }

    @Test func `bad input 99: more content than announced is an error, less is a refusal`() throws {
        let fixture = try ApplyFixture()
        let changes = [fixture.createDirectory("d"), fixture.create("d/a", "four")]
        let batch = try fixture.batch()
        try batch.add(changes, startingAt: 0)
        try Array("fo".utf8).withUnsafeBytes { try batch.write(1, offset: 0, $0) }
        for (id, offset) in [(1, 3), (1, UInt64.max), (7, 0)] as [(UInt32, UInt64)] {
            #expect(throws: ApplyError.self) {
                try Array("rr".utf8).withUnsafeBytes { try batch.write(id, offset: offset, $0) }
            }
        }
        let outcome = try batch.finish()
        #expect(outcome.refusals == [ChangeRefusal(id: 1, reason: .missingContent)])
        #expect(try fixture.standing() == Tree(["d": [:]]).listing)
        #expect(throws: ApplyError.self) { try batch.finish() }
    }

    @Test func `bad input 97: paths that are none are refused`() throws {
        let fixture = try ApplyFixture()
        try fixture.make(.file("canary"), at: fixture.outside("a"))
        for path in ["../a", "a//b", ".tandem/x", ".TANDEM", "", "a/../b", "/a"] as [RelativePath] {
            var copy = fixture.create("copy", "canary")
            copy.source = .copy(path)
            var move = fixture.create("moved", "canary")
            move.source = .move(path)
            let changes = [
                fixture.create(path, "evil"), fixture.remove(path, "canary"), copy, move,
                Change(path: path, expected: nil, new: .directory),
            ]
            let outcome = try fixture.send(changes).outcome
            #expect(outcome.applied == [], "\(path)")
        }
        #expect(try fixture.standing() == [:])
        #expect(try String(contentsOfFile: fixture.outside("a"), encoding: .utf8) == "canary")
    }

    @Test func `bad input 96: a path twice, and a path below a file, harm nothing`() throws {
        let fixture = try ApplyFixture()
        let changes = [
            fixture.create("a", "one"), fixture.create("a", "two"), fixture.create("a/b", "three"),
            fixture.createDirectory("d"), fixture.create("d/x", "1"), fixture.create("d/x", "2"),
        ]
        let outcome = try fixture.send(changes).outcome
        #expect(outcome.applied == [0, 3, 4])
        #expect(try fixture.standing() == Tree(["a": "one", "d": ["x": "1"]]).listing)
    }

    @Test func `too little space above the floor is said before anything is staged`() throws {
        let fixture = try ApplyFixture()
        let batch = try fixture.batch()
        #expect { try batch.reserve(contentBytes: 1 << 60) } throws: {
            ($0 as? ApplyError)?.code == .noSpace
        }
        try batch.reserve(contentBytes: 1)
    }

    @Test func `below the floor the shelf gives up what is superseded before a batch is refused`()
        throws
    {
        let fixture = try ApplyFixture(["a": "old"], inMemory: true)
        try fixture.apply([fixture.replace("a", "old", "new")])
        let space = try RealFileSystem().space(of: fixture.root.descriptor)
        fixture.settings.limits.floorBytes = .max
        fixture.settings.limits.floorPercent = 99
        // Exactly the whole disk, of which the fixture itself takes some.
        let rest = space.total - fixture.settings.limits.floor(of: space)
        #expect { try fixture.batch().reserve(contentBytes: rest) } throws: {
            ($0 as? ApplyError)?.code == .noSpace
        }
        #expect(try fixture.shelf().list() == [])
        #expect(try fixture.read("a") == "new")
    }
}
