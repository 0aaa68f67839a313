import Dispatch
import Foundation
import TandemSystem
import TandemTestSupport
import Testing

extension ProcessDeathTests {
    /// A push that is cut when most of it has arrived.
    struct CutPushTests {
        private static let files = 96
        private static let bytesEach = 1 << 20
        private static let whole = UInt64(files * bytesEach)

        @Test func `after the laptop was killed at nine tenths only the rest is sent`() throws {
            try Self.cut { pair, push in push.kill() }
        }

        @Test func `after the vm was killed at nine tenths only the rest is sent`() throws {
            try Self.cut { pair, push in
                pair.killReceiver()
                try push.wait()
                try pair.startReceiver()
            }
        }

        private static func cut(_ kill: (PairOnSSH, RunningProgram) throws -> Void) throws {
            let pair = try PairOnSSH()
            var random = SeededGenerator(seed: 7)
            for number in 0..<files {
                let words = (0..<bytesEach / 8).map { _ in random.next() }
                let content = words.withUnsafeBytes { Data($0) }
                try content.write(to: pair.laptop.url.appendingPathComponent("file\(number)"))
            }
            let push = try pair.startPush()
            while staged(pair) < whole * 88 / 100, push.process.isRunning {
                _ = push.process.wait(until: .now() + .milliseconds(2))
            }
            try kill(pair, push)
            let arrived = staged(pair)
            #expect(arrived > whole * 85 / 100 && arrived <= whole, "\(arrived) of \(whole)")
            #expect(!pair.vm.holds("file0"), "the batch was applied before the kill")
            let second = try pair.push()
            try pair.expectAgreement(second, "the second push")
            let report = try #require(second.report)
            #expect(report.bytes.planned == whole)
            #expect(report.bytes.sent <= whole / 5, "\(report.bytes.sent) of \(whole)")
            print("cut push: \(arrived) of \(whole) staged, \(report.bytes.sent) sent again")
        }

        private static func staged(_ pair: PairOnSSH) -> UInt64 {
            pair.staged.values.reduce(0, +)
        }
    }
}

extension TemporaryDirectory {
    fileprivate func holds(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: path(name))
    }
}
