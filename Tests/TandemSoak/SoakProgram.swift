import Dispatch
import Glibc
import Synchronization
import TandemSystem

/// The long run behind `make proof-two-way`.
package enum SoakProgram {
    /// Longer than the work by this much, in seconds, and there will be no verdict: that is a failure.
    private static let verifyingSeconds = 1_800
    /// Whether the last word was said.
    private static let isOver = Atomic(false)

    /// Runs with `SECONDS=`, `SEED=`, `FILES=`, `PAUSE=`, `OVER=` and `TRACE=1` of the command line.
    ///
    /// Ends 0 when all was right, 1 when anything was wrong or could not be verified.
    package static func main() -> Never {
        // Outside `run` the pair is gone, and with it what it had on the disk.
        exit(run() ? 0 : 1)
    }

    private static func run() -> Bool {
        let signals = heldSignals()
        var words: [String: String] = [:]
        for argument in CommandLine.arguments.dropFirst(2) {
            let parts = argument.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { words[String(parts[0])] = String(parts[1]) }
        }
        let numbers = words.compactMapValues { Int($0) }
        var size = Soak.Size(
            seconds: numbers["SECONDS"] ?? 1_800,
            files: numbers["FILES"] ?? 50_000,
            gitFiles: 400,
            burstFiles: 2_000,
            pause: numbers["PAUSE"] ?? 20_000
        )
        // Some of the tree is the users' own: files in it are written into, and read all the time.
        size.copied = size.files * 9 / 10
        let seed = UInt64(numbers["SEED"] ?? 1)
        let isInProcess = words["OVER"] == "process"
        let over = isInProcess ? "one process" : "sshd, with the programs"
        say("two-way: seed \(seed), \(size.seconds) s, \(size.files) files, over \(over)")
        do {
            let pair: any SoakPair =
                isInProcess
                ? try InProcessPair(trace: numbers["TRACE"] == 1 ? tracer : nil)
                : try ProgramPair()
            endInTime(pair, seed, size.seconds + verifyingSeconds, signals)
            defer { pair.end() }
            return try result(of: Soak(pair, size: size, seed: seed, say: say), pair, seed)
        } catch {
            say("two-way: seed \(seed): NOT VERIFIED: \(error)")
            return false
        }
    }

    /// Runs the soak and says what it found; true when all was right.
    private static func result(
        of soak: Soak,
        _ pair: any SoakPair,
        _ seed: UInt64
    ) throws -> Bool {
        do {
            let report = try soak.run()
            for fault in report.faults.prefix(50) { say("  \(fault)") }
            if !report.faults.isEmpty {
                for event in report.events.suffix(10) { say("  \(event)") }
            }
            for line in report.lines { say(line) }
            return report.faults.isEmpty
        } catch {
            for event in pair.events.suffix(10) { say("  \(event)") }
            say("two-way: seed \(seed): NOT VERIFIED: \(error)")
            return false
        }
    }

    /// Ends the run with a word where it was interrupted, or never comes to an end.
    private static func endInTime(
        _ pair: any SoakPair,
        _ seed: UInt64,
        _ seconds: Int,
        _ signals: sigset_t
    ) {
        WorkerThread.start("watchdog") {
            var set = signals
            var limit = timespec(tv_sec: seconds, tv_nsec: 0)
            let signal = sigtimedwait(&set, nil, &limit)
            let why = signal > 0 ? "interrupted" : "it did not end within \(seconds) s"
            say("two-way: seed \(seed): NOT VERIFIED: \(why)")
            isOver.store(true, ordering: .relaxed)
            pair.end()
            exit(1)
        }
    }

    /// Has the signals that end a program wait, in all threads that are started from now on.
    private static func heldSignals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        // A program that is started does not inherit it.
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        return signals
    }

    /// Says what happened, with the seconds since the start.
    private static var tracer: @Sendable (String) -> Void {
        let clock = Stopwatch()
        return { line in Self.say("\(clock.seconds) \(line)") }
    }

    /// Prints a line at once, through a pipe, too.
    @Sendable private static func say(_ line: String) {
        guard !isOver.load(ordering: .relaxed) else { return }
        print(line)
        fflush(nil)
    }
}
