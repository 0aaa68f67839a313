import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

/// Calls that fail, and file systems that cannot do what others can.
@Suite(.tags(.fault))
struct FaultTests {
    @Test(arguments: [EINVAL, ENOSYS, EOPNOTSUPP])
    func `without exchange a replacement goes through two renames`(code: Int32) throws {
        let fixture = try ApplyFixture(["a": "old"])
        let changes = [fixture.replace("a", "old", "new")]
        // The first rename gives the journal its name, the second exchanges.
        fixture.faulty.reset(faults: [Fault(.only([.rename]), .at(1), .fail(code))])
        let outcome = try fixture.send(changes).outcome
        #expect(outcome.refusals == [])
        #expect(try fixture.read("a") == "new")
        #expect(try fixture.shelf().list().map(\.state) == [.content("old")])
        #expect(try fixture.staged() == [])
    }

    @Test func `without exchange, what appears between the two renames stays`() throws {
        let fixture = try ApplyFixture(["a": "old"])
        let path = fixture.path("a")
        fixture.faulty.reset(faults: [
            Fault(.only([.rename]), .at(1), .fail(EINVAL)),
            Fault(
                .only([.rename]),
                .at(3),
                .before { try? Data("mine".utf8).write(to: URL(fileURLWithPath: path)) }
            ),
        ])
        let outcome = try fixture.send([fixture.replace("a", "old", "new")]).outcome
        #expect(outcome.refusals.map(\.reason) == [.changed])
        #expect(try fixture.read("a") == "mine")
        #expect(try fixture.shelf().list().map(\.state) == [.content("old")])
    }

    @Test func `an edit just before the exchange comes back to its place`() throws {
        let fixture = try ApplyFixture(["a": "old"])
        let path = fixture.path("a")
        fixture.faulty.reset(faults: [
            Fault(
                .only([.rename]),
                .at(1),
                .before { try? Data("edit".utf8).write(to: URL(fileURLWithPath: path)) }
            )
        ])
        let outcome = try fixture.send([fixture.replace("a", "old", "new")]).outcome
        #expect(
            outcome.refusals
                == [ChangeRefusal(id: 0, reason: .changed, found: .content("edit"))]
        )
        #expect(try fixture.read("a") == "edit")
        #expect(try fixture.staged() == [])
    }

    @Test func `an edit in a directory just before its removal comes back with it`() throws {
        let fixture = try ApplyFixture(["d": ["a": "old"]])
        let path = fixture.path("d/a")
        fixture.faulty.reset(faults: [
            Fault(
                .only([.rename]),
                .at(1),
                .before { try? Data("edit".utf8).write(to: URL(fileURLWithPath: path)) }
            )
        ])
        let outcome = try fixture.send([fixture.removeDirectory("d", ["a": "old"])]).outcome
        #expect(outcome.refusals.map(\.reason) == [.changed])
        #expect(try fixture.read("d/a") == "edit")
        #expect(try fixture.staged() == [])
    }

    @Test func `a writer that had the file open keeps it: the second look puts it back`() throws {
        let fixture = try ApplyFixture(["a": "old"])
        let writer = try #require(FileHandle(forWritingAtPath: fixture.path("a")))
        defer { try? writer.close() }
        let waited = Waited()
        fixture.settings.time = BatchTime(source: SystemTime()) { _ in
            waited.note()
            try? writer.write(contentsOf: Data("late".utf8))
        }
        let outcome = try fixture.send([fixture.replace("a", "old", "new")]).outcome
        #expect(waited.count == 1)
        #expect(outcome.refusals.map(\.reason) == [.changed])
        #expect(outcome.updates == [])
        #expect(try fixture.read("a") == "late")
        #expect(try fixture.staged() == [])
    }

    @Test func `a writer that writes nothing more lets the file go after one wait for all`() throws
    {
        let fixture = try ApplyFixture(["a": "old a", "b": "old b"])
        let writers = ["a", "b"].map { FileHandle(forWritingAtPath: fixture.path($0)) }
        let waited = Waited()
        fixture.settings.time = BatchTime(source: SystemTime()) { _ in waited.note() }
        try fixture.apply([
            fixture.replace("a", "old a", "new"), fixture.remove("b", "old b"),
        ])
        #expect(waited.count == 1)
        #expect(try fixture.standing() == Tree(["a": "new"]).listing)
        for writer in writers { try writer?.close() }
    }

    @Test(arguments: [FileSystemCall.writeAt, .createFile, .makeDirectory, .makeLink])
    func `a full disk at any call refuses what it hits, and the rest goes on`(
        call: FileSystemCall
    ) throws {
        for turn in 0..<6 {
            let fixture = try ApplyFixture(["a": "old"], inMemory: true)
            let changes = [
                fixture.replace("a", "old", "new"), fixture.create("b", "b"),
                fixture.createDirectory("d"), fixture.create("d/x", "x"),
                fixture.link("d/y", to: "z"), fixture.create("e", "e"),
            ]
            let batch = try fixture.batch()
            fixture.faulty.reset(faults: [Fault(.only([call]), .at(turn), .fail(ENOSPC))])
            let needed = try batch.add(changes, startingAt: 0)
            for id in needed { try fixture.send(changes, id, to: batch) }
            fixture.faulty.reset()
            let outcome = try batch.finish()
            #expect(outcome.refusals.allSatisfy { $0.reason == .noSpace })
            #expect(outcome.refusals.count + outcome.applied.count == changes.count)
            for (path, state) in try fixture.standing() {
                let change = changes.first { $0.path == path }
                #expect(state == change?.new || state == change?.expected, "\(path)")
            }
            // With space again, the same batch goes through.
            let rest = changes.filter { change in
                outcome.refusals.contains { changes[Int($0.id)] == change }
            }
            #expect(try fixture.send(rest).outcome.refusals == [])
            #expect(try fixture.standing().count == changes.count)
            #expect(try fixture.staged() == [])
        }
    }

    @Test func `a file that cannot be made durable is thrown away and never synced again`() throws {
        let fixture = try ApplyFixture(["a": "old"])
        let changes = [fixture.replace("a", "old", "new"), fixture.create("b", "b")]
        let batch = try fixture.batch()
        for id in try batch.add(changes, startingAt: 0) { try fixture.send(changes, id, to: batch) }
        fixture.faulty.reset(faults: [Fault(.only([.sync]), .at(0), .fail(EIO))])
        let outcome = try batch.finish()
        #expect(outcome.refusals == [ChangeRefusal(id: 0, reason: .ioError)])
        #expect(try fixture.standing() == Tree(["a": "old", "b": "b"]).listing)
        #expect(try fixture.staged() == [])
    }

    @Test func `a failed flush of the whole file system is followed by one for each file`() throws {
        let fixture = try ApplyFixture()
        fixture.settings.limits.wholeFlushThreshold = 2
        fixture.faulty.reset(faults: [Fault(.only([.syncFileSystem]), .every(1), .fail(EIO))])
        try fixture.apply((0..<9).map { fixture.create(.init(trusted: [0x61 + $0]), "text") })
        #expect(fixture.faulty.count(of: .sync) >= 9)
        #expect(try fixture.standing().count == 9)
    }

    @Test func `a directory that cannot be made durable means no acknowledgement`() throws {
        let fixture = try ApplyFixture(["d": ["a": "old"]])
        let changes = [fixture.replace("d/a", "old", "new")]
        let probe = try ApplyFixture(["d": ["a": "old"]])
        try probe.apply([probe.replace("d/a", "old", "new")])
        var refused = 0
        for turn in 0..<probe.faulty.count(of: .sync) {
            let fixture = try ApplyFixture(["d": ["a": "old"]])
            fixture.faulty.reset(faults: [Fault(.only([.sync]), .at(turn), .fail(EIO))])
            _ = fixture.replace("d/a", "old", "new")
            if let outcome = try? fixture.send(changes).outcome, outcome.refusals.isEmpty {
                continue
            }
            refused += 1
            _ = try recover(
                fileSystem: RealFileSystem(),
                root: fixture.root,
                pair: ApplyFixture.pair
            )
            let text = try fixture.read("d/a")
            let shelved = try fixture.shelf().list().map(\.state)
            #expect(text == "old" || (text == "new" && shelved == [.content("old")]))
        }
        #expect(refused >= 4)
        #expect(try fixture.read("d/a") == "old")
    }

    @Test func `short reads and writes and interruptions change nothing`() throws {
        let fixture = try ApplyFixture(["a": "old", "d": ["b": "x", "c": "y"]])
        fixture.faulty.reset(faults: [
            Fault(.only([.read, .readAt, .write, .writeAt]), .every(3), .fail(EINTR)),
            Fault(
                .only([.read, .readAt, .write, .writeAt, .readDirectory, .copyRange]),
                .every(1),
                .short(3)
            ),
        ])
        var copy = fixture.create("copy", "old")
        copy.source = .copy("a")
        try fixture.apply([
            fixture.replace("a", "old", "something new"), copy,
            fixture.removeDirectory("d", ["b": "x", "c": "y"]),
        ])
        #expect(try fixture.standing() == Tree(["a": "something new", "copy": "old"]).listing)
    }

    @Test func `no descriptor stays open after a batch, whatever failed`() throws {
        for turn in stride(from: 0, to: 120, by: 7) {
            let fixture = try ApplyFixture(CrashTests.before, inMemory: true)
            fixture.faulty.reset(faults: [Fault(.any, .at(turn), .fail(EIO))])
            _ = try? fixture.send(CrashTests.changes(fixture))
            #expect(fixture.faulty.openDescriptors == 0, "call \(turn)")
        }
    }
}

/// How often a batch wanted to wait.
private final class Waited: Sendable {
    private let total = Monitor(0)

    var count: Int { total.look { $0 } }

    func note() { total.change { $0 += 1 } }
}
