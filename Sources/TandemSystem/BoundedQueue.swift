package import Dispatch

/// A first-in first-out queue between threads that holds at most `capacity` of its elements' cost.
///
/// A producer waits while the queue is full, a consumer while it is empty. Closing lets the
/// consumer drain what is there and then end.
package final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State {
        /// Taken slots are emptied at once, so that what was taken is not kept alive here.
        var slots: [(element: Element?, cost: Int)] = []
        var head = 0
        var cost = 0
        var closed = false
    }

    private let monitor = Monitor(State())
    private let capacity: Int

    /// Makes a queue; `capacity` is in the unit of the costs given to `put`.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// Appends an element, waiting while the queue is full; false when the queue is closed.
    @discardableResult
    package func put(_ element: Element, cost: Int = 1) -> Bool {
        let accepted: Bool? = monitor.wait { state in
            if state.closed { return false }
            guard state.cost == 0 || state.cost + cost <= self.capacity else { return nil }
            return true
        }
        guard accepted == true else { return false }
        return monitor.change { state in
            if state.closed { return false }
            state.slots.append((element, cost))
            state.cost += cost
            return true
        }
    }

    /// Takes the oldest element, waiting for one; nil when the queue is closed and empty, or late.
    package func take(until deadline: DispatchTime = .distantFuture) -> Element? {
        let taken: Element?? = monitor.wait(until: deadline) { state -> Element?? in
            if state.head < state.slots.count {
                let (element, cost) = state.slots[state.head]
                state.slots[state.head].element = nil
                state.head += 1
                state.cost -= cost
                if state.head == state.slots.count || state.head >= 1024 {
                    state.slots.removeFirst(state.head)
                    state.head = 0
                }
                return .some(element)
            }
            return state.closed ? .some(.none) : nil
        }
        monitor.change { _ in }
        return taken ?? nil
    }

    /// Whether nothing waits to be taken at this moment.
    package var isEmpty: Bool { monitor.look { $0.head == $0.slots.count } }

    /// Refuses further elements; what is queued can still be taken.
    package func close() {
        monitor.change { $0.closed = true }
    }
}
