import CTandem
package import Dispatch
import Glibc

/// Something happened after which a broken connection may work again, or a good one may be dead.
package enum LinkChange: Hashable, Sendable {
    /// An interface or an address came, went or changed.
    case network
    /// The machine slept, for so many nanoseconds.
    case woke(UInt64)
}

/// Where the news come from that the network changed or the machine woke.
package protocol LinkChangeSource: Sendable {
    /// Waits for the next change; nil when the deadline passed.
    func next(until deadline: DispatchTime) -> LinkChange?
}

/// This machine's network and clocks.
package final class SystemLinkChanges: LinkChangeSource {
    /// How often the clocks are looked at: the longest that waking goes unnoticed.
    ///
    /// 2 s cost 30 wake-ups a minute and no measurable time.
    private static let lookMilliseconds: Int32 = 2000
    /// How long a change of the network settles: an interface that comes up tells several.
    private static let settleMilliseconds: Int32 = 200

    private let descriptor: OwnedDescriptor
    private let wake = Monitor(WakeDetector())

    /// Begins to listen.
    ///
    /// - Throws: `SystemError`
    package init() throws(SystemError) {
        let raw = tandem_network_changes()
        guard raw >= 0 else { throw SystemError("listen to changes of the network") }
        descriptor = OwnedDescriptor(raw)
        _ = slept()
    }

    package func next(until deadline: DispatchTime) -> LinkChange? {
        while true {
            if let slept = slept() {
                _ = drain()
                return .woke(slept)
            }
            let now = DispatchTime.now()
            guard now < deadline else { return nil }
            let left = (deadline.uptimeNanoseconds - now.uptimeNanoseconds) / 1_000_000 + 1
            let wait = min(Int32(clamping: left), Self.lookMilliseconds)
            guard isReadable(within: wait), drain() else { continue }
            while isReadable(within: Self.settleMilliseconds), drain() {}
            return .network
        }
    }

    private func slept() -> UInt64? {
        let (awake, elapsed) = MachineClocks.read()
        return wake.look { $0.look(awake: awake, elapsed: elapsed) }
    }

    private func isReadable(within milliseconds: Int32) -> Bool {
        var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, milliseconds) > 0
    }

    /// Takes all messages, whatever they say in detail; false when there was none.
    private func drain() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var found = false
        while true {
            let count = recv(descriptor.raw, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            // A queue that ran over (ENOBUFS) is news, too.
            if count < 0 && errno == ENOBUFS { found = true } else if count <= 0 { return found }
            found = true
        }
    }
}
