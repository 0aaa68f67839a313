import Dispatch
import Foundation
import Synchronization
import TandemFiles
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

struct RestoreTests {
    @Test func `what a snapshot has is brought back, of every kind`() throws {
        let both = try PairFixture()
        let snapshot = try Snapshot(of: both) { vm in
            try vm.makeDirectory("src/empty")
            try vm.write("one", to: "src/a.txt")
            try vm.write("#!/bin/sh\n", to: "src/run.sh", mode: 0o755)
            try vm.link("src/link", to: "a.txt")
            try vm.write("was a file", to: "kind")
            try vm.makeDirectory("was-directory")
            try vm.write("inside", to: "was-directory/file")
            try vm.write(String(repeating: "x", count: 2_000_000), to: "big")
        }
        try both.vm.write("two", to: "src/a.txt")
        try both.vm.write("#!/bin/sh\n", to: "src/run.sh", mode: 0o644)
        for name in ["src/link", "src/empty", "kind", "was-directory", "big"] {
            try both.vm.remove(name)
        }
        try both.vm.makeDirectory("kind")
        try both.vm.write("in the way", to: "kind/new")
        try both.vm.write("in the way, too", to: "was-directory")
        try both.vm.write("new", to: "src/new.txt")

        let run = snapshot.run(both)
        let plan = try run.plan(try snapshot.order(deleting: true))
        #expect(plan.kept.isEmpty && plan.extraCount == 0)
        let report = try run.apply(plan, reading: snapshot.reading())

        #expect(report.kept.isEmpty)
        #expect(report.appliedCount == plan.changes.count)
        #expect(try snapshot.differences() == "")
        let shelved = try both.requests.shelf(prefix: .root).map(\.path.description)
        #expect(shelved.contains("src/new.txt") && shelved.contains("was-directory"))
    }

    @Test func `what the snapshot lacks stays, unless it is to be removed`() throws {
        let both = try PairFixture()
        let snapshot = try Snapshot(of: both) { try $0.write("one", to: "a") }
        try both.vm.makeDirectory("new")
        try both.vm.write("new", to: "new/file")
        try both.vm.remove("a")
        try both.vm.makeDirectory("a")
        let run = snapshot.run(both)

        let plan = try run.plan(try snapshot.order(deleting: false))

        #expect(plan.changes.isEmpty)
        #expect(plan.extraCount == 2)
        #expect(plan.kept.map(\.path.description) == ["a"])
        let other = try run.plan(try snapshot.order(deleting: true, sparing: ["new/file"]))
        #expect(other.changes.map(\.path.description) == ["a"])
        #expect(other.extraCount == 2)
    }

    @Test func `an edit made after the plan was shown is kept and named`() throws {
        let both = try PairFixture()
        let snapshot = try Snapshot(of: both) { vm in
            try vm.write("a one", to: "a")
            try vm.write("b one", to: "b")
        }
        for name in ["a", "b"] { try both.vm.write("\(name) two", to: name) }
        try both.vm.write("new", to: "c")
        let run = snapshot.run(both)
        let plan = try run.plan(try snapshot.order(deleting: true))
        try both.vm.write("a three", to: "a")
        try both.vm.write("newer", to: "c")

        let report = try run.apply(plan, reading: snapshot.reading())

        #expect(report.kept.map(\.path.description) == ["a", "c"])
        #expect(report.appliedCount == 1)
        #expect(try both.vm.read("a") == "a three")
        #expect(try both.vm.read("b") == "b one")
        #expect(try both.vm.read("c") == "newer")
        let shelved = try both.requests.shelf(prefix: .root)
        #expect(shelved.map(\.path.description) == ["b"])
        // The laptop never had it, so only a person throws it away.
        #expect(shelved.first?.isLive == true)
        try both.requests.restore(item: try #require(shelved.first).id, to: "b.new")
        #expect(try both.vm.read("b.new") == "b two")
    }

    @Test func `a link that is cut leaves no half, and what was sent is not sent again`() throws {
        let both = try PairFixture()
        let snapshot = try Snapshot(of: both) { vm in
            // What compresses would all be through before the cut.
            var random = SeededGenerator(seed: 7)
            for number in 0..<8 {
                let words = (0..<125_000).map { _ in random.next() }
                let bytes = unsafe words.withUnsafeBytes { unsafe Data($0) }
                try bytes.write(to: URL(filePath: vm.path("f\(number)")))
            }
        }
        for number in 0..<8 { try both.vm.write("new", to: "f\(number)") }
        let run = snapshot.run(both)
        let plan = try run.plan(try snapshot.order(deleting: false))
        let cut = snapshot.run(both) { CutLink($0, after: 4_500_000) }

        #expect(throws: SyncError.self) { try cut.apply(plan, reading: snapshot.reading()) }
        for number in 0..<8 { #expect(try both.vm.read("f\(number)") == "new") }

        let report = try run.apply(plan, reading: snapshot.reading())
        #expect(try snapshot.differences() == "")
        #expect(report.sentContentBytes < 8_000_000)
    }

    @Test func `a snapshot that breaks off in the middle changes nothing`() throws {
        let both = try PairFixture()
        let snapshot = try Snapshot(of: both) { try $0.write("one", to: "a") }
        try both.vm.write("two", to: "a")
        let run = snapshot.run(both)
        let plan = try run.plan(try snapshot.order(deleting: false))

        #expect(throws: LinkError.self) {
            try run.apply(plan) { _, _ in throw LinkError(.closed, "cut") }
        }
        let wrong = #expect(throws: SyncError.self) {
            try run.apply(plan) { _, body in
                try body(.file("a", size: 3, digest: .zero))
            }
        }

        #expect(wrong?.message.contains("other content") == true)
        #expect(try both.vm.read("a") == "two")
    }

    @Test func `only the entry that is asked for is brought back, with what leads to it`() throws {
        let both = try PairFixture()
        let snapshot = try Snapshot(of: both) { vm in
            try vm.makeDirectory("d/e")
            try vm.write("one", to: "d/e/f")
            try vm.write("one", to: "d/g")
            try vm.write("one", to: "h")
        }
        try both.vm.remove("d")
        try both.vm.write("two", to: "h")
        let run = snapshot.run(both)

        let plan = try run.plan(try snapshot.order(deleting: true, at: "d/e"))
        _ = try run.apply(plan, reading: snapshot.reading())

        #expect(try both.vm.read("d/e/f") == "one")
        #expect(!both.vm.exists("d/g"))
        #expect(try both.vm.read("h") == "two")
    }

    @Test func `a restore is agreed by nobody, so a push takes it for the vm's own`() throws {
        let both = try PairFixture()
        try both.laptop.write("one", to: "a")
        _ = try both.push()
        let snapshot = try Snapshot(of: both) { _ in }
        try both.laptop.write("two", to: "a")
        let before = try both.push()
        let run = snapshot.run(both)
        let plan = try run.plan(try snapshot.order(deleting: false))
        // What the laptop holds as it is need not be kept for ever.
        #expect(!plan.displacesLive)
        _ = try run.apply(plan, reading: snapshot.reading())

        let after = try both.push()

        #expect(try both.vm.read("a") == "one")
        #expect(after.generation == before.generation)
        #expect(after.vmOnly.map(\.path.description) == ["a"])
    }

    @Test func `what the pair ignores is neither restored nor removed`() throws {
        let both = try PairFixture()
        try both.laptop.write("*.o\n", to: ".gitignore")
        _ = try both.push()
        let snapshot = try Snapshot(of: both) { vm in
            try vm.write("old", to: "x.o")
            try vm.write("one", to: "a")
        }
        try both.vm.write("new", to: "x.o")
        try both.vm.write("new", to: "y.o")
        try both.vm.remove("a")
        let run = snapshot.run(both)

        let plan = try run.plan(try snapshot.order(deleting: true))
        _ = try run.apply(plan, reading: snapshot.reading())

        #expect(plan.ignoredCount == 1)
        #expect(try both.vm.read("x.o") == "new")
        #expect(both.vm.exists("y.o"))
        #expect(try both.vm.read("a") == "one")
    }

    @Test func `a pair that is kept in sync lends the vm, and brings the restore home`() throws {
        let both = try PairFixture()
        try both.laptop.write("one", to: "a")
        try both.laptop.write("stays", to: "b")
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")
        let snapshot = try Snapshot(of: both) { _ in }
        try both.laptop.write("two", to: "a")
        try both.laptop.write("new", to: "c")
        #expect(try live.differencesAfterFlush() == "")
        live.live.pause()
        #expect(live.wait { live.isPaused })

        let run = snapshot.run(both)
        let plan = try run.plan(try snapshot.order(deleting: true))
        let report = try run.apply(plan, reading: snapshot.reading())
        #expect(report.kept.isEmpty)
        live.live.resume()

        #expect(live.wait { both.laptop.text("a") == "one" && !both.laptop.exists("c") })
        #expect(try live.differencesAfterFlush() == "")
        #expect(try both.vm.read("a") == "one")
    }

    @Test func `a session at work is not ended by a restore`() throws {
        let both = try PairFixture()
        let snapshot = try Snapshot(of: both) { try $0.write("one", to: "a") }
        let run = snapshot.run(both)
        let plan = try run.plan(try snapshot.order(deleting: false))
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")

        let error = #expect(throws: SyncError.self) {
            try run.apply(plan, reading: snapshot.reading())
        }

        #expect(error?.code == .busy)
    }
}

/// A copy of the vm's tree as it was, which answers as the snapshot daemon does.
private struct Snapshot {
    private let copy: TemporaryDirectory
    private let both: PairFixture
    private let tree: Tree

    /// Lets `body` change the vm, and then takes the copy.
    init(of both: PairFixture, _ body: (TemporaryDirectory) throws -> Void) throws {
        try body(both.vm)
        copy = try TemporaryDirectory()
        self.both = both
        for name in try FileManager.default.contentsOfDirectory(atPath: both.vm.url.path)
        where name != ".tandem" {
            try FileManager.default.copyItem(atPath: both.vm.path(name), toPath: copy.path(name))
        }
        tree = try Self.scan(copy.url.path)
    }

    func run(
        _ both: PairFixture,
        _ wrap: @escaping @Sendable (any ByteLink) -> any ByteLink = { $0 }
    ) -> RestoreRun {
        let connect = both.connector()
        return RestoreRun(pair: both.pair, connect: { wrap(try connect()) }, observer: { _ in })
    }

    func order(
        deleting: Bool,
        at path: RelativePath = .root,
        sparing: Set<RelativePath> = []
    ) throws -> RestoreOrder {
        var part = Tree()
        tree.forEach { id, bytes in
            let here = RelativePath(trusted: bytes)
            let isOnTheWay = path == here || path.isDescendant(of: here)
            guard isOnTheWay || here.isDescendant(of: path) else { return false }
            return here.isRoot || (try? part.put(here, tree.state(of: id))) != nil
        }
        part.rehash()
        var order = RestoreOrder(snapshot: part, path: path)
        guard deleting else { return order }
        let new = TandemTree.differences(from: tree, to: try Self.scan(both.vm.url.path))
        order.removable = Set(new.filter { $0.old == nil }.map(\.path)).subtracting(sparing)
        return order
    }

    func reading() -> SnapshotReading {
        let root = copy.url.path
        return { paths, body in
            for path in paths {
                let place = "\(root)/\(String(decoding: path.bytes, as: UTF8.self))"
                if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place) {
                    try body(.symbolicLink(path, target: Array(target.utf8)))
                    continue
                }
                let bytes = Array(try Data(contentsOf: URL(filePath: place)))
                let digest = ContentHasher.digest(of: bytes)
                try body(.file(path, size: UInt64(bytes.count), digest: digest))
                for start in stride(from: 0, to: bytes.count, by: 100_000) {
                    try body(.data(bytes[start..<min(start + 100_000, bytes.count)]))
                }
                try body(.end)
            }
        }
    }

    /// What the vm has otherwise than the snapshot; empty when nothing.
    func differences() throws -> String {
        TandemTree.differences(from: tree, to: try Self.scan(both.vm.url.path))
            .map(\.path.description).joined(separator: "\n")
    }

    private static func scan(_ path: String) throws -> Tree {
        let fileSystem = RealFileSystem()
        let root = try SyncRoot.open(path, on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        return try Scanner(fileSystem: fileSystem).scan(root: root, rules: .given(.standard)).tree
    }
}

/// A link that breaks after so many bytes were written.
private final class CutLink: ByteLink {
    private let link: any ByteLink
    private let left: Mutex<Int>

    init(_ link: any ByteLink, after count: Int) {
        self.link = link
        left = Mutex(count)
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int {
        try unsafe link.read(into: buffer, until: deadline)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        let isOver = left.withLock { left in
            left -= bytes.count
            return left < 0
        }
        if isOver { link.close() }
        try unsafe link.write(bytes)
    }

    func close() { link.close() }
}
