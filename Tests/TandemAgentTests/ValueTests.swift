import Dispatch
import TandemControl
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemAgent

struct WakeDetectorTests {
    @Test func `sleep is what one clock ran ahead by`() {
        var detector = WakeDetector()
        #expect(detector.look(awake: 5, elapsed: 100) == nil)
        #expect(detector.look(awake: 2_000_000_005, elapsed: 2_000_000_100) == nil)
        #expect(detector.look(awake: 2_000_000_006, elapsed: 62_000_000_101) == 60_000_000_000)
        #expect(detector.look(awake: 3_000_000_006, elapsed: 63_000_000_101) == nil)
    }

    @Test func `less than a second, and clocks that seem to go back, are no sleep`() {
        var detector = WakeDetector()
        #expect(detector.look(awake: 0, elapsed: 0) == nil)
        #expect(detector.look(awake: 0, elapsed: 999_999_999) == nil)
        #expect(detector.look(awake: 10, elapsed: 0) == nil)
        #expect(detector.look(awake: .max, elapsed: 0) == nil)
    }
}

struct NoticeDeciderTests {
    private func status(_ verdict: Verdict, _ name: String = "shop") -> PairStatus {
        PairStatus(
            pair: PairIdentity(id: name, name: name, root: "/r", vm: "vm:/r"),
            verdict: verdict,
            phase: .watching,
            headline: "2 conflicts"
        )
    }

    @Test func `only what gets worse is told, and once`() {
        var decider = NoticeDecider()
        #expect(decider.look(status(.working)) == nil)
        #expect(decider.look(status(.attention))?.text == "2 conflicts")
        #expect(decider.look(status(.attention)) == nil)
        #expect(decider.look(status(.broken))?.title == "tandem: shop broken")
        #expect(decider.look(status(.attention)) == nil)
        #expect(decider.look(status(.ok)) == nil)
        #expect(decider.look(status(.attention)) != nil)
        #expect(decider.look(status(.attention, "notes")) != nil)
    }

    @Test func `what is needed is said before what is the case`() {
        var decider = NoticeDecider()
        var needy = status(.attention)
        needy.needs = "a passphrase"
        #expect(decider.look(needy)?.text == "a passphrase")
    }
}

struct FlushOutcomeTests {
    @Test func `each way a flush ends is told by the same word`() {
        let digest = ContentHasher.digest(of: [1])
        #expect(FlushOutcome(FlushResult.inSync(digest)).tree == digest)
        #expect(FlushOutcome(FlushResult.durable).result == .durable)
        #expect(FlushOutcome(FlushResult.attention(["a"])).remarks == ["a"])
        #expect(FlushOutcome(FlushResult.timedOut).result == .timedOut)
        let error = SyncError(.failed, "it failed", hint: "mend it")
        #expect(FlushOutcome(FlushResult.broken(error)).remarks == ["it failed", "mend it"])
    }
}

struct SteadyVerdictTests {
    private let second = SteadyVerdict.workNanoseconds

    private func status(
        _ verdict: Verdict,
        _ phase: PairStatus.Phase,
        conflicts: Int = 0
    ) -> PairStatus {
        var status = PairStatus(
            pair: PairIdentity(id: "a", name: "a", root: "/r", vm: "vm:/r"),
            verdict: verdict,
            phase: phase,
            headline: ""
        )
        status.conflicts = conflicts
        return status
    }

    @Test func `work on what was in sync is shown once it lasts`() {
        var verdict = SteadyVerdict()
        #expect(verdict.look(status(.ok, .watching), now: 0) == .ok)
        #expect(verdict.look(status(.working, .syncing), now: 5) == .ok)
        #expect(verdict.look(status(.working, .syncing), now: 4 + second) == .ok)
        #expect(verdict.look(status(.working, .syncing), now: 5 + second) == .working)
        #expect(verdict.look(status(.ok, .watching), now: 6 + second) == .ok)
        #expect(verdict.look(status(.working, .comparing), now: 7 + second) == .ok)
    }

    @Test func `a pair that was never in sync, or lost its link, is at work at once`() {
        var verdict = SteadyVerdict()
        #expect(verdict.look(status(.working, .syncing), now: 0) == .working)
        #expect(verdict.look(status(.ok, .down), now: 1) == .ok)
        #expect(verdict.look(status(.working, .comparing), now: 2) == .working)
        #expect(verdict.look(status(.ok, .watching), now: 3) == .ok)
        #expect(verdict.look(status(.working, .connecting), now: 4) == .working)
        #expect(verdict.look(status(.working, .comparing), now: 5) == .working)
    }

    @Test func `attention is wanted while there is something to look at, at work too`() {
        var verdict = SteadyVerdict()
        #expect(verdict.look(status(.attention, .watching, conflicts: 1), now: 0) == .attention)
        #expect(verdict.look(status(.working, .syncing, conflicts: 1), now: 1) == .attention)
        #expect(verdict.look(status(.broken, .waiting, conflicts: 1), now: 2) == .broken)
        #expect(verdict.look(status(.ok, .watching), now: 3) == .ok)
    }
}

struct EventHubTests {
    private func event(_ number: Int, pair: String? = "p") -> AgentEvent {
        AgentEvent(time: Int64(number), kind: .change, pair: pair)
    }

    @Test func `a listener hears of its pairs, and of what is about none`() {
        let hub = EventHub()
        let one = hub.subscribe(pairs: ["p"])
        let all = hub.subscribe(pairs: [])
        for (number, pair) in ["p", "q", nil].enumerated() {
            hub.publish(event(number, pair: pair))
        }
        #expect(one.take(until: .now())?.map(\.time) == [0, 2])
        #expect(all.take(until: .now())?.map(\.time) == [0, 1, 2])
        #expect(all.take(until: .now()) == [])
    }

    @Test func `a slow listener is told how many it missed, and others miss none`() {
        let hub = EventHub()
        let slow = hub.subscribe(pairs: [])
        let quick = hub.subscribe(pairs: [])
        var heard = 0
        for number in 0..<(EventSubscription.capacity + 30) {
            hub.publish(event(number))
            heard += quick.take(until: .now())?.count ?? 0
        }
        #expect(heard == EventSubscription.capacity + 30)
        let events = slow.take(until: .now()) ?? []
        #expect(events.count == EventSubscription.capacity + 1)
        #expect(events.last?.kind == .dropped)
        #expect(events.last?.count == 30)
        hub.publish(event(1))
        #expect(slow.take(until: .now())?.map(\.kind) == [.change])
    }

    @Test func `the end of the hub is the end of every subscription`() {
        let hub = EventHub()
        let listener = hub.subscribe(pairs: [])
        hub.publish(event(1))
        hub.close()
        #expect(listener.take(until: .now())?.count == 1)
        #expect(listener.take(until: .distantFuture) == nil)
    }
}
