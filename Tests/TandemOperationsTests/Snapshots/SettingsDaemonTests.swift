import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemSnapshots

/// The real daemon, told other settings over its socket while it runs.
struct SettingsDaemonTests {
    private static let file = "state/settings.json"

    private func report(_ daemon: RunningSnapshotDaemon) throws -> SettingsReport {
        let answers = try daemon.ask(.settings(nil))
        guard case .settings(let report)? = answers.first, answers.count == 1 else {
            throw CommandFailure("\(answers.count) answers")
        }
        return report
    }

    private func end(_ daemon: RunningSnapshotDaemon) throws {
        daemon.program.process.signal(SIGTERM)
        #expect(try daemon.program.wait() == .status(0))
    }

    @Test func `an interval that is told takes snapshots without a restart, and is kept`() throws {
        let daemon = try RunningSnapshotDaemon(["--interval", "0"])
        try daemon.waitUntilReady()
        #expect(try daemon.ask(.list).isEmpty)
        #expect(try report(daemon).told.isEmpty)
        _ = try daemon.ask(.settings(SnapshotSettings(every: 1)))
        try daemon.wait { (try? daemon.ask(.list).count) ?? 0 >= 2 }
        try daemon.wait {
            let saved = try? daemon.fixture.directory.read("state/status.json")
            return saved?.contains(#""intervalSeconds":1"#) == true
        }
        #expect(daemon.get("/status")?.body.contains(#""settingsTold":true"#) == true)
        try end(daemon)
        let next = try RunningSnapshotDaemon(on: daemon.fixture, ["--interval", "0"])
        try next.waitUntilReady()
        let before = try next.ask(.list).count
        #expect(try report(next).told == SnapshotSettings(every: 1))
        try next.wait { (try? next.ask(.list).count) ?? 0 > before }
        _ = try next.ask(.settings(SnapshotSettings()))
        #expect(try report(next).take == 0)
        #expect(try next.fixture.directory.read(Self.file) == "{\"schema\":1}\n")
    }

    @Test func `rules that are told hold for the next prune, and a pinned snapshot stays`() throws {
        let daemon = try RunningSnapshotDaemon([
            "--interval", "0", "--prune-interval", "0", "--keep-last", "50",
        ])
        try daemon.waitUntilReady()
        for number in 0..<4 {
            try daemon.fixture.write("later", "\(number)")
            _ = try daemon.ask(.take(reason: .request, label: "\(number)"))
        }
        let first = try #require(try daemon.fixture.store().list().first)
        _ = try daemon.ask(.pin(id: first.shortID, isPinned: true))
        let prune = SnapshotRequest.prune(PruneRequest(policy: nil, isDryRun: false))
        _ = try daemon.ask(prune)
        #expect(try daemon.ask(.list).count == 4)
        _ = try daemon.ask(.settings(SnapshotSettings(keep: RetentionPolicy(last: 1))))
        _ = try daemon.ask(prune)
        let labels = try daemon.fixture.store().list().map(\.manifest.label)
        #expect(labels == ["0", "3"])
    }

    @Test func `a daemon with damaged settings takes snapshots, prunes nothing and says so`() throws
    {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 50)
        for _ in 0..<3 { try fixture.take(try fixture.store()) }
        try Data(#"{"schema":1,"every":1,"keep":{}}"#.utf8).write(
            to: URL(fileURLWithPath: fixture.directory.path(Self.file))
        )
        let daemon = try RunningSnapshotDaemon(
            on: fixture,
            ["--interval", "200ms", "--prune-interval", "100ms", "--keep-last", "1"]
        )
        try daemon.waitUntilReady()
        try daemon.wait { (try? daemon.ask(.list).count) ?? 0 >= 5 }
        try daemon.wait {
            (try? fixture.directory.read("logs/snapshot.log"))?.contains("prune failed") == true
        }
        #expect(try report(daemon).damage != nil)
        #expect(daemon.get("/status")?.body.contains(#""settingsDamaged":true"#) == true)
        #expect(daemon.get("/readyz")?.body.contains("settings.json is damaged") == true)
        #expect(daemon.get("/metrics")?.body.contains("tandem_snapshot_settings_damaged 1") == true)
        let log = try fixture.directory.read("logs/snapshot.log")
        #expect(log.contains("settings.json is damaged (a key is missing)"))
        let error = #expect(throws: SnapshotError.self) {
            try daemon.ask(.prune(PruneRequest(policy: nil, isDryRun: false)))
        }
        #expect(error?.code == .damaged)
        #expect(try fixture.store().list().count >= 5)
        _ = try daemon.ask(.settings(SnapshotSettings()))
        try daemon.wait { daemon.get("/status")?.body.contains(#""pruned":0"#) == false }
        #expect(daemon.get("/readyz")?.body == "ready\n")
    }
}
