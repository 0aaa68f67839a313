import Foundation
import TandemTestSupport
import Testing

/// An agent or a receiver that dies at any step of a cycle while both sides have changes.
@Suite(.tags(.crash, .live)) struct LiveKillTests {
    /// Where the laptop dies: around its intent, Begin, its own half, its record, the commit.
    static let laptopPoints = [
        "live.before-intent", "live.after-intent", "live.after-begin", "live.before-swaps",
        "live.after-swaps", "live.before-archive", "live.after-archive", "live.committed",
    ]
    /// Where the vm dies: after it noted the batch, around its end, around its commit.
    static let vmPoints = [
        "receive.after-begun", "receive.planned", "receive.before-ended", "receive.after-ended",
        "receive.before-settled", "receive.after-settled",
    ]
    /// Where either side dies within its half of the swaps.
    static let applyPoints = [
        "apply.staged", "apply.before-journal", "apply.after-journal", "apply.exchanged",
        "apply.after-swap", "apply.durable", "apply.shelved", "apply.tidying", "apply.done",
    ]

    @Test func `an agent killed anywhere in a cycle goes on, and nothing is lost`() throws {
        let agent = try AgentOnSSH()
        var writers = PairWriters(agent.pair, seed: 1)
        try Self.begin(agent, &writers)
        for point in Self.laptopPoints + Self.applyPoints {
            try agent.killAgent()
            writers.write(4)
            try agent.runAgent(dyingAt: point)
            // People go on working while nothing runs.
            writers.write(2)
            try agent.startAgent()
            try agent.expectAgreement(point)
        }
        try agent.expectNothingLost(writers, "after all of them")
        try agent.settleConflicts()
    }

    @Test func `a receiver killed anywhere in a cycle starts, and nothing is lost`() throws {
        let agent = try AgentOnSSH()
        var writers = PairWriters(agent.pair, seed: 2)
        try Self.begin(agent, &writers)
        for point in Self.vmPoints + Self.applyPoints {
            agent.pair.stopReceiver()
            writers.write(4)
            try agent.pair.runReceiver(dyingAt: point)
            writers.write(2)
            try agent.pair.startReceiver()
            try agent.expectAgreement(point)
        }
        try agent.expectNothingLost(writers, "after all of them")
        try agent.settleConflicts()
    }

    /// Brings a pair up that both sides have written to.
    private static func begin(_ agent: AgentOnSSH, _ writers: inout PairWriters) throws {
        writers.write(12)
        let up = try agent.tandem("up", "--all")
        try #require(up.code == 0, "\(up.said)")
        try agent.expectAgreement("the first sync")
    }
}
