import Dispatch
import Foundation
import Glibc
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSnapshots

/// Ends the real program by `kill -9` at random moments of takes and prunes.
struct SnapshotKillTests {
    /// `make proof-snapshots KILLS=200` asks for more than every run can afford.
    private static let kills = variable("SNAPSHOT_KILLS") ?? 16
    private static let seed = UInt64(variable("SNAPSHOT_SEED") ?? 1)

    private static func variable(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    @Test func `a take or prune that is killed loses nothing that was listed`() throws {
        let fixture = try SnapshotFixture()
        var random = SeededGenerator(seed: Self.seed)
        try fixture.fill(seed: Self.seed, files: 120)
        let arguments = [
            "--root", fixture.root, "--store", fixture.storePath, "--state",
            fixture.directory.path("state"),
        ]
        var killed = 0
        var rounds = 0
        // What a whole run takes here, so that kills fall anywhere in it.
        var longest: UInt64 = 50_000_000
        while killed < Self.kills && rounds < Self.kills * 20 {
            rounds += 1
            for _ in 0..<(1 + random.below(8)) {
                let name = "d\(random.below(5))/k\(random.below(60))"
                try fixture.write(name, SnapshotFixture.bytes(random.below(200_000), &random))
            }
            let before = Set(try fixture.store().list().map(\.id))
            let isPrune = random.chance(3)
            let words =
                isPrune
                ? ["prune", "--store", fixture.storePath, "--keep-last", "3"] : ["take"] + arguments
            let program = try RunningProgram(try BuiltProgram.path("tandem-snapshot"), words)
            let start = DispatchTime.now().uptimeNanoseconds
            let moment = DispatchTime.now() + .nanoseconds(random.below(Int(longest)))
            let ended = program.process.wait(until: moment)
            if ended == nil {
                program.kill()
                killed += 1
            } else {
                longest = max(DispatchTime.now().uptimeNanoseconds - start, 1_000_000)
            }
            try expectSound(fixture, before, isPrune, "seed \(Self.seed) round \(rounds)")
        }
        #expect(killed == Self.kills, "only \(killed) kills met a running program")
        print("killed \(killed) of \(rounds) takes and prunes, seed \(Self.seed)")
        let last = try fixture.take(try fixture.store())
        let place = try fixture.restore(last, of: try fixture.store(), to: "copy")
        let found = differences(
            from: try SnapshotFixture.scan(fixture.root),
            to: try SnapshotFixture.scan(place)
        )
        #expect(found.isEmpty)
    }

    private func expectSound(
        _ fixture: SnapshotFixture,
        _ before: Set<Digest>,
        _ isPrune: Bool,
        _ comment: Comment
    ) throws {
        let store = try fixture.store()
        let report = try store.verify()
        #expect(report.isClean, "\(comment): \(report.damage) \(report.hurt)")
        let after = Set(try store.list().map(\.id))
        if isPrune {
            #expect(after.count >= min(before.count, 3), comment)
            #expect(after.isSubset(of: before), comment)
        } else {
            #expect(before.isSubset(of: after), comment)
        }
    }

    @Test(arguments: [
        "snapshot-scanned", "snapshot-stored", "snapshot-listed", "prune-forgotten",
        "prune-dead-removed", "prune-rewritten",
    ])
    func `a death between two steps loses nothing`(_ point: String) throws {
        let fixture = try SnapshotFixture()
        let store = try fixture.store()
        for number in 0..<20 {
            try fixture.write("f\(number)", "content \(number)")
            if number > 4 { try fixture.remove("f\(number - 5)") }
            try fixture.take(store)
        }
        try fixture.write("more", "more")
        let isPrune = point.hasPrefix("prune")
        let words =
            isPrune
            ? ["prune", "--store", fixture.storePath, "--keep-last", "18"]
            : [
                "take", "--root", fixture.root, "--store", fixture.storePath, "--state",
                fixture.directory.path("state"),
            ]
        let program = try RunningProgram(
            try BuiltProgram.path("tandem-snapshot"),
            words,
            environment: ["TANDEM_CRASH_AT": point]
        )
        let exit = try program.wait()
        guard exit == .signal(SIGKILL) else {
            Issue.record("\(point) was not reached: \(exit) \(program.errors)")
            return
        }
        let report = try fixture.store().verify()
        #expect(report.isClean, "\(report.damage) \(report.hurt)")
        let count = try fixture.store().list().count
        #expect(count == (point == "snapshot-listed" ? 21 : isPrune ? 18 : 20))
        _ = try fixture.store().prune(RetentionPolicy(last: 2))
        #expect(try fixture.store().verify().isClean)
    }
}
