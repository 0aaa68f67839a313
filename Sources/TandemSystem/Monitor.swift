package import Dispatch
import Synchronization

/// State under a lock with a place to wait for it to change: a mutex and a condition in one.
///
/// Waiters are semaphores in a list inside the state, so that a change made between "looked" and
/// "slept" is never missed.
package final class Monitor<State: ~Copyable>: Sendable {
    private struct Guarded: ~Copyable {
        var state: State
        var waiters: [DispatchSemaphore] = []
    }

    private let guarded: Mutex<Guarded>

    package init(_ state: consuming sending State) {
        guarded = Mutex(Guarded(state: state))
    }

    /// Runs `body` under the lock and wakes every waiter, which look again.
    package func change<Result>(
        _ body: (inout State) throws -> sending Result
    ) rethrows -> sending Result {
        var woken: [DispatchSemaphore] = []
        defer { for waiter in woken { waiter.signal() } }
        return try guarded.withLock { guarded in
            defer { swap(&woken, &guarded.waiters) }
            return try body(&guarded.state)
        }
    }

    /// Runs `body` under the lock without waking anyone.
    package func look<Result>(
        _ body: (inout State) throws -> sending Result
    ) rethrows -> sending Result {
        try guarded.withLock { try body(&$0.state) }
    }

    /// Waits until `body` gives a value, looking again after each change.
    ///
    /// - Parameters:
    ///   - deadline: when to give up; `.distantFuture` waits for ever.
    ///   - body: looks under the lock; nil means "not yet". It may change the state.
    /// - Returns: the value, or nil when the deadline passed.
    package func wait<Result: Sendable>(
        until deadline: DispatchTime = .distantFuture,
        for body: (inout State) throws -> Result?
    ) rethrows -> Result? {
        let waiter = DispatchSemaphore(value: 0)
        while true {
            let found = try guarded.withLock { guarded -> Result? in
                if let result = try body(&guarded.state) { return result }
                guarded.waiters.append(waiter)
                return nil
            }
            if let found { return found }
            if waiter.wait(timeout: deadline) == .timedOut {
                return try guarded.withLock { guarded in
                    guarded.waiters.removeAll { $0 === waiter }
                    return try body(&guarded.state)
                }
            }
        }
    }
}
