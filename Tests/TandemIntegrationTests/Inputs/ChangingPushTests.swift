import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// A laptop directory that changes while it is pushed.
@Suite(.serialized) struct ChangingPushTests {
    private static let files = 16
    private static let size = 512 << 10

    private let live: LivePair

    init() throws { live = try LivePair() }

    /// One file's content: a single value from end to end, so that a mixture shows.
    private static func content(_ value: UInt8) -> Data { Data(repeating: value, count: size) }

    /// Changes the directory again and again until it is told to stop.
    private final class Churn: Sendable {
        private let isStopping = Locked(false)
        private let rounds = Locked(0)
        private let thread: WorkerThread

        init(_ live: LivePair) {
            let isStopping = isStopping
            let rounds = rounds
            thread = WorkerThread.start("churn") {
                var value: UInt8 = 1
                while !isStopping.value {
                    Churn.turn(live.laptop, value)
                    value = value % 200 + 1
                    rounds.value += 1
                }
            }
        }

        /// Ends it, and gives how often everything was changed.
        func stop() -> Int {
            isStopping.value = true
            thread.join(until: .now() + .seconds(30))
            return rounds.value
        }

        private static func turn(_ root: String, _ value: UInt8) {
            for number in 0..<ChangingPushTests.files {
                let path = "\(root)/replaced-\(number)"
                let data = ChangingPushTests.content(value)
                try? data.write(to: URL(fileURLWithPath: path), options: .atomic)
            }
            truncate("\(root)/truncated", off_t(value) << 10)
            let growing = open("\(root)/growing", O_WRONLY | O_APPEND | O_CLOEXEC)
            _ = write(growing, [UInt8](repeating: value, count: 1_000), 1_000)
            close(growing)
            let isFile = value.isMultiple(of: 2)
            try? FileManager.default.removeItem(atPath: "\(root)/turning")
            try? FileManager.default.removeItem(atPath: "\(root)/coming")
            if isFile {
                try? Data([value]).write(to: URL(fileURLWithPath: "\(root)/turning"))
                try? Data([value]).write(to: URL(fileURLWithPath: "\(root)/coming"))
            } else {
                mkdir("\(root)/turning", 0o755)
                try? Data([value]).write(to: URL(fileURLWithPath: "\(root)/turning/inner"))
            }
        }
    }

    @Test(.tags(.live, .fault), .timeLimit(.minutes(3)))
    func `bad input 63 to 67: what changes while it is read never arrives as a mixture`() throws {
        for number in 0..<Self.files { try live.write(Self.content(0), to: "replaced-\(number)") }
        try live.write(Self.content(0), to: "truncated")
        try live.write("", to: "growing")
        for number in 0..<20 { try live.write("\(number)", to: "quiet/\(number)") }
        let churn = Churn(live)
        for _ in 0..<3 {
            let end = try live.push()
            #expect([0, 1, 2].contains(end.code), "\(end.said)")
            expectNoMixture()
        }
        #expect(churn.stop() > 0)
        #expect((0..<20).allSatisfy { live.onVM("quiet/\($0)") == "\($0)" })
        let end = try live.push()
        #expect(end.code == 0, "\(end.said)")
        #expect(try live.differences() == "")
    }

    private func expectNoMixture() {
        for number in 0..<Self.files {
            let file = URL(fileURLWithPath: "\(live.root)/replaced-\(number)")
            guard let data = try? Data(contentsOf: file), let first = data.first else { continue }
            #expect(data == Self.content(first), "replaced-\(number) is a mixture")
        }
    }
}
