import Dispatch
import Foundation
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

/// A flush is a barrier: it does not wait for anybody to rest.
@Suite(.serialized)
struct LiveFlushTests {
    /// Somebody who saves in a root, again and again, until stopped.
    private final class Writer: Sendable {
        private let isOver = Monitor(false)
        private let thread: WorkerThread

        init(_ root: TemporaryDirectory, _ name: String) {
            let isOver = isOver
            thread = WorkerThread.start("writer") {
                var number = 0
                // Slower than the pair: what is saved faster than it travels never arrives whole.
                let pause = DispatchTimeInterval.milliseconds(20)
                while isOver.wait(until: .now() + pause, for: { $0 ? true : nil }) == nil {
                    number += 1
                    try? root.put("\(name) \(number)", at: "busy/\(name)\(number % 4_000)")
                }
            }
        }

        func stop() {
            isOver.change { $0 = true }
            thread.join()
        }
    }

    private static func isPassed(_ result: FlushResult) -> Bool {
        switch result {
        case .inSync, .durable: true
        case .attention, .timedOut, .broken: false
        }
    }

    @Test func `a flush returns while both sides go on, with all that was saved before it`() throws
    {
        let both = try PairFixture()
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")
        let writers = [Writer(both.laptop, "l"), Writer(both.vm, "v")]

        for number in 0..<5 {
            try both.laptop.put("laptop \(number)", at: "mine")
            try both.vm.put("vm \(number)", at: "theirs")
            let result = live.flush()
            #expect(Self.isPassed(result), "\(result), \(live.live.status.headline)")
            #expect(both.vm.text("mine") == "laptop \(number)")
            #expect(both.laptop.text("theirs") == "vm \(number)")
        }

        for writer in writers { writer.stop() }
        #expect(try live.differencesAfterFlush() == "")
    }

    @Test(arguments: [Side.laptop, .vm])
    func `what was removed before a flush is gone on the other side when it returns`(
        side: Side
    ) throws {
        let both = try PairFixture()
        for number in 0..<10 { try both.laptop.put("\(number)", at: "f\(number)") }
        try both.laptop.put("stays", at: "other")
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")
        let (own, other) = side == .laptop ? (both.laptop, both.vm) : (both.vm, both.laptop)

        for number in 0..<10 {
            try own.remove("f\(number)")
            let result = live.flush()
            #expect(Self.isPassed(result), "\(result)")
            #expect(!other.exists("f\(number)"))
        }
    }

    @Test func `a file that is saved faster than it can be sent does not hold up a flush`() throws {
        let both = try PairFixture()
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")
        let isOver = Monitor(false)
        let text = String(repeating: "x", count: 400_000)
        let thread = WorkerThread.start("writer") {
            var number = 0
            while !isOver.look({ $0 }) {
                number += 1
                try? both.laptop.put("\(number) \(text)", at: "hot")
            }
        }

        try both.laptop.put("cold", at: "cold")
        let result = live.flush()
        if case .timedOut = result { Issue.record("it waited for the hot file") }
        #expect(both.vm.text("cold") == "cold")

        isOver.change { $0 = true }
        thread.join()
        #expect(try live.differencesAfterFlush() == "")
    }

    @Test func `a flush names an open conflict though neither side ever rested`() throws {
        let both = try PairFixture()
        try both.laptop.put("l", at: "a")
        try both.vm.put("v", at: "a")
        let writers = [Writer(both.laptop, "l"), Writer(both.vm, "v")]
        let live = LiveFixture(both)

        guard case .attention(let lines) = live.flush() else {
            Issue.record("no conflict was named: \(live.live.status.headline)")
            return
        }
        #expect(lines.contains { $0.hasPrefix("a: ") }, "\(lines)")

        for writer in writers { writer.stop() }
    }

    @Test(arguments: [Resolution.Keep.laptop, .vm, .both])
    func `a conflict is settled while both sides go on`(keep: Resolution.Keep) throws {
        let both = try PairFixture()
        try both.laptop.put("l", at: "a")
        try both.vm.put("v", at: "a")
        let live = LiveFixture(both)
        #expect(live.wait { live.live.status.conflicts.count == 1 })
        let shown = try #require(live.live.status.conflicts.first?.conflict)
        let writers = [Writer(both.laptop, "l"), Writer(both.vm, "v")]

        let stale = Resolution(path: shown.path, laptop: shown.vm, vm: shown.laptop, keep: keep)
        #expect(throws: SyncError.self) {
            try live.live.resolve([stale], until: .now() + LiveFixture.patience)
        }
        let resolution = Resolution(
            path: shown.path,
            laptop: shown.laptop,
            vm: shown.vm,
            keep: keep
        )
        try live.live.resolve([resolution], until: .now() + LiveFixture.patience)

        let value = keep == .vm ? "v" : "l"
        #expect(both.laptop.text("a") == value && both.vm.text("a") == value)
        for writer in writers { writer.stop() }
        #expect(try live.differencesAfterFlush() == "")
    }
}
