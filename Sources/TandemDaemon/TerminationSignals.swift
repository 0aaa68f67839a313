import CTandem
package import Dispatch
import Glibc
import TandemSystem

/// The signals that ask a daemon to end or to open its log again, as values to poll for.
///
/// A handler only writes a byte to a pipe, so a signal is handled where the daemon waits anyway and
/// at no other place. Children get the default handlers back at exec.
package struct TerminationSignals: ~Copyable, Sendable {
    /// What somebody asked for.
    package enum Signal: Hashable, Sendable {
        /// SIGTERM: end at the next safe point.
        case terminate
        /// SIGINT: the same, asked for by a person at a terminal; exit code 130.
        case interrupt
        /// SIGHUP: open the log again and read the configuration again.
        case hangUp
    }

    private let pipe: OwnedDescriptor

    /// Takes the signals over; to be called once in a process, before it starts threads.
    ///
    /// - Throws: `SystemError`
    package init() throws {
        let raw = tandem_signal_pipe([SIGTERM, SIGINT, SIGHUP], 3)
        guard raw >= 0 else { throw SystemError("pipe") }
        pipe = OwnedDescriptor(raw)
    }

    /// The descriptor that becomes readable when a signal came, for a loop that polls others too.
    package var descriptor: Int32 { pipe.raw }

    /// Takes the oldest signal that came, without waiting.
    package func poll() -> Signal? {
        while true {
            var number: UInt8 = 0
            let count = read(pipe.raw, &number, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { return nil }
            switch Int32(number) {
            case SIGTERM: return .terminate
            case SIGINT: return .interrupt
            case SIGHUP: return .hangUp
            default: continue
            }
        }
    }

    /// Waits for a signal; nil when the deadline passed first.
    package func next(until deadline: DispatchTime = .distantFuture) -> Signal? {
        while true {
            if let signal = poll() { return signal }
            let now = DispatchTime.now()
            guard now < deadline else { return nil }
            let left = (deadline.uptimeNanoseconds - now.uptimeNanoseconds) / 1_000_000 + 1
            var request = pollfd(fd: pipe.raw, events: Int16(POLLIN), revents: 0)
            _ = Glibc.poll(&request, 1, Int32(clamping: min(left, 60_000)))
        }
    }
}
