import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

/// The applier's share of the list of bad inputs, by their numbers.
struct BadInputTests {
    private static func flags(_ flag: String, _ path: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/chattr")
        process.arguments = [flag, path]
        try process.run()
        process.waitUntilExit()
    }

    @Test func `bad input 1 to 22: names with anything in them are applied as they are`() throws {
        let names: [[UInt8]] = [
            Array("new\nline".utf8), [0x1B, 0x5B, 0x33], [0x9B, 0x41], [0x07, 0x7F], [0xFF],
            [0xC0, 0xAF], [0xED, 0xA0, 0x80], Array("u\u{0308}".utf8), Array("\u{00FC}".utf8),
            Array("dot.".utf8), Array("space ".utf8), Array(" ".utf8), Array("-rf".utf8),
            Array("...".utf8), Array("a\\b".utf8), Array("a:b".utf8), Array("*?[".utf8),
            Array("'\"$(x)`".utf8), Array("%s%n".utf8), Array("\u{202E}".utf8),
            Array("\u{2028}".utf8), Array("\u{200D}".utf8),
        ]
        let fixture = try ApplyFixture()
        let sorted = names.sorted { $0.lexicographicallyPrecedes($1) }
        try fixture.apply(sorted.map { fixture.create(.init(trusted: $0), "text") })
        #expect(Set(try fixture.standing().keys.map(\.bytes)) == Set(names))
    }

    @Test func `bad input 23 and 24: a name of 255 bytes is staged and applied`() throws {
        let name = RelativePath(trusted: [UInt8](repeating: 0x61, count: 255))
        let fixture = try ApplyFixture()
        try fixture.apply([fixture.create(name, "old")])
        try fixture.apply([fixture.replace(name, "old", "new")])
        #expect(try fixture.standing() == [name: .content("new")])
    }

    @Test func `bad input 25 and 26: a path of 12,000 bytes and a depth of 1,000 are applied`()
        throws
    {
        for (depth, length) in [(60, 200), (1_000, 1)] {
            let fixture = try ApplyFixture(inMemory: true)
            var changes: [Change] = []
            var path = RelativePath.root
            for _ in 0..<depth {
                path = path.appending([UInt8](repeating: 0x62, count: length))
                changes.append(fixture.createDirectory(path))
            }
            changes.append(fixture.create(path.appending([0x66]), "deep"))
            try fixture.apply(changes)
            #expect(try fixture.standing()[path.appending([0x66])] == .content("deep"))
            let parent = path.parent ?? .root
            let inner = Tree(["f": "deep"]).state(of: Tree.rootID)
            try fixture.apply([Change(path: path, expected: inner, new: nil)])
            #expect(try fixture.standing()[path] == nil)
            #expect(try fixture.standing()[parent] == .directory)
            // What is left is too deep for the fixture's own clean-up on some systems.
            let root = Directory(
                try RealFileSystem().openBeneath(root: fixture.root.descriptor, .root),
                of: RealFileSystem()
            )
            try root.removeTree([UInt8](repeating: 0x62, count: length))
        }
    }

    @Test func `bad input 30: files that look like Tandem's own are ordinary`() throws {
        let fixture = try ApplyFixture([".tandem-x": "1", "x.tmp": "2"])
        try fixture.apply([
            fixture.replace(".tandem-x", "1", "one"),
            fixture.create("journal", "mine"),
            fixture.create("x.conflict", "3"),
            fixture.remove("x.tmp", "2"),
        ])
        #expect(
            try fixture.standing()
                == Tree([".tandem-x": "one", "journal": "mine", "x.conflict": "3"]).listing
        )
    }

    @Test func `bad input 34: of two hard links one is replaced and the other keeps its content`()
        throws
    {
        let fixture = try ApplyFixture(["a": "old"])
        #expect(link(fixture.path("a"), fixture.path("b")) == 0)
        try fixture.apply([fixture.replace("a", "old", "new")])
        #expect(try fixture.standing() == Tree(["a": "new", "b": "old"]).listing)
    }

    @Test func `bad input 35: a hard link that leads outside is never written through`() throws {
        let fixture = try ApplyFixture(["a": "old", "x": "bits"])
        #expect(link(fixture.path("a"), fixture.outside("canary")) == 0)
        #expect(link(fixture.path("x"), fixture.outside("mode")) == 0)
        try fixture.apply([
            fixture.replace("a", "old", "new"),
            Change(
                path: "x",
                expected: .content("bits"),
                new: fixture.file("bits", executable: true)
            ),
        ])
        #expect(try String(contentsOfFile: fixture.outside("canary"), encoding: .utf8) == "old")
        #expect(access(fixture.outside("mode"), X_OK) != 0)
        #expect(try fixture.standing() == Tree(["a": "new", "x": .program("bits")]).listing)
    }

    @Test func `bad input 37 and 41 to 45: empty files and any link are applied as they are`()
        throws
    {
        let long = String(repeating: "t", count: 4_095)
        let fixture = try ApplyFixture()
        try fixture.apply([
            fixture.create("empty", ""), fixture.link("l1", to: "nowhere"),
            fixture.link("l2", to: "/etc/passwd"), fixture.link("l3", to: "l3"),
            fixture.link("l4", to: ".."), fixture.link("l5", to: long),
        ])
        #expect(
            try fixture.standing()
                == Tree([
                    "empty": "", "l1": .link("nowhere"), "l2": .link("/etc/passwd"),
                    "l3": .link("l3"), "l4": .link(".."), "l5": .link(long),
                ]).listing
        )
    }

    @Test func `bad input 50: in a directory that may not be written the change is refused`() throws
    {
        let fixture = try ApplyFixture(["d": ["a": "old"], "e": "old"])
        let changes = [fixture.replace("d/a", "old", "new"), fixture.replace("e", "old", "new")]
        // The superuser may write anywhere, so the kernel's answer is given in its place.
        fixture.faulty.reset(faults: [Fault(.only([.rename]), .at(1), .fail(EACCES))])
        let outcome = try fixture.send(changes).outcome
        #expect(outcome.refusals == [ChangeRefusal(id: 0, reason: .notPermitted)])
        #expect(try fixture.standing() == Tree(["d": ["a": "old"], "e": "new"]).listing)
        #expect(try fixture.staged() == [])
    }

    @Test(arguments: ["i", "a"])
    func `bad input 51: an immutable or append-only file is refused and the others go on`(
        flag: String
    ) throws {
        let fixture = try ApplyFixture(["a": "old", "b": "old", "c": "old"])
        try Self.flags("+" + flag, fixture.path("a"))
        try Self.flags("+" + flag, fixture.path("b"))
        defer {
            try? Self.flags("-" + flag, fixture.path("a"))
            try? Self.flags("-" + flag, fixture.path("b"))
        }
        let outcome = try fixture.send([
            fixture.replace("a", "old", "new"), fixture.remove("b", "old"),
            fixture.replace("c", "old", "new"),
        ]).outcome
        // Where the file system has no such flags, or this user may not set them, all are applied.
        let hasFlags = !outcome.refusals.isEmpty
        #expect(outcome.refusals.map(\.reason) == (hasFlags ? [.notPermitted, .notPermitted] : []))
        #expect(try fixture.read("c") == "new")
        #expect(try fixture.read("a") == (hasFlags ? "old" : "new"))
        #expect(try fixture.staged() == [])
    }

    @Test func `bad input 52: a file of another uid is replaced, and gives no lease for it`() throws
    {
        let fixture = try ApplyFixture(["a": "old"])
        chown(fixture.path("a"), 12_345, 12_345)
        try fixture.apply([fixture.replace("a", "old", "new")])
        #expect(try fixture.read("a") == "new")
        #expect(try fixture.shelf().list().map(\.state) == [.content("old")])
    }

    @Test func `bad input 55: a running program is replaced and runs on`() throws {
        let fixture = try ApplyFixture()
        let program = fixture.path("sleep")
        try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: program)
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: program)))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["60"]
        try process.run()
        defer { process.terminate() }
        let old = EntryState.file(
            ContentHasher.digest(of: bytes),
            size: UInt64(bytes.count),
            executable: true
        )
        try fixture.apply([
            Change(path: "sleep", expected: old, new: fixture.file("#!", executable: true))
        ])
        #expect(process.isRunning)
        #expect(try fixture.read("sleep") == "#!")
    }

    @Test func `bad input 85: stage and shelf may be removed at any time between batches`() throws {
        let fixture = try ApplyFixture(["a": "0"])
        try fixture.apply([fixture.replace("a", "0", "1")])
        for place in ["stage", "shelf", ""] {
            try FileManager.default.removeItem(atPath: fixture.path(".tandem/" + place))
            try fixture.apply([fixture.replace("a", try fixture.read("a"), "to \(place)")])
        }
        #expect(try fixture.shelf().list().count == 1)
    }

    @Test func `bad input 86: a private area that others may write or that is a link is refused`()
        throws
    {
        let open = try ApplyFixture()
        try FileManager.default.createDirectory(
            atPath: open.path(".tandem"),
            withIntermediateDirectories: false
        )
        chmod(open.path(".tandem"), 0o777)
        let linked = try ApplyFixture()
        symlink("/tmp", linked.path(".tandem"))
        let foreign = try ApplyFixture()
        try foreign.make(.file(""), at: foreign.path(".tandem"))
        for fixture in [open, linked, foreign] {
            #expect { try fixture.batch() } throws: { ($0 as? ApplyError)?.code == .notPrivate }
        }
    }

    @Test func `the private area is closed to others and ignores itself`() throws {
        let fixture = try ApplyFixture()
        try fixture.apply([fixture.create("a", "x")])
        var status = stat()
        #expect(stat(fixture.path(".tandem"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        #expect(try fixture.read(".tandem/.gitignore") == "*\n")
    }

    @Test func `an interrupted push needs no content again`() throws {
        let fixture = try ApplyFixture()
        let changes = [
            fixture.create("a", "first"), fixture.createDirectory("d"),
            fixture.create("d/b", "second", executable: true), fixture.create("d/c", "third"),
        ]
        let batch = try fixture.batch()
        try batch.add(changes, startingAt: 0)
        for id in [0, 2] as [UInt32] { try fixture.send(changes, id, to: batch) }
        batch.abandon()
        let found = try recover(
            fileSystem: RealFileSystem(),
            root: fixture.root,
            pair: ApplyFixture.pair
        )
        #expect(found.stagedBytes == 11)
        let (outcome, sent) = try fixture.send(changes)
        #expect(outcome.refusals == [])
        #expect(sent == 1)
        #expect(
            try fixture.standing()
                == Tree(["a": "first", "d": ["b": .program("second"), "c": "third"]]).listing
        )
        #expect(try fixture.staged() == [])
    }

    @Test func `a damaged journal loses nothing: all it may tell of is kept as live`() throws {
        let fixture = try ApplyFixture(["a": "old"])
        let rename = Fault(.only([.rename]), .from(2), .fail(EIO))
        fixture.faulty.reset(faults: [rename])
        _ = try? fixture.send([fixture.replace("a", "old", "new")])
        #expect(try fixture.read("a") == "new")
        let name = String(decoding: hexadecimal(ApplyFixture.pair), as: UTF8.self)
        let journal = URL(fileURLWithPath: fixture.path(".tandem/stage/\(name)/journal"))
        var bytes = Array(try Data(contentsOf: journal))
        bytes[9] ^= 1
        try Data(bytes).write(to: journal)
        let found = try recover(
            fileSystem: RealFileSystem(),
            root: fixture.root,
            pair: ApplyFixture.pair
        )
        #expect(found.journalWasDamaged)
        #expect(try fixture.shelf().list().map(\.state) == [.content("old")])
        #expect(try fixture.shelf().list().map(\.shelfClass) == [.live])
    }
}
