import Dispatch
import TandemProtocol
import TandemSystem

/// Which session works for which pair: the newest, once the older has stopped.
///
/// A laptop that lost its link connects anew while the old connection still looks alive here. The
/// new session ends the old link and waits until the old session has left its safe point, so that
/// two batches of one pair never run at once.
final class LiveSessions: Sendable {
    private struct Live {
        var number: UInt64
        var link: any ByteLink
    }

    private struct State {
        var live: [PairID: Live] = [:]
        var waiting: [PairID: Int] = [:]
        var lastNumber: UInt64 = 0
        var isStopping = false
    }

    private let monitor = Monitor(State())

    /// Takes the pair for a new session, ending an older one; nil when it does not stop in time.
    func enter(_ pair: PairID, _ link: any ByteLink, until deadline: DispatchTime) -> UInt64? {
        monitor.change { $0.waiting[pair, default: 0] += 1 }
        defer { monitor.change { $0.waiting[pair, default: 1] -= 1 } }
        return monitor.wait(until: deadline) { state -> UInt64? in
            // Looked at each time: another session may have come in between.
            state.live[pair]?.link.close()
            return Self.take(pair, link, &state)
        }
    }

    /// Takes the pair when no session has it any more; ends none.
    func enterWhenFree(
        _ pair: PairID,
        _ link: any ByteLink,
        until deadline: DispatchTime
    ) -> UInt64? {
        monitor.change { $0.waiting[pair, default: 0] += 1 }
        defer { monitor.change { $0.waiting[pair, default: 1] -= 1 } }
        return monitor.wait(until: deadline) { Self.take(pair, link, &$0) }
    }

    private static func take(
        _ pair: PairID,
        _ link: any ByteLink,
        _ state: inout State
    ) -> UInt64? {
        guard state.live[pair] == nil, !state.isStopping else { return nil }
        state.lastNumber += 1
        state.live[pair] = Live(number: state.lastNumber, link: link)
        return state.lastNumber
    }

    /// Whether a newer session waits for the pair.
    func isAwaited(_ pair: PairID) -> Bool { monitor.look { ($0.waiting[pair] ?? 0) > 0 } }

    /// Gives the pair back at the end of a session.
    func leave(_ pair: PairID, _ number: UInt64) {
        monitor.change { state in
            if state.live[pair]?.number == number { state.live[pair] = nil }
        }
    }

    /// How many sessions are live.
    var count: Int { monitor.look { $0.live.count } }

    /// Ends every link and waits for the sessions to leave; false when the deadline passed.
    func stop(until deadline: DispatchTime) -> Bool {
        let links = monitor.change { state -> [any ByteLink] in
            state.isStopping = true
            return state.live.values.map(\.link)
        }
        for link in links { link.close() }
        return monitor.wait(until: deadline) { $0.live.isEmpty ? true : nil } ?? false
    }
}
