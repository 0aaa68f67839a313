import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemSoak

/// The life of a pair's link: cut, stopped, blocked, while both sides are written to.
///
/// `make proof-link` runs the same for longer. Times are printed, never expected.
@Suite(.tags(.live, .crash)) struct LinkLifeTests {
    /// Kills where LINK_KILLS names no other number.
    private static let usualKills = 12
    /// Seconds for which the port is blocked where LINK_BLOCKED names no other number.
    private static let usualBlock = 10

    @Test func `sessions of sshd that are killed again and again need nobody, and lose nothing`()
        throws
    {
        let seed = Self.number("LINK_SEED").map(UInt64.init) ?? 1
        var storm = try LinkStorm(seed: seed)
        for _ in 0..<(Self.number("LINK_KILLS") ?? Self.usualKills) { try storm.killOnce() }
        try storm.agent.expectAgreement("seed \(seed)")
        try storm.agent.expectNothingLost(storm.writers, "seed \(seed)")
        try storm.agent.settleConflicts()
        let said = try storm.agent.agentProcess.errors
        #expect(!said.contains("out of order"), "a cut is no breach of the protocol")
        print("link storm: seed \(seed), \(storm.summary)")
    }

    @Test func `a receiver that is killed again and again needs nobody but who starts it`() throws {
        var storm = try LinkStorm(seed: 2, victim: .receiver)
        for _ in 0..<4 { try storm.killOnce() }
        try storm.agent.expectAgreement("seed 2")
        try storm.agent.expectNothingLost(storm.writers, "seed 2")
        print("receiver storm: \(storm.summary)")
    }

    @Test func `a vm that stands still is noticed and said, and goes on where it was`() throws {
        let (agent, started) = try Self.syncedPair(seed: 3)
        var writers = started
        let server = agent.pair.server
        server.pauseListening()
        for pid in server.sessionPIDs { kill(pid, SIGSTOP) }
        let silence = Stopwatch()
        // Nothing is written: only the silence can tell.
        let status = try agent.waitForStatus("that the vm is silent") { !$0.contains(Self.isOK) }
        let noticed = silence.text
        let phases = ["connecting", "waiting"].map { #""phase" : "\#($0)""# }
        #expect(phases.contains { status.output.contains($0) }, "\(status.said)")
        #expect(!status.output.contains(#""tree""#), "what both sides hold is not known")
        writers.write(4)
        server.resumeListening()
        let back = try agent.expectAgreement("after a stop of sshd")
        print("stopped vm: noticed after \(noticed), in sync again \(back) after it went on")
        // The sessions that stood still wake beside the new one.
        for pid in server.sessionPIDs { kill(pid, SIGCONT) }
        writers.write(4)
        try agent.expectAgreement("after old sessions woke")
        try agent.expectNothingLost(writers, "after old sessions woke")
    }

    @Test func `sessions that stand still are left behind when somebody asks`() throws {
        let (agent, started) = try Self.syncedPair(seed: 4)
        var writers = started
        let old = agent.pair.server.sessionPIDs
        for pid in old { kill(pid, SIGSTOP) }
        writers.write(4)
        #expect(try agent.tandem("up", "--all").code == 0)
        let asked = try agent.expectAgreement("beside stopped sessions")
        for pid in old { kill(pid, SIGCONT) }
        writers.write(4)
        try agent.expectAgreement("after they went on")
        try agent.expectNothingLost(writers, "after they went on")
        print("stopped sessions: in sync beside them \(asked) after somebody asked")
    }

    @Test func `a port that is blocked for a while needs nobody when it is free again`() throws {
        let pair = try LivePair(pairs: false)
        let proxy = try TCPProxy(to: pair.server.port)
        try pair.server.lead(through: proxy.port)
        try pair.pair()
        let (agent, started) = try Self.syncedPair(seed: 5, on: pair)
        var writers = started
        let seconds = Self.number("LINK_BLOCKED") ?? Self.usualBlock
        proxy.block()
        writers.write(4)
        try agent.waitForStatus("that it waits") { !$0.contains(Self.isOK) }
        // The fault lasts so long; an agent that ends meanwhile is one more.
        let exit = try agent.agentProcess.process.wait(until: .now() + .seconds(seconds))
        #expect(exit == nil, "the agent ended")
        writers.write(2)
        proxy.unblock()
        let free = try agent.expectAgreement("after a block")
        try agent.expectNothingLost(writers, "after a block")
        print("blocked port: \(seconds) s, in sync again after \(free)")
    }

    @Test func `a link that the network took is given up at once when somebody asks`() throws {
        let pair = try LivePair(pairs: false)
        let proxy = try TCPProxy(to: pair.server.port)
        try pair.server.lead(through: proxy.port)
        try pair.pair()
        let (agent, started) = try Self.syncedPair(seed: 6, on: pair)
        var writers = started
        proxy.block()
        #expect(try agent.tandem("up", "--all").code == 0)
        // It goes on to its standard error, as it runs in the foreground.
        try agent.agentProcess.wait(within: 60) {
            try agent.agentProcess.errors.contains("the vm does not answer")
        }
        try agent.waitForStatus("that the link is gone") { !$0.contains(Self.isOK) }
        writers.write(4)
        proxy.unblock()
        #expect(try agent.tandem("up", "--all").code == 0)
        try agent.expectAgreement("after the network came back")
        try agent.expectNothingLost(writers, "after the network came back")
    }
}

extension LinkLifeTests {
    @Test func `a value that stands nowhere any more is found to be lost`() throws {
        let pair = try LivePair()
        var writers = PairWriters(pair, seed: 7)
        writers.write(4)
        #expect(try writers.lost() == [])
        try FileManager.default.removeItem(atPath: "\(pair.root)/own/vm1")
        #expect(try writers.lost() == ["own/vm1, written on the vm, is nowhere"])
    }

    /// What the status says of a pair that is in sync.
    private static let isOK = #""verdict" : "ok""#

    /// What a variable of the environment asks for.
    static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    /// A pair that an agent has brought in sync, and those who write to it.
    private static func syncedPair(
        seed: UInt64,
        on pair: LivePair? = nil
    ) throws -> (AgentOnSSH, PairWriters) {
        let agent = try AgentOnSSH(pair)
        var writers = PairWriters(agent.pair, seed: seed)
        writers.write(12)
        try #require(try agent.tandem("up", "--all").code == 0)
        try agent.expectAgreement("the first sync")
        try agent.settleConflicts()
        return (agent, writers)
    }

    /// A pair whose link dies at random moments while both sides are written to.
    private struct LinkStorm {
        enum Victim {
            case sessions
            case receiver
        }

        let agent: AgentOnSSH
        private let victim: Victim
        private(set) var writers: PairWriters
        private var times: [Double] = []
        private var kills = 0

        init(seed: UInt64, victim: Victim = .sessions) throws {
            self.victim = victim
            (agent, writers) = try LinkLifeTests.syncedPair(seed: seed)
        }

        /// Writes, kills a while later, writes on, and most times waits until both sides agree.
        mutating func killOnce() throws {
            writers.write(4)
            try pause(milliseconds: writers.below(400))
            try kill()
            let clock = Stopwatch()
            writers.write(2)
            // Some kills meet a link that is only just being made.
            guard writers.below(3) > 0 else { return }
            let end = try agent.patientFlush()
            #expect(end.code == 0 || end.code == 1, "\(end.said)")
            times.append(clock.seconds)
        }

        private mutating func kill() throws {
            kills += 1
            switch victim {
            case .receiver:
                agent.pair.stopReceiver()
                try agent.pair.startReceiver()
            case .sessions:
                // After a cut it takes a moment until there is a session again.
                try agent.agentProcess.wait(within: 60) { agent.pair.killSessions() > 0 }
            }
        }

        /// When a kill comes is part of the seed; an agent that ends meanwhile fails the test.
        private func pause(milliseconds: Int) throws {
            let exit = try agent.agentProcess.process.wait(
                until: .now() + .milliseconds(milliseconds)
            )
            #expect(exit == nil, "the agent ended")
        }

        var summary: String {
            let sorted = times.sorted()
            guard let first = sorted.first, let last = sorted.last else { return "\(kills) kills" }
            let figures = [first, sorted[sorted.count / 2], last].map(Stopwatch.text)
            return "\(kills) kills, \(writers.count) values, in sync again after "
                + "\(figures[0]) at least, \(figures[1]) in the median, \(figures[2]) at most"
        }
    }
}
