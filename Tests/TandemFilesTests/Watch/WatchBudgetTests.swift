import Dispatch
import Glibc
import Testing

@testable import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

struct WatchBudgetTests {
    private static let quick = WatchBudget(
        watches: 100,
        directorySweep: 5_000_000,
        fileSweep: 30_000_000,
        fanotify: .never
    )

    private func makeRoot(_ budget: WatchBudget) throws -> WatchedRoot {
        try WatchedRoot(budget: budget) { root in
            for number in 0..<300 { try root.write("x", to: "d\(number % 20)/e\(number)/f") }
        }
    }

    @Test func `a budget of a hundred watches is kept, and what is polled is named`() throws {
        let report = try makeRoot(Self.quick).watcher.report
        #expect(report.kind == .inotify)
        #expect(report.watches == 100 && report.budget == 100)
        #expect(report.directories == 321 && report.polledDirectories == 221)
        #expect(!report.polled.isEmpty && report.polled.count <= WatchReport.longestList)
        #expect(report.polled.allSatisfy { $0.reason == .budget })
        #expect(!report.isComplete)
        #expect(report.description.contains("221 of 321 directories are only polled"))
    }

    @Test func `beyond the budget nothing is missed`() throws {
        let root = try makeRoot(Self.quick)
        for number in 0..<300 where number % 7 == 0 {
            try root.files.write("changed \(number)", to: "d\(number % 20)/e\(number)/f")
            try root.files.write("new", to: "d\(number % 20)/e\(number)/n/m/f")
        }
        try Command.run("rm", ["-r", root.files.path("d3"), root.files.path("d4/e4")])
        // Without a drain: the sweeps alone have to find it.
        try wait(for: root)
        try root.expectSame()
    }

    @Test func `polling alone finds files written, made and removed`() throws {
        var budget = Self.quick
        budget.watches = 0
        let root = try makeRoot(budget)
        #expect(root.watcher.report.watches == 0)
        #expect(root.watcher.report.polled.map(\.path) == [.root])
        try root.files.write("changed", to: "d1/e1/f")
        try root.files.write("new", to: "d1/e1/new")
        #expect(unlink(root.files.path("d2/e2/f")) == 0)
        try wait(for: root)
        try root.expectSame()
    }

    @Test func `watches that come free are used for what was polled`() throws {
        let root = try makeRoot(Self.quick)
        for number in 0..<20 where number % 4 != 0 {
            try Command.run("rm", ["-r", root.files.path("d\(number)")])
        }
        let end = WatchedRoot.deadline()
        while !root.watcher.report.isComplete, DispatchTime.now() < end {
            try root.step(until: .now() + .milliseconds(50))
        }
        #expect(root.watcher.report.isComplete)
        try root.files.write("late", to: "d0/e0/f")
        try root.settle()
        try root.expectSame()
    }

    /// Reads until the tree is what a scan finds, or the deadline is over.
    private func wait(for root: WatchedRoot) throws {
        let end = WatchedRoot.deadline()
        while DispatchTime.now() < end {
            try root.step(until: .now() + .milliseconds(50))
            _ = try root.live.refresh([])
            let whole = try root.files.scan()
            if whole.tree.rootDigest == root.live.tree.rootDigest { return }
        }
        Issue.record("the sweeps found not all")
    }

    @Test func `the command to run makes room with a quarter to spare`() {
        let small = WatchLimits(watches: 16_000, instances: 128)
        #expect(small.share == 12_000)
        #expect(
            small.remedy(forWatching: 500) == "sudo sysctl -w fs.inotify.max_user_watches=65536"
        )
        #expect(
            small.remedy(forWatching: 50_001)
                == "sudo sysctl -w fs.inotify.max_user_watches=131072"
        )
        #expect(WatchLimits(watches: 131_072, instances: 128).remedy(forWatching: 50_001) == nil)
        #expect(
            WatchLimits(watches: 131_072, instances: 128).remedy(forWatching: 5, isUsedUp: true)
                == "sudo sysctl -w fs.inotify.max_user_watches=262144"
        )
        #expect(small.remedyForInstances == "sudo sysctl -w fs.inotify.max_user_instances=256")
    }

    @Test func `the kernel's own limits are read`() {
        let limits = WatchLimits(reading: RealFileSystem())
        let faulty = FaultyFileSystem(faults: [Fault(.any, .from(0), .fail(EACCES))])
        #expect(limits.watches > 0 && limits.instances > 0)
        #expect(WatchLimits(reading: faulty).watches == 8_192)
    }

    @Test func `no instance left means polling, says so, and ends when there is one`() throws {
        let files = try ScanRoot()
        try files.write("x", to: "d/f")
        let isExhausted = Monitor(true)
        let watcher = try DirectoryWatcher.start(
            files.root,
            .standard,
            WatchBudget(directorySweep: 5_000_000, fileSweep: 30_000_000, fanotify: .never),
            RealFileSystem()
        ) { () throws(SystemError) in
            if isExhausted.look({ $0 }) { throw SystemError("start inotify", errno: EMFILE) }
            return try Inotify()
        }
        defer { watcher.close() }
        let report = watcher.report
        #expect(report.kind == .polling && report.watches == 0)
        #expect(report.polled == [.init(path: .root, reason: .instancesUsedUp)])
        #expect(report.remedy?.hasPrefix("sudo sysctl -w fs.inotify.max_user_instances=") == true)
        try files.write("changed", to: "d/f")
        let batch = watcher.next(until: WatchedRoot.deadline())
        #expect(batch?.dirty == [.root] || batch?.listings.isEmpty == false)
        isExhausted.change { $0 = false }
        let end = WatchedRoot.deadline()
        while !watcher.report.isComplete, DispatchTime.now() < end {
            _ = watcher.next(until: .now() + .milliseconds(20))
        }
        #expect(watcher.report.kind == .inotify && watcher.report.watches == 2)
    }
}
