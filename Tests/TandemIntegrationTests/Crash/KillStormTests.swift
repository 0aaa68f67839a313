import Dispatch
import Foundation
import TandemSystem
import TandemTestSupport
import Testing

extension ProcessDeathTests {
    /// Random `kill -9` while files are edited and pushed; `make proof-kill` runs it for long.
    struct KillStormTests {
        /// Rounds where KILL_ROUNDS names no other number.
        private static let usualRounds = 8
        /// The most kills before a push is let through.
        private static let killsInRound = 6

        /// Who dies.
        private enum Victim: CaseIterable { case laptop, receiver, session, both }

        @Test func `whoever is killed whenever, the next push makes both sides equal`() throws {
            var storm = try Storm(seed: Self.number("KILL_SEED") ?? 1)
            let thread = storm.watch.start()
            defer {
                _ = storm.watch.stop()
                thread.join()
            }
            for round in 1...(Self.number("KILL_ROUNDS").map(Int.init) ?? Self.usualRounds) {
                try storm.run(round: round)
            }
            let (observations, faults) = storm.watch.stop()
            #expect(faults.isEmpty, "\(storm.name): \(faults.prefix(5))")
            #expect(observations > storm.kills)
            #expect(storm.kills > 0)
            print("kill storm: \(storm.summary), \(observations) contents observed")
        }

        private static func number(_ variable: String) -> UInt64? {
            ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
        }

        private struct Storm {
            let watch: ValueWatch
            private let pair: PairOnSSH
            private let seed: UInt64
            private let clock = ContinuousClock()
            private let begin = ContinuousClock.now
            private var upheaval: Upheaval
            private var random: SeededGenerator
            /// How long a push of a round takes that nobody disturbs.
            private var span: Duration
            private(set) var kills = 0
            private var pushes = 0
            private var killed: [Victim: Int] = [:]

            init(seed: UInt64) throws {
                self.seed = seed
                pair = try PairOnSSH()
                watch = ValueWatch(pair.vm)
                random = SeededGenerator(seed: seed)
                upheaval = try Upheaval(on: pair.laptop, watch: watch, seed: seed)
                try pair.expectAgreement(try pair.push(), "the first push")
                try upheaval.shake()
                let start = clock.now
                try pair.expectAgreement(try pair.push(), "the second push")
                span = clock.now - start
            }

            var name: String { "seed \(seed)" }

            var summary: String {
                let list = Victim.allCases.map { "\($0) \(killed[$0] ?? 0)" }
                return "\(name), \(pushes) pushes, \(kills) kills (\(list.joined(separator: ", ")))"
                    + " in \(clock.now - begin)"
            }

            /// Edits, kills a few times, and lets a push through.
            mutating func run(round: Int) throws {
                try upheaval.shake()
                for _ in 0...random.below(Storm.killsInRound) {
                    try killOnce()
                    // Nobody waits for a dead push before going on with the work.
                    if random.chance(2) { try upheaval.shake() }
                }
                pushes += 1
                try pair.expectAgreement(try pair.push(), "\(name), round \(round)")
                try #require(watch.faults.isEmpty, "\(name), round \(round)")
            }

            private static let killsInRound = KillStormTests.killsInRound

            private mutating func killOnce() throws {
                guard let victim = Victim.allCases.randomElement(using: &random) else { return }
                let delay = span * Double(random.below(1_000)) / 1_000
                pushes += 1
                let push = try pair.startPush()
                let isOver = push.process.wait(until: .now() + delay.interval) != nil
                switch victim {
                case .laptop: push.kill()
                case .receiver: pair.killReceiver()
                case .session: pair.killSessions()
                case .both:
                    pair.killReceiver()
                    push.kill()
                }
                if !isOver {
                    kills += 1
                    killed[victim, default: 0] += 1
                }
                try push.wait()
                if victim == .receiver || victim == .both { try pair.startReceiver() }
            }
        }
    }
}

extension Duration {
    /// The same for Dispatch.
    fileprivate var interval: DispatchTimeInterval {
        .nanoseconds(Int(self / .nanoseconds(1)))
    }
}
