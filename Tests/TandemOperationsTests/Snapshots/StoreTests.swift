import Foundation
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSnapshots

struct StoreTests {
    @Test func `snapshots are listed oldest first and found by the start of their id`() throws {
        let fixture = try SnapshotFixture()
        let store = try fixture.store()
        var taken: [SnapshotInfo] = []
        for number in 0..<3 {
            try fixture.write("f", "\(number)")
            taken.append(try fixture.take(store, label: "l\(number)"))
        }
        #expect(try store.list().map(\.id) == taken.map(\.id))
        #expect(try store.find("latest").id == taken[2].id)
        #expect(try store.find(taken[1].shortID).manifest.label == "l1")
        #expect(try store.find(taken[1].id.hex.uppercased()).id == taken[1].id)
        #expect(throws: SnapshotError.self) { try store.find("zz") }
        #expect(throws: SnapshotError.self) { try store.find("") }
    }

    @Test func `another process finds the same snapshots, with and without the index file`() throws
    {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 1)
        let snapshot = try fixture.take(try fixture.store())
        let index = "\(fixture.storePath)/index"
        for round in 0..<3 {
            if round == 1 { try FileManager.default.removeItem(atPath: index) }
            if round == 2 { try Data("damage".utf8).write(to: URL(fileURLWithPath: index)) }
            let store = try fixture.store()
            #expect(try store.list().map(\.id) == [snapshot.id])
            #expect(try store.tree(of: snapshot).rootDigest == snapshot.manifest.root)
        }
    }

    @Test func `a restore never replaces anything and leaves nothing when it fails`() throws {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 2)
        let store = try fixture.store()
        let snapshot = try fixture.take(store)
        try fixture.directory.write("mine", to: "there")
        let error = #expect(throws: SnapshotError.self) {
            try fixture.restore(snapshot, of: store, to: "there")
        }
        #expect(error?.code == .exists)
        #expect(try fixture.directory.read("there") == "mine")
        let target = try NewPlace(fixture.directory.path("late"), on: RealFileSystem())
        try store.read(snapshot, .root) { try target.take($0) }
        try fixture.directory.write("mine", to: "late")
        #expect(throws: SnapshotError.self) { try target.finish() }
        #expect(try fixture.directory.read("late") == "mine")
    }

    @Test func `an abandoned restore leaves nothing`() throws {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 2)
        let store = try fixture.store()
        let snapshot = try fixture.take(store)
        let before = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.url.path)
        do {
            let target = try NewPlace(fixture.directory.path("copy"), on: RealFileSystem())
            try store.read(snapshot, .root) { try target.take($0) }
        }
        let after = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.url.path)
        #expect(Set(before) == Set(after))
    }

    @Test func `one file, one link or one directory can be restored alone`() throws {
        let fixture = try SnapshotFixture()
        try fixture.write("a/b/file", "content")
        symlink("file", "\(fixture.root)/a/b/link")
        let store = try fixture.store()
        let snapshot = try fixture.take(store)
        try fixture.restore(snapshot, of: store, path: "a/b/file", to: "file")
        #expect(try fixture.directory.read("file") == "content")
        try fixture.restore(snapshot, of: store, path: "a/b/link", to: "link")
        let link = fixture.directory.path("link")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "file")
        let folder = try fixture.restore(snapshot, of: store, path: "a", to: "folder")
        #expect(try SnapshotFixture.scan(folder).listing.count == 3)
        let missing = #expect(throws: SnapshotError.self) {
            try fixture.restore(snapshot, of: store, path: "a/nothing", to: "x")
        }
        #expect(missing?.code == .notFound)
    }

    @Test func `two writers exclude each other, and readers only a prune`() throws {
        let fixture = try SnapshotFixture()
        try fixture.write("f", "x")
        let (one, two) = (try fixture.store(), try fixture.store())
        try fixture.take(one)
        do {
            let lock = try StoreLock(.writing, in: one.directory)
            defer { extendLifetime(lock) }
            #expect(throws: SnapshotError.self) { try fixture.take(two) }
            #expect(try two.verify().isClean)
            #expect(throws: SnapshotError.self) { try two.prune(RetentionPolicy(last: 1)) }
        }
        do {
            let reader = try ObjectReader(one)
            defer { extendLifetime(reader) }
            try fixture.take(two)
            let error = #expect(throws: SnapshotError.self) {
                try two.prune(RetentionPolicy(last: 1))
            }
            #expect(error?.code == .busy)
        }
        _ = try two.prune(RetentionPolicy(last: 1))
        #expect(try one.list().count == 1)
    }

    @Test func `a directory that is no store, or open to others, is refused`() throws {
        let fixture = try SnapshotFixture()
        try Data("2".utf8).write(to: URL(fileURLWithPath: "\(fixture.storePath)/format"))
        #expect(throws: SnapshotError.self) { try fixture.store() }
        let other = try SnapshotFixture()
        chmod(other.storePath, 0o777)
        #expect(throws: SnapshotError.self) { try other.store() }
    }

    @Test func `an export is what tar takes for the tree`() throws {
        guard Command.path(of: "tar") != nil, Command.path(of: "zstd") != nil else { return }
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 6)
        try fixture.write("\(String(repeating: "long/", count: 60))name", "deep")
        let bad = "\(fixture.root)/" + "bad\u{E9}"
        try Data("x".utf8).write(to: URL(fileURLWithPath: bad))
        let store = try fixture.store()
        let snapshot = try fixture.take(store)
        var tar = TarWriter(time: 1_700_000_000)
        let zstd = ZstdStream()
        var bytes: [UInt8] = []
        try store.read(snapshot, .root) { event in
            bytes += zstd.add(tar.bytes(for: event, below: Array("top".utf8))) ?? []
        }
        bytes += zstd.add(tar.end()) ?? []
        bytes += zstd.finish() ?? []
        try Data(bytes).write(to: URL(fileURLWithPath: fixture.directory.path("x.tar.zst")))
        let place = fixture.directory.path("untarred")
        try FileManager.default.createDirectory(
            atPath: place,
            withIntermediateDirectories: true
        )
        try Command.run(
            "tar",
            ["--zstd", "-xf", fixture.directory.path("x.tar.zst"), "-C", place]
        )
        let found = try SnapshotFixture.scan("\(place)/top")
        #expect(differences(from: try store.tree(of: snapshot), to: found).isEmpty)
    }
}
