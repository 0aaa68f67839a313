#if os(Linux)
import CTandem
import Glibc
import TandemSystem

/// The descriptor from which the kernel's events of one inotify or fanotify instance are read.
struct EventQueue: ~Copyable {
    private let descriptor: OwnedDescriptor
    private let buffer: UnsafeMutableRawBufferPointer

    /// Room for a thousand events and more: few reads in a burst.
    private static let bufferSize = 64 * 1024

    /// Takes over a descriptor that does not block.
    init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 8)
    }

    deinit { buffer.deallocate() }

    /// To wait on.
    var raw: Int32 { descriptor.raw }

    /// FIONREAD: how many bytes wait.
    var bytesWaiting: Int { Int(max(0, tandem_bytes_waiting(descriptor.raw))) }

    /// The events that wait, as many as one read gives; none when none does.
    ///
    /// - Returns: their bytes, good until the next read.
    func read() throws(SystemError) -> UnsafeRawBufferPointer {
        while true {
            let count = Glibc.read(descriptor.raw, buffer.baseAddress, buffer.count)
            if count >= 0 { return UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return UnsafeRawBufferPointer(start: nil, count: 0)
            default: throw SystemError("read the kernel's events")
            }
        }
    }
}
#endif
