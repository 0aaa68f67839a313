import Dispatch
import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSoak

/// Restores in place of a pair that an agent keeps and two users write to, cut off at random.
struct RestoreStorm {
    /// Who dies.
    private enum Victim: CaseIterable {
        case command
        case receiver
        case sessions
        case agent
        case snapshots
        case both
    }

    /// Rounds of one storm: a shelf keeps the ten newest versions of a path, and no more for long.
    static let rounds = 8
    /// Names in a round that are only ever replaced, so that a reader always finds one value whole.
    private static let steadyNames = 4
    /// The first of them takes a while to travel, so that many a death comes before all is staged.
    private static let largeBytes = 2 << 20
    /// Files that stay, so that what a restore removes is never half of a tree.
    private static let base = 60

    let watch: ValueWatch
    private let scene: SnapshotPair
    private let agent: AgentOnSSH
    private let snapshot: SnapshotPair.Snapshot
    private let seed: UInt64
    private var writers: PairWriters
    /// How long a restore takes that nobody disturbs.
    private var span: Double = 0
    private var killed: [Victim: Int] = [:]
    private(set) var staged = 0
    private var rounds = 0

    init(seed: UInt64) throws {
        self.seed = seed
        scene = try SnapshotPair()
        agent = try AgentOnSSH(scene.pair)
        watch = ValueWatch(scene.pair.directory, isOrdered: false)
        writers = PairWriters(scene.pair, seed: seed)
        writers.write(12)
        for number in 0..<Self.base { writers.save("base/\(number)", on: .laptop) { _ in } }
        for round in 0...Self.rounds { Self.save(round, &writers, watch) { _ in .laptop } }
        try agent.tandem("up", "--all").expectSuccess()
        try agent.expectAgreement("the first sync")
        try agent.settleConflicts()
        snapshot = try scene.take()
        write(4)
        let clock = Stopwatch()
        let restored = try scene.restore(snapshot)
        #expect(restored.exit == .status(0), "\(restored.said)")
        span = clock.seconds
    }

    private var name: String { "seed \(seed), round \(rounds)" }

    /// How often somebody died before a restore was over.
    var kills: Int { killed.values.reduce(0, +) }

    /// What happened, for a line of the proof.
    var summary: String {
        let list = Victim.allCases.map { "\($0) \(killed[$0] ?? 0)" }.joined(separator: ", ")
        return "seed \(seed), \(kills) kills in \(rounds) restores (\(list)), "
            + "\(staged) of them after the first bytes were staged, \(writers.count) values"
    }

    /// Begins a restore, kills somebody in it, and has the same command finish it.
    mutating func killOnce() throws {
        rounds += 1
        let deletes = writers.below(2) == 0 ? ["--delete"] : []
        write(4)
        // What the agent has not brought yet is newer than the plan, or gets to the vm before it.
        if writers.below(2) == 0 { try agent.settleConflicts() }
        let command = try scene.pair.start(scene.words(snapshot, deletes))
        let isOver = try waitForTheMoment(command)
        if let victim = Victim.allCases.randomElement(using: &writers.random) {
            if !isOver { killed[victim, default: 0] += 1 }
            kill(victim, command)
            write(2)
            let cut = try Restored(command)
            let known: [ChildProcess.Exit] = [.status(0), .status(1), .status(69), .signal(9)]
            #expect(known.contains(cut.exit), "\(name), \(victim): \(cut.said)")
            try start(victim)
        }
        try finishRestore(deletes)
    }

    /// Waits for a random moment of the restore; true when it is over already.
    private mutating func waitForTheMoment(_ command: RunningProgram) throws -> Bool {
        let pair = scene.pair
        guard writers.below(3) > 0 else {
            let delay = Int(span * 1000) * writers.below(100) / 100
            return command.process.wait(until: .now() + .milliseconds(delay)) != nil
        }
        let before = pair.stagedBytes
        try agent.wait { pair.stagedBytes != before || !command.process.isRunning }
        let delay = writers.below(150)
        let isOver = command.process.wait(until: .now() + .milliseconds(delay)) != nil
        if !isOver { staged += 1 }
        return isOver
    }

    private func kill(_ victim: Victim, _ command: RunningProgram) {
        switch victim {
        case .command: command.kill()
        case .receiver: scene.pair.stopReceiver()
        case .sessions: scene.pair.killSessions()
        case .agent: agent.killAgent()
        case .snapshots: scene.killDaemon()
        case .both:
            command.kill()
            scene.pair.stopReceiver()
        }
    }

    /// Nobody does more than a service manager does.
    private func start(_ victim: Victim) throws {
        switch victim {
        case .command, .sessions: break
        case .receiver, .both: try scene.pair.startReceiver()
        case .agent: try agent.startAgent()
        case .snapshots: try scene.startDaemon()
        }
    }

    /// Lets the pair come to rest, and expects the same command to bring all of it back.
    private func finishRestore(_ deletes: [String]) throws {
        try agent.settleConflicts()
        let restored = try scene.restore(snapshot, deletes)
        let isDone = restored.exit == .status(0) && restored.kept.isEmpty
        #expect(isDone, "\(name): \(restored.said)")
        try agent.expectAgreement("\(name)")
        let conflicts = try agent.tandem("conflicts", "-C", scene.pair.laptop)
        #expect(conflicts.code == 0, "\(name): \(conflicts.said)")
        for side in [scene.pair.root, scene.pair.laptop] {
            let differences = try scene.differences(snapshot, side, isWhole: !deletes.isEmpty)
            #expect(differences == "", "\(name): \(side)")
        }
        #expect(watch.faults.isEmpty, "\(name): \(watch.faults.prefix(5))")
    }

    /// Expects that all that was written can be read somewhere.
    func finish() throws {
        try agent.expectNothingLost(writers, "seed \(seed)")
        try agent.settleConflicts()
        try scene.expectReadable(snapshot)
        let (observations, faults) = watch.stop()
        #expect(faults.isEmpty, "seed \(seed): \(faults.prefix(5))")
        #expect(observations > 0)
    }

    private mutating func write(_ deeds: Int) {
        writers.write(deeds)
        Self.save(rounds, &writers, watch) { $0.below(2) == 0 ? .laptop : .vm }
    }

    /// Saves a round's steady names anew, each on the side that is chosen.
    private static func save(
        _ round: Int,
        _ writers: inout PairWriters,
        _ watch: ValueWatch,
        on side: (inout PairWriters) -> Side
    ) {
        for number in 0..<steadyNames {
            let name = "steady/\(round)-\(number)"
            let size = number == 0 ? largeBytes : nil
            writers.save(name, on: side(&writers), size: size) { bytes in
                // It gets to the other side, too.
                for root in ["laptop", "vm/root"] { watch.expect("\(root)/\(name)", bytes) }
            }
        }
    }
}
