import Dispatch
import Foundation
import TandemFiles
import TandemSync
import TandemTestSupport
import TandemTree
import Testing

/// Roots that cannot be watched whole, and programs that log into a synced tree.
@Suite(.serialized)
struct LiveWatchTests {
    /// Few watches, and what has none looked at often.
    private static func budget(watches: Int) -> WatchBudget {
        WatchBudget(
            watches: watches,
            directorySweep: 100_000_000,
            fileSweep: 300_000_000,
            fanotify: .never
        )
    }

    @Test func `with few watches all is still synced, and both sides say what is polled`() throws {
        let few = Self.budget(watches: 100)
        let both = try PairFixture(budget: few)
        for number in 0..<250 { try both.laptop.put("old", at: "d\(number)/f") }
        let live = LiveFixture(both, settings: LiveSettings(watchBudget: few))
        #expect(try live.differencesAfterFlush() == "")

        let report = try #require(live.live.status.laptopWatch)
        #expect(!report.isComplete && report.watches <= 100)
        let vm = try #require(live.live.status.vmWatch)
        #expect(vm.contains("are only polled"))
        print("watch: laptop: \(report)")
        print("watch: \(vm)")
        for number in stride(from: 0, to: 250, by: 5) {
            try both.laptop.put("laptop \(number)", at: "d\(number)/f")
            try both.vm.put("vm \(number)", at: "d\(number + 1)/f")
        }
        let differences = try live.differencesAfterFlush()
        #expect(differences == "")
        for number in stride(from: 0, to: 250, by: 5) {
            #expect(both.vm.text("d\(number)/f") == "laptop \(number)")
            #expect(both.laptop.text("d\(number + 1)/f") == "vm \(number)")
        }
    }

    @Test func `what changes where only polling sees it arrives without being asked for`() throws {
        let few = Self.budget(watches: 20)
        let both = try PairFixture(budget: few)
        for number in 0..<60 { try both.laptop.put("old", at: "d\(number)/f") }
        let live = LiveFixture(both, settings: LiveSettings(watchBudget: few))
        #expect(try live.differencesAfterFlush() == "")

        for round in 0..<4 {
            for number in stride(from: 0, to: 60, by: 3) {
                try both.laptop.put("laptop \(round) \(number)", at: "d\(number)/f")
                try both.laptop.put("new \(round)", at: "d\(number)/new\(round)")
                try both.vm.put("vm \(round) \(number)", at: "d\(number + 1)/f")
                try both.vm.put("new \(round)", at: "d\(number + 1)/new\(round)")
            }
            #expect(try live.wait { try both.differences() == "" }, "round \(round)")
            for number in stride(from: 0, to: 60, by: 3) {
                #expect(both.vm.text("d\(number)/f") == "laptop \(round) \(number)")
                #expect(both.laptop.text("d\(number + 1)/f") == "vm \(round) \(number)")
            }
        }
    }

    @Test func `logs in the tree make no batch`() throws {
        let both = try PairFixture()
        try both.laptop.put("source", at: "src/a")
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")
        let generation = live.live.status.generation
        let seconds = ProcessInfo.processInfo.environment["IDLE_SECONDS"].flatMap { Int($0) } ?? 10
        let end = DispatchTime.now() + .seconds(seconds)

        var lines = 0
        while DispatchTime.now() < end {
            lines += 1
            for root in [both.laptop, both.vm] {
                try both.append("line \(lines)\n", to: "app.log", in: root)
                try both.append("line \(lines)\n", to: "logs/today", in: root)
            }
            usleep(50_000)
        }

        print("idle: \(lines) lines in each of 4 logs in \(seconds) s, 0 batches expected")
        #expect(lines > 20)
        #expect(live.live.status.generation == generation)
        #expect(live.live.status.verdict == .ok)
        #expect(!live.events.contains { $0.contains("batch") && $0.contains(".log") })
    }
}

extension PairFixture {
    /// Adds a line to a file, made where it is missing.
    fileprivate func append(_ line: String, to name: String, in root: TemporaryDirectory) throws {
        guard root.exists(name) else { return try root.put(line, at: name) }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: root.path(name)))
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: Data(line.utf8))
    }
}
