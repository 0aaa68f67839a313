import Dispatch
import Foundation
import TandemSystem
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
    /// Where either side dies in what a swap is made of.
    static let innerPoints = [
        "apply.swap", "apply.removed", "shelf.before-catalogue", "shelf.after-catalogue",
        "lineage.before-state", "lineage.after-state",
    ]
    /// Rounds of random deaths where LINK_ROUNDS names no other number.
    static let usualRounds = 4

    @Test func `an agent killed anywhere in a cycle goes on, and nothing is lost`() throws {
        let agent = try AgentOnSSH()
        var writers = PairWriters(agent.pair, seed: 1)
        try Self.begin(agent, &writers)
        for point in Self.laptopPoints + Self.applyPoints {
            agent.killAgent()
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

    @Test func `whoever dies wherever, also while it recovers, nothing is lost`() throws {
        let seed = LinkLifeTests.number("LINK_SEED").map(UInt64.init) ?? 1
        let agent = try AgentOnSSH()
        var writers = PairWriters(agent.pair, seed: seed)
        try Self.begin(agent, &writers)
        var deaths = 0
        for round in 1...(LinkLifeTests.number("LINK_ROUNDS") ?? Self.usualRounds) {
            for _ in 0...writers.below(3) {
                try Self.kill(Victim.random(&writers), of: agent, &writers)
                deaths += 1
            }
            // Nobody does more than a service manager does.
            agent.killAgent()
            agent.pair.stopReceiver()
            try agent.pair.startReceiver()
            try agent.startAgent()
            try agent.expectAgreement("seed \(seed), round \(round)")
        }
        try agent.expectNothingLost(writers, "seed \(seed)")
        try agent.settleConflicts()
        print("deaths: seed \(seed), \(deaths) deaths, \(writers.count) values")
    }

    private enum Victim {
        case agent
        case receiver
        case both

        static func random(_ writers: inout PairWriters) -> Victim {
            [.agent, .receiver, .both][writers.below(3)]
        }
    }

    /// Has programs die at random points, or a while later where they do not get there.
    private static func kill(
        _ victim: Victim,
        of agent: AgentOnSSH,
        _ writers: inout PairWriters
    ) throws {
        if victim != .receiver { agent.killAgent() }
        if victim != .agent { agent.pair.stopReceiver() }
        writers.write(3)
        var doomed: [RunningProgram] = []
        if victim != .agent {
            doomed.append(
                try agent.pair.launchReceiver(dyingAt: point(of: vmPoints, &writers))
            )
        } else if !(try agent.pair.receiverProcess.process.isRunning) {
            try agent.pair.startReceiver()
        }
        if victim != .receiver {
            doomed.append(try agent.launchAgent(dyingAt: point(of: laptopPoints, &writers)))
        } else if !agent.hasAgent {
            try agent.startAgent()
        }
        let patience = DispatchTime.now() + .milliseconds(200 + writers.below(1_500))
        for program in doomed { _ = program.process.wait(until: patience) }
        for program in doomed { program.kill() }
    }

    /// One of these points or of those within the swaps, at one of its first passings.
    private static func point(of own: [String], _ writers: inout PairWriters) -> String {
        let points = own + applyPoints + innerPoints
        return "\(points[writers.below(points.count)]):\(1 + writers.below(3))"
    }

    /// Brings a pair up that both sides have written to.
    private static func begin(_ agent: AgentOnSSH, _ writers: inout PairWriters) throws {
        writers.write(12)
        let up = try agent.tandem("up", "--all")
        try #require(up.code == 0, "\(up.said)")
        try agent.expectAgreement("the first sync")
    }
}
