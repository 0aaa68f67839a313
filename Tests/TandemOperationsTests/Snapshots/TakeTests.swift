import Foundation
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSnapshots

struct TakeTests {
    @Test(arguments: UInt64(1)...4)
    func `what was taken is restored bit for bit`(seed: UInt64) throws {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: seed)
        let store = try fixture.store()
        let snapshot = try fixture.take(store)
        let place = try fixture.restore(snapshot, of: store, to: "copy")
        let (old, new) = (
            try SnapshotFixture.scan(fixture.root), try SnapshotFixture.scan(place)
        )
        #expect(differences(from: old, to: new).isEmpty, "seed \(seed)")
        #expect(old.rootDigest == snapshot.manifest.root, "seed \(seed)")
        #expect(snapshot.manifest.problems.isEmpty, "seed \(seed)")
    }

    @Test func `a second snapshot of the same tree adds one small file and reads no content`()
        throws
    {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 9)
        let store = try fixture.store()
        let first = try fixture.take(store)
        let files = try fixture.storeFiles()
        let counting = FaultyFileSystem()
        // The first may have been within the racy window; the state then knows better.
        var taker = try fixture.taker(store, counting)
        let second = try taker.take(reason: .interval)
        #expect(second.manifest.root == first.manifest.root)
        #expect(second.manifest.newBytes == 0 && second.manifest.storedBytes == 0)
        let added = Set(try fixture.storeFiles()).subtracting(files)
        #expect(added == ["snapshots/\(second.id.hex)"])
    }

    @Test func `one edited line of a big file stores about a chunk`() throws {
        let fixture = try SnapshotFixture()
        var random = SeededGenerator(seed: 3)
        var bytes = SnapshotFixture.bytes(5_000_000, &random)
        try fixture.write("big", bytes)
        let store = try fixture.store()
        try fixture.take(store)
        bytes.insert(contentsOf: Array("a line\n".utf8), at: 2_345_678)
        try fixture.write("big", bytes)
        let second = try fixture.take(store)
        #expect(second.manifest.newBytes < UInt64(4 * Chunker.maximum))
        #expect(second.manifest.newBytes > 0)
    }

    @Test func `copies and moves store nothing but directories`() throws {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 4)
        let store = try fixture.store()
        try fixture.take(store)
        try FileManager.default.copyItem(
            atPath: "\(fixture.root)/d1",
            toPath: "\(fixture.root)/moved"
        )
        let second = try fixture.take(store)
        #expect(second.manifest.newBytes == 0)
    }

    @Test func `the state directory, garbage and logs are left out`() throws {
        let fixture = try SnapshotFixture()
        for name in [".tandem/shelf/x", "a.pyc", "logs/x", "keep", ".git/HEAD"] {
            try fixture.write(name, "x")
        }
        let store = try fixture.store()
        let tree = try store.tree(of: try fixture.take(store))
        #expect(Array(tree.listing.keys) == ["keep"])
    }

    @Test func `what cannot be read is a problem of the snapshot and hurts nothing else`() throws {
        let fixture = try SnapshotFixture()
        try fixture.write("good", "x")
        mkfifo("\(fixture.root)/pipe", 0o600)
        let store = try fixture.store()
        let snapshot = try fixture.take(store)
        #expect(snapshot.manifest.problems.map(\.path) == ["pipe"])
        #expect(snapshot.manifest.problemCount == 1)
        #expect(try store.tree(of: snapshot).listing.keys.sorted() == ["good"])
    }

    @Test func `a file that is torn while it is read is read again`() throws {
        let fixture = try SnapshotFixture()
        var random = SeededGenerator(seed: 5)
        let (old, new) = (
            SnapshotFixture.bytes(3_000_000, &random), SnapshotFixture.bytes(3_000_000, &random)
        )
        try fixture.write("file", old)
        let path = "\(fixture.root)/file"
        // In the midst of the storer's reading, which follows 12 reads of the scan, somebody writes
        // the file anew, in place.
        let counter = Monitor(0)
        let racing = FaultyFileSystem(faults: [
            Fault(
                .only([.readAt]),
                .every(1),
                .before {
                    let turn = counter.change { turn in
                        turn += 1
                        return turn
                    }
                    guard turn == 14, let file = FileHandle(forUpdatingAtPath: path) else { return }
                    file.write(Data(new))
                    try? file.close()
                }
            )
        ])
        let store = try fixture.store()
        var taker = try fixture.taker(store, racing)
        let snapshot = try taker.take(reason: .request)
        let place = try fixture.restore(snapshot, of: store, path: "file", to: "copy")
        let found = Array(try Data(contentsOf: URL(fileURLWithPath: place)))
        #expect(found == old || found == new, "a mixture was stored")
        #expect(counter.look { $0 } > 15)
    }

    @Test func `a file that never stands still is a problem`() throws {
        let fixture = try SnapshotFixture()
        try fixture.write("good", "x")
        try fixture.write("log", "0")
        let path = "\(fixture.root)/log"
        let restless = FaultyFileSystem(faults: [
            Fault(
                .only([.readAt]),
                .every(1),
                .before {
                    guard let file = FileHandle(forWritingAtPath: path) else { return }
                    file.seekToEndOfFile()
                    file.write(Data("more".utf8))
                    try? file.close()
                }
            )
        ])
        let store = try fixture.store()
        var taker = try fixture.taker(store, restless)
        let snapshot = try taker.take(reason: .request)
        #expect(snapshot.manifest.problems.map(\.reason) == [.keepsChanging])
        #expect(try store.tree(of: snapshot).listing.keys.sorted() == ["good"])
    }

    @Test func `a missing root gives no snapshot`() throws {
        let fixture = try SnapshotFixture()
        let store = try fixture.store()
        var taker = try fixture.taker(store)
        try FileManager.default.removeItem(atPath: fixture.root)
        let error = #expect(throws: SnapshotError.self) { try taker.take(reason: .request) }
        #expect(error?.code == .tree)
        #expect(try store.list().isEmpty)
    }
}
