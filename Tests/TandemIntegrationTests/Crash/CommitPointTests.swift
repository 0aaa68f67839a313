import Foundation
import TandemSystem
import TandemTestSupport
import Testing

extension ProcessDeathTests {
    /// Both programs killed at each step of committing a generation (DESIGN.md).
    struct CommitPointTests {
        /// Where the laptop dies: around its intent, after Begin, around its record.
        static let laptopPoints = [
            "push.before-intent", "push.after-intent", "push.after-begin", "push.before-archive",
            "push.after-archive", "push.committed",
        ]
        /// Where the vm dies: after it noted the batch, around its end, around its commit.
        static let vmPoints = [
            "receive.after-begun", "receive.planned", "receive.before-ended", "receive.after-ended",
            "receive.before-settled", "receive.after-settled",
        ]
        /// Where the vm dies within the swap.
        static let applyPoints = [
            "apply.staged", "apply.before-journal", "apply.after-journal", "apply.swap:4",
            "apply.exchanged", "apply.removed", "apply.after-swap", "apply.durable",
            "shelf.before-catalogue", "shelf.after-catalogue", "apply.shelved", "apply.tidying",
            "apply.done", "lineage.before-state", "lineage.after-state", "lineage.before-state:2",
            "lineage.after-state:2",
        ]

        /// One of each sort: nothing swapped yet, some, all, and all recorded.
        static let tellingPoints = [
            "receive.after-begun", "apply.staged", "apply.after-journal", "apply.exchanged",
            "apply.after-swap", "apply.tidying", "receive.before-ended", "receive.after-ended",
        ]

        @Test(arguments: laptopPoints)
        func `a laptop killed in a commit needs nothing but the next push`(point: String) throws {
            let pair = try Self.changedPair()
            try Self.kill(pair, laptopAt: point)
            try pair.expectAgreement(try pair.push(), point)
        }

        @Test(arguments: vmPoints + applyPoints)
        func `a vm killed in a commit needs nothing but the next push`(point: String) throws {
            let pair = try Self.changedPair()
            try Self.kill(pair, vmAt: point)
            try pair.expectAgreement(try pair.push(), point)
        }

        @Test(arguments: tellingPoints)
        func `edits made after the vm was killed go with the next push`(point: String) throws {
            let pair = try Self.changedPair()
            try Self.kill(pair, vmAt: point)
            try pair.laptop.write("third a", to: "a")
            try pair.laptop.write("edited again", to: "fresh/deep/f")
            try FileManager.default.removeItem(atPath: pair.laptop.path("here"))
            try pair.expectAgreement(try pair.push(), point)
        }

        @Test(arguments: ["push.before-archive", "push.after-archive", "push.after-begin"])
        func `edits made after the laptop was killed go with the next push`(point: String) throws {
            let pair = try Self.changedPair()
            try Self.kill(pair, laptopAt: point)
            try pair.laptop.write("third a", to: "a")
            try pair.laptop.write("edited again", to: "fresh/deep/f")
            try pair.expectAgreement(try pair.push(), point)
        }

        @Test(arguments: tellingPoints)
        func `changes taken back after the vm was killed leave nothing behind`(
            point: String
        ) throws {
            let pair = try PairOnSSH()
            for name in ["a", "c", "d", "e"] { try pair.laptop.write("old \(name)", to: name) }
            try pair.expectAgreement(try pair.push(), "the first push")
            for name in ["a", "b", "c"] { try pair.laptop.write("new \(name)", to: name) }
            try FileManager.default.removeItem(atPath: pair.laptop.path("d"))
            try Self.kill(pair, vmAt: point)
            for name in ["a", "c", "d"] { try pair.laptop.write("old \(name)", to: name) }
            try FileManager.default.removeItem(atPath: pair.laptop.path("b"))
            try pair.expectAgreement(try pair.push(), point)
        }

        /// A pair that agreed once, and changes of every sort on the laptop.
        private static func changedPair() throws -> PairOnSSH {
            let pair = try PairOnSSH()
            let laptop = pair.laptop
            for folder in ["dir/inner", "moved", "tree"] { try laptop.makeFolder(folder) }
            for path in ["a", "b", "gone", "dir/x", "dir/inner/y", "moved/m", "tree/t"] {
                try laptop.write("old \(path)", to: path)
            }
            try pair.expectAgreement(try pair.push(), "the first push")
            try laptop.write("new a", to: "a")
            try laptop.write("old b", to: "b", mode: 0o700)
            for path in ["gone", "dir", "tree"] {
                try FileManager.default.removeItem(atPath: laptop.path(path))
            }
            try laptop.write("now a file", to: "tree")
            try laptop.makeFolder("fresh/deep")
            try laptop.write("fresh f", to: "fresh/deep/f")
            try laptop.write("", to: "fresh/empty")
            try FileManager.default.moveItem(
                atPath: laptop.path("moved"),
                toPath: laptop.path("here")
            )
            try FileManager.default.createSymbolicLink(
                atPath: laptop.path("link"),
                withDestinationPath: "a"
            )
            return pair
        }

        private static func kill(_ pair: PairOnSSH, laptopAt point: String) throws {
            let push = try pair.startPush(crashAt: point)
            #expect(try push.wait() == .signal(9), "\(point) was not reached: \(push.errors)")
        }

        private static func kill(_ pair: PairOnSSH, vmAt point: String) throws {
            pair.killReceiver()
            try pair.startReceiver(crashAt: point)
            let push = try PushResult(pair.startPush())
            #expect(try pair.receiverExit() == .signal(9), "\(point) was not reached")
            #expect(push.exit == .status(69), "\(point): \(push.summary)")
            try pair.startReceiver()
        }
    }
}
