package import Dispatch
package import TandemControl
import TandemSystem

/// Hands what happens to everyone who listens; nobody who is slow holds the others up.
package final class EventHub: Sendable {
    private let listeners = Monitor<[EventSubscription]>([])

    package init() {}

    /// Begins to listen: to the pairs of these ids, or to all where there is none.
    package func subscribe(pairs: Set<String>) -> EventSubscription {
        let subscription = EventSubscription(pairs: pairs)
        listeners.change { $0.append(subscription) }
        return subscription
    }

    /// Stops listening.
    package func end(_ subscription: EventSubscription) {
        subscription.close()
        listeners.change { $0.removeAll { $0 === subscription } }
    }

    /// Tells everyone; never waits.
    package func publish(_ event: AgentEvent) {
        for listener in listeners.look({ $0 }) { listener.offer(event) }
    }

    /// Ends every subscription.
    package func close() {
        let all = listeners.change { listeners in
            defer { listeners = [] }
            return listeners
        }
        for listener in all { listener.close() }
    }
}

/// One listener's place: a bounded queue, and how many events did not fit.
package final class EventSubscription: Sendable {
    private struct State {
        var events: [AgentEvent] = []
        var dropped = 0
        var isClosed = false
    }

    /// What a listener may be behind; some 200 kB.
    static let capacity = 1000

    private let pairs: Set<String>
    private let state = Monitor(State())

    init(pairs: Set<String>) {
        self.pairs = pairs
    }

    func offer(_ event: AgentEvent) {
        guard pairs.isEmpty || event.pair.map(pairs.contains) ?? true else { return }
        state.change { state in
            guard !state.isClosed else { return }
            if state.events.count < Self.capacity {
                state.events.append(event)
            } else {
                state.dropped += 1
            }
        }
    }

    /// Takes what has come, waiting for something to come.
    ///
    /// - Parameter deadline: when to give up.
    /// - Returns: the events, and after them one that says how many were left out; nil at the end.
    package func take(until deadline: DispatchTime) -> [AgentEvent]? {
        let taken: [AgentEvent]?? = state.wait(until: deadline) { state -> [AgentEvent]?? in
            guard !state.events.isEmpty else { return state.isClosed ? .some(.none) : nil }
            var events = state.events
            if state.dropped > 0 {
                let last = events.last?.time ?? 0
                events.append(AgentEvent(time: last, kind: .dropped, count: state.dropped))
            }
            state.events = []
            state.dropped = 0
            return .some(events)
        }
        guard let taken else { return [] }
        return taken
    }

    func close() { state.change { $0.isClosed = true } }
}
