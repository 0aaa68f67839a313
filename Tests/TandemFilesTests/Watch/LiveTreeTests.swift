import Glibc
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

struct LiveTreeTests {
    /// Wide enough for the slowest machine between a write and the look at it.
    private static let wide = RacyWindow(nanoseconds: 600_000_000_000)

    private func makeRoot(
        _ time: any TimeSource = ManualTime(),
        window: RacyWindow = .fine
    ) throws -> (ScanRoot, LiveTree) {
        let root = try ScanRoot()
        try root.write("*.o\n", to: ".gitignore")
        try root.write("a", to: "a")
        try root.write("b", to: "d/e/b")
        try root.write("c", to: "d/c")
        var live = LiveTree(
            fileSystem: root.fileSystem,
            root: root.root,
            window: window,
            rules: .collect,
            time: time
        )
        #expect(try live.scanAll().isEmpty)
        return (root, live)
    }

    @Test func `a changed file costs one hash and no listing`() throws {
        var (root, live) = try makeRoot()
        for number in 0..<500 { try root.write("x", to: "d/many/\(number)") }
        _ = try live.refresh(["d/many"])
        try root.write("changed", to: "d/many/7")
        root.fileSystem.reset()
        let found = try live.refresh(["d/many/7"])
        #expect(
            found == [Difference(path: "d/many/7", old: .content("x"), new: .content("changed"))]
        )
        #expect(root.fileSystem.count(of: .openFile) == 1)
        #expect(root.fileSystem.count(of: .readDirectory) == 0)
        #expect(root.fileSystem.failableCalls < 30)
    }

    @Test func `a path whose parent is new is read from the topmost new directory`() throws {
        var (root, live) = try makeRoot()
        try root.write("y", to: "n/m/x/y")
        let found = try live.refresh(["n/m/x/y"])
        #expect(found.map(\.path) == ["n", "n/m", "n/m/x", "n/m/x/y"])
    }

    @Test func `paths below another cost nothing more`() throws {
        var (root, live) = try makeRoot()
        root.fileSystem.reset()
        _ = try live.refresh(["d"])
        let alone = root.fileSystem.failableCalls
        root.fileSystem.reset()
        _ = try live.refresh(["d", "d/c", "d/e", "d/e/b", "d"])
        #expect(root.fileSystem.failableCalls == alone)
    }

    @Test func `the root as a path means everything`() throws {
        var (root, live) = try makeRoot()
        try root.write("new", to: "d/new")
        #expect(try live.refresh([.root]).map(\.path) == ["d/new"])
        #expect(live.tree.find("d/new") != nil)
    }

    @Test func `a scan tells what differs from the tree of an earlier run`() throws {
        let (root, before) = try makeRoot()
        try root.write("changed", to: "a")
        var live = LiveTree(
            fileSystem: root.fileSystem,
            root: root.root,
            window: .fine,
            rules: .collect,
            previous: before.tree,
            time: ManualTime()
        )
        root.fileSystem.reset()
        #expect(try live.scanAll().map(\.path) == ["a"])
        // The rules file is opened for its rules, the changed file for its digest.
        #expect(root.fileSystem.count(of: .openFile) == 2)
    }

    @Test func `content read within the racy window is read again after it`() throws {
        // By this clock the files were written this instant.
        let time = PresentTime()
        var (root, live) = try makeRoot(time, window: Self.wide)
        let next = try #require(live.nextLook)
        #expect(next <= time.monotonic + UInt64(Self.wide.nanoseconds) + 5_000_000)
        // Past the window the same stamps are settled.
        time.offset = 3_600_000_000_000
        root.fileSystem.reset()
        #expect(try live.refresh([]).isEmpty)
        #expect(root.fileSystem.count(of: .openFile) >= 4)
        #expect(live.nextLook == nil)
        root.fileSystem.reset()
        #expect(try live.refresh([]).isEmpty)
        #expect(root.fileSystem.count(of: .openFile) == 0)
    }

    @Test func `an edit that leaves every time as it was is found by the second look`() throws {
        let time = PresentTime()
        var (root, live) = try makeRoot(time, window: Self.wide)
        try root.write("z", to: "a")
        time.offset = 3_600_000_000_000
        #expect(try live.refresh([]).map(\.path) == ["a"])
    }

    @Test func `what a batch did is taken over, and its own events are no news`() throws {
        var (root, live) = try makeRoot()
        try root.write("fromVM", to: "new")
        let status = try #require(
            try withCName(Array("new".utf8)) { name throws(SystemError) in
                try RealFileSystem().status(at: root.root.descriptor, name)
            }
        )
        live.apply([.put("new", .content("fromVM"), status.stamp), .remove("d/c")])
        #expect(unlink(root.path("d/c")) == 0)
        root.fileSystem.reset()
        #expect(try live.refresh(["new", "d/c"]).isEmpty)
        #expect(root.fileSystem.count(of: .openFile) == 0)
        #expect(live.doubted.isEmpty)
        #expect(live.tree.rootDigest == (try root.scan().tree.rootDigest))
    }

    @Test func `problems come and go with what has them`() throws {
        var (root, live) = try makeRoot()
        #expect(mkfifo(root.path("d/pipe"), 0o644) == 0)
        #expect(mkfifo(root.path("pipe"), 0o644) == 0)
        #expect(try live.refresh(["d", "pipe"]).isEmpty)
        #expect(live.problems.map(\.path) == ["d/pipe", "pipe"])
        #expect(unlink(root.path("d/pipe")) == 0)
        #expect(try live.refresh(["d/pipe"]).isEmpty)
        #expect(live.problems.map(\.path) == ["pipe"])
    }

    @Test(.tags(.fault), arguments: [EIO, ENOENT, EACCES, EMFILE])
    func `whatever call fails, the next refresh makes it good`(code: Int32) throws {
        let time = ManualTime()
        var (root, live) = try makeRoot(time)
        try root.write("changed", to: "d/c")
        try root.write("y", to: "n/x/y")
        try root.write("!*.o\n", to: "d/e/.gitignore")
        try root.write("o", to: "d/e/b.o")
        let dirty: [RelativePath] = ["d/c", "d/e/.gitignore", "d/e/b.o", "n"]
        let start = live
        root.fileSystem.reset()
        _ = try live.refresh(dirty)
        let calls = root.fileSystem.failableCalls
        let wanted = try root.scan().tree
        for turn in 0..<calls {
            live = start
            root.fileSystem.reset(faults: [Fault(.any, .at(turn), .fail(code))])
            let outcome = Result { try live.refresh(dirty) }
            if case .failure = outcome { #expect(live.tree.rootDigest == start.tree.rootDigest) }
            for (path, state) in live.tree.listing where state.kind == .file {
                // Right, or as it was before.
                let now = wanted.state(at: path)
                #expect(state == now || state == start.tree.state(at: path), "call \(turn) \(path)")
            }
            #expect(root.fileSystem.openDescriptors == 0, "call \(turn)")
            root.fileSystem.reset()
            // What was thrown is owed; what became a problem is looked at like any dirty path.
            // Who says that nothing stands there is believed: whatever took it away raises an event.
            let again = live.problems.map(\.path) + (code == ENOENT ? dirty : [])
            time.advance(milliseconds: 50)
            _ = try live.refresh(again)
            time.advance(milliseconds: 50)
            _ = try live.refresh([])
            #expect(live.tree.listing == wanted.listing, "call \(turn)")
        }
    }
}

/// The machine's clocks, which a test moves on.
final class PresentTime: TimeSource {
    private let moved = Monitor<UInt64>(0)

    var offset: UInt64 {
        get { moved.look { $0 } }
        set { moved.change { $0 = newValue } }
    }
    var monotonic: UInt64 { SystemTime().monotonic + offset }
    var wall: Int64 { SystemTime().wall + Int64(offset) }
}
