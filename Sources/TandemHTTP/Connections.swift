import Dispatch
import NIOCore
import TandemSystem

/// The open connections of a service: how many there may be, and who is told when it ends.
final class Connections: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
    }

    /// Told to every connection when the service ends: close now if no request is in the making.
    struct Drain: Sendable {}

    private let monitor = Monitor(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    var isDraining: Bool { monitor.look { $0.isDraining } }

    var count: Int { monitor.look { $0.open.count } }

    /// Takes a connection in; false when there are too many or the service ends.
    func admit(_ channel: any Channel) -> Bool {
        monitor.change { state in
            guard state.open.count < limit, !state.isDraining else { return false }
            state.open[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func remove(_ channel: any Channel) {
        monitor.change { $0.open[ObjectIdentifier(channel)] = nil }
    }

    /// Lets requests in the making end until the deadline, then closes what is left.
    func drain(until deadline: DispatchTime) {
        let open = monitor.change { state in
            state.isDraining = true
            return Array(state.open.values)
        }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(Drain()) }
        let isEmpty: Bool? = monitor.wait(until: deadline) { $0.open.isEmpty ? true : nil }
        guard isEmpty == nil else { return }
        for channel in monitor.look({ Array($0.open.values) }) { channel.close(promise: nil) }
    }
}
