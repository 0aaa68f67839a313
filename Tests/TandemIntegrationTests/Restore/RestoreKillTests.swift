import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// A restore in place that is cut off, wherever: each path is old or new, what was replaced is on
/// the shelf, and the same command once more does the rest.
///
/// `make proof-restore` runs all of it.
@Suite(.tags(.crash, .live)) struct RestoreKillTests {
    /// Where the laptop's command dies.
    static let clientPoints = [
        "restore.welcomed", "restore.after-begin", "restore.after-content", "restore.after-end",
        "restore.ended",
    ]
    /// Where the receiver dies; the swaps by some of their passings.
    static let vmPoints = [
        "receive.after-begun", "receive.planned", "apply.staged", "apply.before-journal",
        "apply.after-journal", "apply.swap:2", "apply.swap:5", "apply.swap:8", "apply.exchanged",
        "apply.exchanged:4", "apply.removed", "apply.after-swap", "apply.durable",
        "shelf.before-catalogue", "shelf.after-catalogue", "apply.shelved", "apply.tidying",
        "apply.done", "receive.before-ended", "receive.after-ended",
    ]
    /// One of each sort, for every run: nothing swapped yet, some, all, and all shelved.
    static let tellingPoints = [
        "apply.after-journal", "apply.swap:5", "apply.removed", "shelf.before-catalogue",
        "apply.tidying",
    ]

    /// Random kills where RESTORE_KILLS names no other number.
    static let usualKills = 2

    /// Whether everything is asked for.
    private static let isProof = LinkLifeTests.number("RESTORE_KILLS") != nil

    @Test func `a receiver killed anywhere in a restore leaves each path old or new`() throws {
        var tree = try RestoredTree(seed: 1)
        let pair = tree.scene.pair
        for point in Self.isProof ? Self.vmPoints : Self.tellingPoints {
            tree.change()
            pair.stopReceiver()
            let doomed = try pair.launchReceiver(dyingAt: point)
            try doomed.wait(within: 60) {
                (try? UnixSocket.connect(to: pair.socket)).map { close($0) } != nil
            }
            let cut = try Restored(pair.start(tree.words))
            let exit = doomed.process.wait(until: .now() + .seconds(30))
            #expect(exit == .signal(SIGKILL), "\(point) was not reached: \(cut.said)")
            #expect(cut.exit == .status(69), "\(point): \(cut.said)")
            try pair.startReceiver()
            // Whoever comes next has the receiver judge what the dead one left.
            _ = try tree.scene.shelf()
            try tree.expectWhole("\(point)")
            try tree.expectFinished("\(point)")
        }
        try tree.scene.expectReadable(tree.snapshot)
    }

    @Test func `a restore killed anywhere, or cut, leaves each path old or new`() throws {
        var tree = try RestoredTree(seed: 2)
        let pair = tree.scene.pair
        for point in Self.isProof ? Self.clientPoints : ["restore.after-content"] {
            tree.change()
            let command = try pair.start(tree.words, through: ["env", "TANDEM_CRASH_AT=\(point)"])
            #expect(try command.wait() == .signal(SIGKILL), "\(point): \(command.errors)")
            _ = try tree.scene.shelf()
            try tree.expectWhole("\(point)")
            try tree.expectFinished("\(point)")
        }
        var isCut = false
        // A machine may be so quick that a restore is over before it is cut.
        for _ in 0..<10 where !isCut { isCut = try Self.cut(&tree) }
        #expect(isCut)
        try tree.scene.expectReadable(tree.snapshot)
    }

    /// Cuts a restore whose content is on its way; false where it was over by then.
    private static func cut(_ tree: inout RestoredTree) throws -> Bool {
        let pair = tree.scene.pair
        tree.change()
        let command = try pair.start(tree.words)
        while pair.stagedBytes == 0, command.process.isRunning {
            _ = command.process.wait(until: .now() + .milliseconds(2))
        }
        pair.killSessions()
        let cut = try Restored(command)
        #expect(cut.exit == .status(69) || cut.exit == .status(0), "\(cut.said)")
        _ = try tree.scene.shelf()
        try tree.expectWhole("a cut")
        try tree.expectFinished("a cut")
        return cut.exit != .status(0)
    }

    @Test func `whoever dies in a restore of a pair that is kept in sync, nothing is lost`() throws
    {
        let seed = LinkLifeTests.number("RESTORE_SEED").map(UInt64.init) ?? 1
        let kills = LinkLifeTests.number("RESTORE_KILLS") ?? Self.usualKills
        var done = 0
        for storm in 0... {
            guard done < kills else { break }
            done += try Self.storm(seed &+ UInt64(storm), kills: kills - done)
        }
    }

    /// Kills so often at most, on a new pair; says how often.
    private static func storm(_ seed: UInt64, kills: Int) throws -> Int {
        var storm = try RestoreStorm(seed: seed)
        let thread = storm.watch.start()
        defer {
            _ = storm.watch.stop()
            thread.join()
        }
        for _ in 0..<RestoreStorm.rounds where storm.kills < kills { try storm.killOnce() }
        try storm.finish()
        print("restore storm: \(storm.summary)")
        return storm.kills
    }
}
