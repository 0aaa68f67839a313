package import Dispatch
import Glibc
import Synchronization

/// A byte link over descriptors: a socket, a socketpair, or a child's two pipes.
package final class DescriptorLink: ByteLink {
    private let input: Int32
    private let output: Int32
    private let closed = Mutex(false)

    /// Takes ownership of the descriptors, which may be the same; they become non-blocking.
    package init(input: Int32, output: Int32) {
        self.input = input
        self.output = output
        for descriptor in Set([input, output]) {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
    }

    deinit {
        Glibc.close(input)
        if output != input { Glibc.close(output) }
    }

    /// Two links joined to each other in this process.
    package static func pair() throws -> (DescriptorLink, DescriptorLink) {
        var ends: [Int32] = [0, 0]
        guard
            socketpair(
                AF_UNIX,
                Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
                0,
                &ends
            )
                == 0
        else { throw SystemError("socketpair") }
        return (
            DescriptorLink(input: ends[0], output: ends[0]),
            DescriptorLink(input: ends[1], output: ends[1])
        )
    }

    package func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int {
        while true {
            if closed.withLock({ $0 }) { throw LinkError(.closed, "the link is closed") }
            let count = Glibc.read(input, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: try wait(input, Int16(POLLIN), until: deadline)
            case ECONNRESET, EPIPE: return 0
            default: throw LinkError(.failed, SystemError("read", "link").description)
            }
        }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            if closed.withLock({ $0 }) { throw LinkError(.closed, "the link is closed") }
            let count = push(rest)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: try wait(output, Int16(POLLOUT), until: .distantFuture)
            case EPIPE, ECONNRESET: throw LinkError(.closed, "the other side closed the link")
            default: throw LinkError(.failed, SystemError("write", "link").description)
            }
        }
    }

    /// One write that raises no SIGPIPE on a socket whose peer is gone.
    private func push(_ bytes: UnsafeRawBufferPointer) -> Int {
        let count = send(output, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        guard count < 0, errno == ENOTSOCK else { return count }
        return Glibc.write(output, bytes.baseAddress, bytes.count)
    }

    /// Shuts the sockets down and marks the link; the descriptors are closed with the last owner,
    /// so that a thread still inside a call never meets a reused number.
    package func close() {
        let first = closed.withLock { closed in
            defer { closed = true }
            return !closed
        }
        guard first else { return }
        for descriptor in Set([input, output]) { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// Waits in short turns, because `close` cannot wake a poll on a pipe.
    private func wait(_ descriptor: Int32, _ events: Int16, until deadline: DispatchTime) throws {
        while true {
            if closed.withLock({ $0 }) { throw LinkError(.closed, "the link is closed") }
            let now = DispatchTime.now()
            guard now < deadline else { throw LinkError(.timedOut, "no answer in time") }
            let left = (deadline.uptimeNanoseconds &- now.uptimeNanoseconds) / 1_000_000 + 1
            var request = pollfd(fd: descriptor, events: events, revents: 0)
            let ready = poll(&request, 1, Int32(min(left, 250)))
            if ready > 0 { return }
            if ready < 0 && errno != EINTR {
                throw LinkError(.failed, SystemError("poll", "link").description)
            }
        }
    }
}
