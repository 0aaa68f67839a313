import Dispatch
import TandemSystem

/// Where a connection's callers and its loop thread meet.
final class Mailbox: Sendable {
    private struct State {
        var phase = Phase.connecting
        var requests: [OpenRequest] = []
        var closing = false
    }

    enum Phase: Sendable {
        case connecting
        case ready(NegotiatedAlgorithms)
        case ended(SSHError)
    }

    let wakeup: Wakeup
    private let monitor = Monitor(State())

    init() throws(SSHError) { wakeup = try Wakeup() }

    var isClosing: Bool { monitor.look { $0.closing } }

    var failure: SSHError? {
        monitor.look {
            if case .ended(let error) = $0.phase { error } else { nil }
        }
    }

    func close() {
        monitor.change { $0.closing = true }
        wakeup.ring()
    }

    /// Waits for the end of connecting; nil when it takes too long.
    func waitUntilReady(
        until deadline: DispatchTime
    ) -> Result<NegotiatedAlgorithms, SSHError>? {
        monitor.wait(until: deadline) { state in
            switch state.phase {
            case .connecting: nil
            case .ready(let algorithms): .success(algorithms)
            case .ended(let error): .failure(error)
            }
        }
    }

    func becomeReady(_ algorithms: NegotiatedAlgorithms) {
        monitor.change { $0.phase = .ready(algorithms) }
    }

    func end(_ reason: SSHError) { monitor.change { $0.phase = .ended(reason) } }

    /// Queues a wish; false when the connection has ended.
    func request(_ request: OpenRequest) -> Bool {
        let accepted = monitor.look { state in
            guard case .ready = state.phase, !state.closing else { return false }
            state.requests.append(request)
            return true
        }
        if accepted { wakeup.ring() }
        return accepted
    }

    func nextRequest() -> OpenRequest? {
        monitor.look { $0.requests.isEmpty ? nil : $0.requests.removeFirst() }
    }
}
