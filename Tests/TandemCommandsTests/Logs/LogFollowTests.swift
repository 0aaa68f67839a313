import Dispatch
import Foundation
import Synchronization
import TandemDaemon
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemCommands

/// A reader that follows a log which several threads write and which is rotated all the time.
struct LogFollowTests {
    /// Seconds of the long run at 10,000 lines a second; without it as fast as can be, and short.
    private static let seconds = ProcessInfo.processInfo.environment["TANDEM_LOG_SECONDS"]
        .flatMap { Int($0) }

    private static let threads = 4

    private func event(_ thread: Int, _ number: Int) -> [UInt8] {
        var line = JSONLine()
        line.add("time", Timestamp.text(SystemTime().wall))
        line.add("level", "info")
        line.add("logger", "receiver")
        line.add("message", "w\(thread) l\(number)")
        return line.finished()
    }

    @Test func `every line is followed once, across rotations`() throws {
        let directory = try TemporaryDirectory()
        var policy = LogFile.Policy()
        policy.maximumBytes = Self.seconds == nil ? 30_000 : 1_000_000
        policy.keptFiles = 1_000
        let file = try LogFile(directory: directory.url.path, name: "receiver", policy: policy)
        let perThread = Self.seconds.map { $0 * 10_000 / Self.threads } ?? 2500
        let left = Mutex(Self.threads)
        let written = Mutex(Duration.zero)
        let begun = ContinuousClock.now
        for thread in 0..<Self.threads {
            WorkerThread.start("writer") {
                let pace = DispatchSemaphore(value: 0)
                for number in 0..<perThread {
                    file.write(event(thread, number))
                    // 25 lines of each of four threads in 10 ms.
                    if Self.seconds != nil, number % 25 == 24 {
                        let due = begun + .milliseconds(10 * (number / 25 + 1))
                        let wait = due - ContinuousClock.now
                        let nanoseconds = Int(wait / .nanoseconds(1))
                        _ = pace.wait(timeout: .now() + .nanoseconds(max(0, nanoseconds)))
                    }
                }
                written.withLock { $0 = ContinuousClock.now - begun }
                left.withLock { $0 -= 1 }
            }
        }
        var source = LogSource(
            side: "vm",
            shell: LocalShell(),
            directory: directory.url.path,
            logs: ["receiver"]
        )
        var found: [String] = []
        var isWritten = false
        while true {
            let isLastRound = isWritten
            isWritten = left.withLock { $0 == 0 }
            let (lines, hasMore) = try source.read()
            found += lines.map { $0.fields["message"] as? String ?? "bad" }
            if isLastRound, !hasMore { break }
        }
        let took = ContinuousClock.now - begun
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.url.path).count
        let writing = written.withLock { $0 }
        print("\(found.count) lines written in \(writing), read in \(took), \(files) files")
        var next = [Int](repeating: 0, count: Self.threads)
        for text in found {
            let words = text.split(separator: " ")
            guard words.count == 2, let thread = Int(words[0].dropFirst()),
                let number = Int(words[1].dropFirst())
            else {
                Issue.record("not a line that was written: \(text)")
                return
            }
            // Each thread's lines come in their order, so none is lost, torn or told twice.
            #expect(number == next[thread])
            guard number == next[thread] else { return }
            next[thread] += 1
        }
        #expect(next == [Int](repeating: perThread, count: Self.threads))
        #expect(source.readers[0].skippedFiles == 0)
        #expect(files > 5)
    }

    @Test func `a log that is not there is missing, and found once it is`() throws {
        let directory = try TemporaryDirectory()
        var source = LogSource(
            side: "vm",
            shell: LocalShell(),
            directory: directory.url.path,
            logs: ["receiver", "snapshot"]
        )
        #expect(try source.read().lines.isEmpty)
        #expect(source.missing.keys.sorted() == ["receiver", "snapshot"])
        let file = try LogFile(directory: directory.url.path, name: "receiver")
        file.write(event(0, 0))
        #expect(try source.read().lines.count == 1)
        #expect(source.missing.keys.sorted() == ["snapshot"])
        #expect(try source.read().lines.isEmpty)
    }

    @Test func `files that age removed are passed over, and nothing is told twice`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("one\n", to: "receiver.log.3")
        try directory.write("two\n", to: "receiver.log")
        var source = LogSource(
            side: "vm",
            shell: LocalShell(),
            directory: directory.url.path,
            logs: ["receiver"]
        )
        #expect(try source.read().lines.count == 2)
        try FileManager.default.removeItem(atPath: directory.path("receiver.log.3"))
        try directory.write("two\nthree\n", to: "receiver.log")
        let lines = try source.read().lines
        #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["three"])
    }
}
