import CBench
import Foundation

/// Edits files on one side of a pair that is kept in sync, and times when they are on the other.
enum LiveEdits {
    private static let limit = 60.0

    /// Edits one file after the other, and appends the seconds of each to a file.
    ///
    /// - Parameters:
    ///   - from: the side that is edited.
    ///   - to: the side that must follow.
    ///   - list: a file with the paths to edit, one a line.
    ///   - pause: milliseconds between two edits.
    ///   - result: where the seconds go; a line `lost` for an edit that did not arrive.
    /// - Throws: what the disk says.
    static func run(from: String, to: String, list: String, pause: Int, result: String) throws {
        let paths = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n")
        var lines = ""
        for (number, path) in paths.enumerated() {
            let content = Array("\(path) \(number) \(ProcessInfo.processInfo.systemUptime)\n".utf8)
            let directory = (to + "/" + path as NSString).deletingLastPathComponent
            let seconds = bench_edit(
                from + "/" + path,
                to + "/" + path,
                directory,
                content,
                content.count,
                limit
            )
            lines += seconds < 0 ? "lost\n" : String(format: "%.6f\n", seconds)
            usleep(UInt32(pause) * 1000)
        }
        try lines.write(toFile: result, atomically: true, encoding: .utf8)
    }

    /// Times durable replacements of a small file on the disk of a directory.
    static func replace(in directory: String, count: Int, result: String) throws {
        let content = Array(repeating: UInt8(ascii: "x"), count: 100)
        var lines = ""
        for _ in 0..<count {
            let seconds = bench_replace(directory, "floor", "floor-new", content, content.count)
            lines += String(format: "%.6f\n", seconds)
            usleep(20_000)
        }
        try lines.write(toFile: result, atomically: true, encoding: .utf8)
    }

    /// Makes new files in a directory of one side at once; prints the seconds until the other side
    /// has all of them.
    static func burst(from: String, to: String, count: Int) throws {
        let manager = FileManager.default
        let start = ContinuousClock.now
        for number in 0..<count {
            let folder = from + "/b\(number / 100)"
            if number % 100 == 0 {
                try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
            try SampleTree.write(content(number), to: folder + "/f\(number).txt")
        }
        for number in 0..<count {
            let path = to + "/b\(number / 100)/f\(number).txt"
            while manager.contents(atPath: path) != content(number) {
                guard (ContinuousClock.now - start) / .seconds(1) < limit * 5 else {
                    print("lost")
                    exit(1)
                }
                usleep(2000)
            }
        }
        print(String(format: "%.3f", (ContinuousClock.now - start) / .seconds(1)))
    }

    private static func content(_ number: Int) -> Data {
        Data("new file \(number)\n".utf8)
            + Data(repeating: UInt8(number % 251), count: number % 6000)
    }
}
