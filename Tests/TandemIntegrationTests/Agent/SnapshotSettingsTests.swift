import Foundation
import TandemTestSupport
import Testing

/// What `tandem.yml` says of snapshots, told by the real agent to the real snapshot daemon over a
/// real sshd.
@Suite(.tags(.live))
struct SnapshotSettingsTests {
    private struct Stats: Decodable {
        struct Settings: Decodable {
            struct Kept: Decodable { var last: Int }
            var everySeconds: Double
            var everyFrom: String
            var keep: Kept
            var keepFrom: String
        }
        var snapshots: Int
        var settings: Settings?
    }

    private static func project(_ snapshots: String = "") -> String {
        "version: 1\nvm: v\nsync: [{from: ., to: /app}]\n\(snapshots)"
    }

    private func up(_ pair: LivePair, _ snapshots: String) throws -> AgentOnSSH {
        let agent = try AgentOnSSH(pair)
        try agent.write("one", to: "src/a.txt", on: pair.laptop)
        try agent.write(Self.project(snapshots), to: "tandem.yml", on: pair.laptop)
        try pair.tandem(["config", "approve", "--yes", "-C", pair.laptop]).expectSuccess()
        try agent.tandem("up", "--all").expectSuccess()
        return agent
    }

    private func stats(_ agent: AgentOnSSH) throws -> Stats {
        let end = try agent.tandem("snapshot", "stats", "--json", "-C", agent.pair.laptop)
        try #require(end.code == 0, "\(end.said)")
        return try JSONDecoder().decode(Stats.self, from: Data(end.output.utf8))
    }

    @Test func `the daemon goes by what is approved, from the moment it is, until it is taken out`()
        throws
    {
        let vm = try SnapshotPair()
        let agent = try up(vm.pair, "snapshots: {every: 1s, keep: {last: 2}}\n")
        try agent.waitForDiary("goes by tandem.yml: snapshots of the vm are taken every 1s")
        // It was started to take none by itself.
        try agent.wait { try stats(agent).snapshots >= 2 }
        let told = try #require(try stats(agent).settings)
        #expect(told.everyFrom == "tandem.yml" && told.everySeconds == 1)
        #expect(told.keepFrom == "tandem.yml" && told.keep.last == 2)
        try agent.flush()
        try agent.write(Self.project(), to: "tandem.yml", on: vm.pair.laptop)
        try agent.waitForDiary("goes by what it was started with again")
        let own = try #require(try stats(agent).settings)
        #expect(own.everyFrom == "arguments" && own.everySeconds == 0)
        #expect(own.keepFrom == "arguments" && own.keep.last == 0)
    }

    @Test func `what the vm writes into the file is told after it was approved here`() throws {
        let vm = try SnapshotPair()
        let agent = try up(vm.pair, "snapshots: {every: 1h}\n")
        try agent.waitForDiary("are taken every 1h")
        try agent.flush()
        let wish = Self.project("snapshots: {every: 2h, keep: {last: 1}}\n")
        try agent.write(wish, to: "tandem.yml", on: vm.pair.root)
        try agent.wait { agent.read("tandem.yml", on: vm.pair.laptop) == wish }
        _ = try agent.waitForStatus("waits for approval")
        #expect(try stats(agent).settings?.everySeconds == 3600)
        let approved = try agent.tandem("config", "approve", "--yes", "-C", vm.pair.laptop)
        #expect(
            approved.output.contains("snapshots of the vm are taken every 2h"),
            "\(approved.said)"
        )
        try agent.waitForDiary("goes by tandem.yml: snapshots of the vm are taken every 2h")
        #expect(try stats(agent).settings?.everySeconds == 7200)
    }

    @Test func `a vm without a snapshot daemon is said once, and the pair is synced`() throws {
        let agent = try up(LivePair(), "snapshots: {every: 1h}\n")
        try agent.waitForDiary("is not told yet what tandem.yml says of snapshots")
        try agent.write("two", to: "src/b.txt", on: agent.pair.laptop)
        try agent.flush()
        #expect(agent.pair.onVM("src/b.txt") == "two")
        let diary = agent.read("logs/agent.log", on: agent.pair.home) ?? ""
        #expect(diary.components(separatedBy: "is not told yet").count == 2)
    }
}
