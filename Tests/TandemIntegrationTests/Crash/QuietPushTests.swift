import Foundation
import Synchronization
import TandemTestSupport
import Testing

extension ProcessDeathTests {
    /// SAFETY I4: where nothing changed, nothing is written.
    struct QuietPushTests {
        @Test func `a push with nothing to do changes nothing in either root`() throws {
            let traces = try TemporaryDirectory()
            let count = Mutex(0)
            let pair = try PairOnSSH(wrapper: { program in
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                return SystemCallTrace.command(output: traces.path("\(program).\(number)"))
            })
            // Traced so far: the receiver (1) and the pairing (2).
            try Self.fill(pair.laptop)
            try pair.expectAgreement(try pair.push(), "the first push")
            try pair.stopReceiver()
            let roots = [pair.laptop.url.path, pair.vm.url.path]
            let first = try SystemCallTrace(traces.path("tandem-receiver.1"))
            #expect(first.mutatingCalls(in: roots[1]).count > 10, "the filter sees what is done")

            try pair.startReceiver()
            for _ in 0..<2 {
                let quiet = try pair.push()
                try pair.expectAgreement(quiet, "a push with nothing to do")
                #expect(quiet.report?.bytes.sent == 0)
                #expect(quiet.report?.applied == 0)
            }
            try pair.stopReceiver()
            for name in ["tandem-receiver.4", "tandem.5", "tandem.6"] {
                let trace = try SystemCallTrace(traces.path(name))
                #expect(roots.contains { trace.calls(in: $0) > 0 }, "\(name) shows no root")
                for root in roots { #expect(trace.mutatingCalls(in: root) == [], "\(name)") }
            }
        }

        private static func fill(_ laptop: TemporaryDirectory) throws {
            for folder in ["src/deep/er", "empty", "spaced name"] { try laptop.makeFolder(folder) }
            for number in 0..<50 { try laptop.write("file \(number)", to: "src/f\(number)") }
            try laptop.write(".build/\n", to: ".gitignore")
            try laptop.write("program", to: "src/deep/er/run", mode: 0o755)
            try laptop.write("", to: "spaced name/empty")
            try FileManager.default.createSymbolicLink(
                atPath: laptop.path("link"),
                withDestinationPath: "src/f1"
            )
        }
    }
}
