import Glibc

/// The long run behind `make proof-two-way`.
package enum SoakProgram {
    /// Runs with `SECONDS=`, `SEED=`, `FILES=`, `PAUSE=` and `TRACE=1` of the command line; exit code
    /// 1 when anything was wrong.
    package static func main() -> Never {
        var numbers: [String: Int] = [:]
        for argument in CommandLine.arguments.dropFirst(2) {
            let parts = argument.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { numbers[String(parts[0])] = Int(parts[1]) }
        }
        let size = Soak.Size(
            seconds: numbers["SECONDS"] ?? 1_800,
            files: numbers["FILES"] ?? 50_000,
            gitFiles: 400,
            burstFiles: 2_000,
            pause: numbers["PAUSE"] ?? 20_000
        )
        let seed = UInt64(numbers["SEED"] ?? 1)
        say("two-way: seed \(seed), \(size.seconds) s, \(size.files) files")
        do {
            let pair = try SoakPair(trace: numbers["TRACE"] == 1 ? tracer : nil)
            let report = try Soak(pair, size: size, seed: seed, say: { say($0) }).run()
            for fault in report.faults.prefix(50) { say("  \(fault)") }
            if !report.faults.isEmpty {
                for event in report.events.suffix(10) { say("  \(event)") }
            }
            for line in report.lines { say(line) }
            exit(report.faults.isEmpty ? 0 : 1)
        } catch {
            say("two-way: seed \(seed): \(error)")
            exit(1)
        }
    }

    /// Says what happened, with the seconds since the start.
    private static var tracer: @Sendable (String) -> Void {
        let clock = Stopwatch()
        return { line in Self.say("\(clock.seconds) \(line)") }
    }

    /// Prints a line at once, through a pipe, too.
    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
