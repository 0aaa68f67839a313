import Dispatch
import Foundation
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// Figures of watching, printed; run them with `make watch-figures`, on an optimised build.
@Suite(
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["TANDEM_FIGURES"] != nil, "takes minutes")
)
struct WatchFigures {
    @Test func `watches for fifty thousand directories`() throws {
        let files = try ScanRoot()
        for outer in 0..<224 {
            for inner in 0..<222 { try files.write("", to: "d\(outer)/e\(inner)/f") }
        }
        for round in 0..<3 {
            let start = SystemTime().monotonic
            let watcher = try Watching.start(root: files.root, rules: .standard)
            let took = SystemTime().monotonic - start
            print("start \(round): \(took / 1_000) us, \(watcher.report)")
            #expect(watcher.report.isComplete && watcher.report.watches > 49_900)
            watcher.close()
        }
        let budgets = [
            ("inotify", WatchBudget()), ("fanotify", WatchBudget(fanotify: .always)),
            ("polling", WatchBudget(watches: 0)),
        ]
        for (label, budget) in budgets {
            let start = SystemTime().monotonic
            let watcher = try Watching.start(root: files.root, rules: .standard, budget: budget)
            let took = SystemTime().monotonic - start
            print("start, \(label): \(took / 1_000) us, \(watcher.report)")
            let before = Self.processorTime
            let end = DispatchTime.now() + .seconds(60)
            while watcher.next(until: end) != nil {}
            print("idle, \(label): \((Self.processorTime - before) / 1_000) us of CPU")
            watcher.close()
        }
    }

    @Test(arguments: ["in place", "emptied first", "renamed over"])
    func `from a write to the refreshed tree`(how: String) throws {
        let root = try WatchedRoot(rules: .given(.standard), time: SystemTime()) { files in
            for number in 0..<50_000 {
                try files.write("\(number)", to: "d\(number / 500)/e\(number / 25 % 20)/f\(number)")
            }
        }
        var random = SeededGenerator(seed: 1)
        var waited: [UInt64] = []
        let before = Self.processorTime
        for round in 0..<500 {
            let number = random.below(50_000)
            let path = "d\(number / 500)/e\(number / 25 % 20)/f\(number)"
            let start = SystemTime().monotonic
            try save("round \(round)", to: path, how, root.files)
            while true {
                let due = root.live.doubted.isEmpty ? nil : root.live.nextLook
                let deadline = due.map { DispatchTime(uptimeNanoseconds: $0) }
                if try root.step(until: deadline ?? WatchedRoot.deadline()).contains(where: {
                    $0.path.bytes == Array(path.utf8)
                }) {
                    break
                }
                if try deadline != nil && !root.live.refresh([]).isEmpty { break }
            }
            waited.append(SystemTime().monotonic - start)
            try root.settle()
        }
        waited.sort()
        print(
            "\(how): p50 \(waited[250] / 1_000) us, p95 \(waited[475] / 1_000) us,",
            "longest \(waited[499] / 1_000) us,",
            "CPU an edit \((Self.processorTime - before) / 500 / 1_000) us"
        )
    }

    private func save(_ text: String, to path: String, _ how: String, _ root: ScanRoot) throws {
        let target = root.path(path)
        let isAside = how == "renamed over"
        let flags = O_WRONLY | O_CREAT | (how == "emptied first" ? O_TRUNC : 0)
        let descriptor = open(isAside ? target + ".tmp" : target, flags, 0o644)
        try #require(descriptor >= 0)
        try RealFileSystem().writeAll(descriptor, Array(text.utf8))
        close(descriptor)
        if isAside { try #require(rename(target + ".tmp", target) == 0) }
    }

    /// User and system time of this process in nanoseconds.
    private static var processorTime: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
