import Dispatch
import Glibc
import Testing

@testable import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// Watching by events of a whole file system.
@Suite(
    .enabled(
        if: Backend.isFanotifyAllowed,
        "fanotify cannot watch here: \(Backend.fanotifyRefusal ?? "")"
    )
)
struct FanotifyTests {
    /// Nothing is swept in the time a test takes.
    private static let few = WatchBudget(
        watches: 5,
        directorySweep: 3_600_000_000_000,
        fileSweep: 3_600_000_000_000,
        fanotify: .beyondWatches
    )

    private func makeRoot(_ budget: WatchBudget = Backend.fanotify.budget) throws -> WatchedRoot {
        try WatchedRoot(budget: budget) { root in
            for number in 0..<20 { try root.write("x", to: "d\(number % 4)/e\(number)/f") }
        }
    }

    /// Reads without a drain until the tree is what a scan finds.
    private func wait(for root: WatchedRoot) throws {
        let end = WatchedRoot.deadline(seconds: 60)
        while DispatchTime.now() < end {
            try root.step(until: .now() + .milliseconds(50))
            _ = try root.live.refresh([])
            if try root.files.scan().tree.rootDigest == root.live.tree.rootDigest { return }
        }
        Issue.record("the events told not all")
    }

    @Test func `with too few watches it watches in the place of polling, and says why`() throws {
        let root = try makeRoot(Self.few)
        let report = root.watcher.report
        #expect(report.kind == .fanotify && report.isComplete && !report.isOrdinary)
        #expect(report.fanotifyReason == .budget && report.watches == 25)
        #expect(report.description.contains("by fanotify, because the tree has more directories"))
        for number in 0..<20 { try root.files.write("new", to: "d\(number % 4)/e\(number)/n/f") }
        try root.files.write("changed", to: "d3/e3/f")
        try wait(for: root)
    }

    @Test func `a tree that outgrows its watches is watched by it from then on`() throws {
        let root = try WatchedRoot(budget: Self.few)
        #expect(root.watcher.report.kind == .inotify)
        for number in 0..<20 { try root.files.write("x", to: "d\(number)/f") }
        try wait(for: root)
        try root.settle()
        #expect(root.watcher.report.kind == .fanotify && root.watcher.report.isComplete)
        try root.files.write("later", to: "d19/f")
        try wait(for: root)
        try root.expectSame()
    }

    @Test func `where there are watches enough inotify watches`() throws {
        let root = try makeRoot(.ofSystem)
        #expect(root.watcher.report.kind == .inotify && root.watcher.report.isOrdinary)
    }

    @Test func `a directory removed and made anew under its name is watched`() throws {
        let root = try makeRoot()
        for round in 0..<20 {
            try Command.run("rm", ["-r", root.files.path("d1")])
            try root.files.write("\(round)", to: "d1/e1/f")
            if round % 3 == 0 { try root.settle() }
            try root.files.write("again \(round)", to: "d1/e1/g")
            if round % 2 == 0 { try root.settle() }
        }
        try root.settle()
        try root.expectSame()
        #expect(root.watcher.report.directories == 1 + 3 + 15 + 2)
    }

    @Test func `directories moved out are left alone, and those moved in are watched`() throws {
        let root = try makeRoot()
        let away = root.files.directory.path("away")
        #expect(rename(root.files.path("d0"), away) == 0)
        try root.settle()
        let known = root.watcher.report.directories
        try Command.run("sh", ["-c", "mkdir \(away)/new && echo out > \(away)/e0/f"])
        #expect(root.watcher.drain(until: WatchedRoot.deadline()))
        #expect(root.watcher.next(until: .now()) == nil)
        #expect(rename(away, root.files.path("back")) == 0)
        try root.settle()
        #expect(root.watcher.report.directories == known + 7)
        try root.files.write("in", to: "back/e0/f")
        try root.settle()
        try root.expectSame()
    }

    @Test func `directories that change places keep their events apart`() throws {
        let root = try makeRoot()
        for round in 0..<10 {
            let aside = root.files.path("aside")
            #expect(rename(root.files.path("d0"), aside) == 0)
            #expect(rename(root.files.path("d1"), root.files.path("d0")) == 0)
            #expect(rename(aside, root.files.path("d1")) == 0)
            try root.files.write("\(round)", to: "d\(round % 2)/n")
            if round % 3 == 0 { try root.settle() }
        }
        // One is moved below another that had stood below it.
        #expect(rename(root.files.path("d2/e2"), root.files.path("e2")) == 0)
        #expect(rename(root.files.path("d2"), root.files.path("e2/d2")) == 0)
        try root.files.write("deep", to: "e2/d2/e6/n")
        try root.settle()
        try root.files.write("deeper", to: "e2/d2/e6/m")
        try root.settle()
        try root.expectSame()
    }

    @Test func `what happened before a drain comes out of it`() throws {
        let root = try makeRoot()
        for round in 0..<200 {
            let path = "d\(round % 4)/new\(round)/f"
            try root.files.write("\(round)", to: path)
            try #require(root.watcher.drain(until: WatchedRoot.deadline()))
            let batch = try #require(root.watcher.next(until: .now()))
            _ = try root.live.refresh(batch)
            #expect(root.live.tree.find(RelativePath(trusted: Array(path.utf8))) != nil)
        }
    }

    @Test func `changes elsewhere on the file system come to nothing`() throws {
        let root = try makeRoot()
        let elsewhere = root.files.directory.path("elsewhere")
        try Command.run("mkdir", [elsewhere])
        for number in 0..<2_000 { #expect(mkdir("\(elsewhere)/\(number)", 0o755) == 0) }
        #expect(root.watcher.drain(until: WatchedRoot.deadline()))
        #expect(root.watcher.next(until: .now()) == nil)
        #expect(root.watcher.report.overflows == 0)
    }

    @Test func `an overflow, though by others, has everything looked at and watched anew`() throws {
        let faulty = FaultyFileSystem()
        let root = try WatchedRoot(budget: Backend.fanotify.budget, watchedThrough: faulty) {
            try $0.write("x", to: "d/f")
        }
        try overflow(root, faulty, 0)
        #expect(root.watcher.report.kind == .fanotify && root.watcher.report.directories == 5)
        try root.files.write("y", to: "late0/deep/f")
        try root.settle()
        #expect(root.live.tree.find("late0/deep/f") != nil)
        try root.expectSame()
    }

    @Test func `overflow upon overflow means inotify again, and polling for what it cannot watch`()
        throws
    {
        let faulty = FaultyFileSystem()
        let root = try WatchedRoot(budget: Self.few, watchedThrough: faulty) { root in
            for number in 0..<10 { try root.write("x", to: "d\(number)/f") }
        }
        #expect(root.watcher.report.kind == .fanotify)
        for round in 0..<3 { try overflow(root, faulty, round) }
        let report = root.watcher.report
        #expect(report.kind == .inotify && report.watches == 5 && report.polledDirectories > 0)
        #expect(report.description.contains("fanotify loses events"))
        try root.files.write("y", to: "late2/deep/f")
        try root.settle()
        #expect(root.live.tree.find("late2/deep/f") != nil)
        try root.expectSame()
    }

    /// Lets the watching thread itself fill the queue, while it looks at a new directory.
    private func overflow(_ root: WatchedRoot, _ faulty: FaultyFileSystem, _ round: Int) throws {
        let limit = try #require(queueLimit())
        let elsewhere = root.files.directory.path("elsewhere\(round)")
        let late = (root.files.path("late\(round)"), root.files.path("late\(round)/deep"))
        let fill = Fault(
            .only([.readDirectory]),
            .at(0),
            .before {
                mkdir(elsewhere, 0o755)
                // A name each: the kernel joins events that are alike.
                for number in 0..<(limit + 1_000) { symlink("x", "\(elsewhere)/\(number)") }
                // These happen when nothing is queued any more.
                mkdir(late.0, 0o755)
                mkdir(late.1, 0o755)
            }
        )
        let before = root.watcher.report.overflows
        faulty.reset(faults: [fill])
        try root.files.makeDirectory("new\(round)")
        var needsFullScan = false
        let end = WatchedRoot.deadline(seconds: 60)
        while !needsFullScan, let batch = root.watcher.next(until: end) {
            needsFullScan = batch.needsFullScan
            _ = try root.live.refresh(batch)
        }
        #expect(needsFullScan && root.watcher.report.overflows > before)
        try root.settle()
    }

    private func queueLimit() -> Int? {
        let path = "/proc/sys/fs/fanotify/max_queued_events"
        guard let text = try? Command.run("cat", [path]) else { return nil }
        return Int(String(decoding: text, as: UTF8.self).filter(\.isNumber))
    }
}

/// Where fanotify is not to be had.
struct FanotifyRefusedTests {
    @Test func `a refusal means polling, and stands in the report`() throws {
        let root = try WatchedRoot(budget: WatchBudget(watches: 2, fanotify: .beyondWatches)) {
            for number in 0..<5 { try $0.write("x", to: "d\(number)/f") }
        }
        let report = root.watcher.report
        guard !Backend.isFanotifyAllowed else {
            #expect(report.kind == .fanotify && report.fanotifyObstacle == nil)
            return
        }
        #expect(report.kind == .inotify && report.polledDirectories == 4)
        #expect(report.description.contains("and the kernel refused fanotify (errno "))
    }
}
