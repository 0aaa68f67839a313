import CTandem
import Glibc
import Synchronization

/// Rings the loop thread out of its poll, from any thread; many rings before it looks are one.
final class Wakeup: Sendable {
    let descriptor: Int32
    private let rung = Atomic(false)

    init() throws(SSHError) {
        descriptor = tandem_eventfd()
        guard descriptor >= 0 else {
            throw SSHError(
                .connectionLost,
                "no event descriptor: \(String(cString: strerror(errno)))",
                subject: "this machine"
            )
        }
    }

    deinit { close(descriptor) }

    func ring() {
        guard !rung.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Silences the bell; what was rung for is looked at after this, so nothing is missed.
    func reset() {
        var value: UInt64 = 0
        _ = read(descriptor, &value, MemoryLayout<UInt64>.size)
        rung.store(false, ordering: .sequentiallyConsistent)
    }
}
