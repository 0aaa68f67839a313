import Dispatch
import Synchronization

/// A switch that a signal or a timer throws once, and that stops what is under way.
package final class StopSwitch: Sendable {
    /// Who threw it.
    package enum Reason: Sendable {
        case interrupted
        case timedOut
    }

    private struct State {
        var reason: Reason?
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    /// Why it was thrown; nil while it was not.
    package var reason: Reason? { state.withLock(\.reason) }

    /// Sets what is to be done when it is thrown; at once if it was already.
    package func whenStopped(_ action: @escaping @Sendable () -> Void) {
        let isThrown = state.withLock { state in
            state.action = action
            return state.reason != nil
        }
        if isThrown { action() }
    }

    /// Throws it; only the first time counts.
    ///
    /// - Parameter reason: who throws it.
    /// - Returns: whether something was under way that now stops.
    @discardableResult
    package func stop(_ reason: Reason) -> Bool {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            return state.action
        }
        action?()
        return action != nil
    }

    /// Throws it after a while, whatever then happens.
    package func stop(after duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = Int(attoseconds / 1_000_000_000)
        let deadline = DispatchTime.now() + .seconds(Int(seconds)) + .nanoseconds(nanoseconds)
        DispatchQueue.global().asyncAfter(deadline: deadline) { self.stop(.timedOut) }
    }
}
