import Dispatch
import TandemSystem

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

    private let state = Monitor(State())

    package init() {}

    /// Why it was thrown; nil while it was not.
    package var reason: Reason? { state.look(\.reason) }

    /// Sets what is to be done when it is thrown; at once if it was already.
    package func whenStopped(_ action: @escaping @Sendable () -> Void) {
        let isThrown = state.change { state in
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
        let action = state.change { state -> (@Sendable () -> Void)? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            return state.action
        }
        action?()
        return action != nil
    }

    /// Waits for it to be thrown; false when the time is over first.
    package func wait(milliseconds: Int) -> Bool {
        let deadline = DispatchTime.now() + .milliseconds(milliseconds)
        return state.wait(until: deadline) { $0.reason != nil ? true : nil } ?? false
    }

    /// Throws it after a while, whatever then happens.
    package func stop(after duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = Int(attoseconds / 1_000_000_000)
        let deadline = DispatchTime.now() + .seconds(Int(seconds)) + .nanoseconds(nanoseconds)
        DispatchQueue.global().asyncAfter(deadline: deadline) { self.stop(.timedOut) }
    }
}
