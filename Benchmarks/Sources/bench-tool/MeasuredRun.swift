import CBench
import Foundation

/// Runs a command and appends "wall user system peak-KiB" to a file; ends as the command does.
enum MeasuredRun {
    static func run(_ command: [String], to result: String) throws {
        var words = command.map { strdup($0) } + [nil]
        var (user, system, peak) = (0.0, 0.0, 0)
        let start = ContinuousClock.now
        let status = bench_run(&words, &user, &system, &peak)
        let wall = (ContinuousClock.now - start) / .seconds(1)
        let line = String(format: "%.4f %.3f %.3f %d\n", wall, user, system, peak)
        try append(line, to: result)
        exit(status == 0 ? 0 : 1)
    }

    private static func append(_ line: String, to path: String) throws {
        let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        try (old + line).write(toFile: path, atomically: true, encoding: .utf8)
    }
}
