import CTandem
package import Dispatch
import Glibc

extension ChildProcess {
    /// Runs a program to its end and keeps what it wrote.
    ///
    /// - Parameters:
    ///   - program: a path, or a name to look up on PATH.
    ///   - arguments: without the program itself.
    ///   - environment: `NAME=value` strings; nil passes this process's own on.
    ///   - input: what the program reads from its standard input.
    ///   - limit: the most bytes kept of each stream; the rest is read and dropped.
    ///   - deadline: when the program is killed.
    /// - Returns: what it left.
    /// - Throws: `SystemError`; ETIMEDOUT when the deadline passed.
    package static func capture(
        _ program: String,
        _ arguments: [String],
        environment: [String]? = nil,
        input: [UInt8] = [],
        limit: Int,
        deadline: DispatchTime
    ) throws -> Captured {
        let output = try Pipe()
        let error = try Pipe()
        let source = try Pipe()
        let child = try start(
            program,
            arguments,
            environment: environment,
            descriptors: Descriptors(
                input: source.reading.raw,
                output: output.writing.raw,
                error: error.writing.raw
            )
        )
        var collector = Collector(
            streams: [output.keepReading(), error.keepReading()],
            input: source.keepWriting(),
            data: input,
            limit: limit
        )
        let inTime = collector.run(until: deadline)
        let exit = inTime ? child.wait(until: deadline) : nil
        guard let exit else {
            child.signal(SIGKILL)
            _ = child.wait(until: .now() + .seconds(5))
            throw SystemError("wait for", program, errno: ETIMEDOUT)
        }
        return Captured(
            exit: exit,
            output: collector.kept[0],
            standardError: collector.kept[1],
            truncated: collector.truncated
        )
    }
}

/// The two ends of a pipe, both closed on exec.
package struct Pipe: ~Copyable {
    package let reading: OwnedDescriptor
    package let writing: OwnedDescriptor

    package init() throws {
        var ends: [Int32] = [0, 0]
        // At once, so that no child started meanwhile keeps an end open.
        guard tandem_pipe(&ends) == 0 else { throw SystemError("pipe") }
        reading = OwnedDescriptor(ends[0])
        writing = OwnedDescriptor(ends[1])
    }

    /// Closes the writing end.
    package consuming func keepReading() -> Int32 { reading.take() }

    /// Closes the reading end.
    package consuming func keepWriting() -> Int32 { writing.take() }
}

/// Feeds and drains a child's pipes from one thread.
private struct Collector: ~Copyable {
    private var streams: [Int32]
    private var input: Int32
    private var data: ArraySlice<UInt8>
    private let limit: Int
    private(set) var kept: [[UInt8]]
    private(set) var truncated = false
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)

    init(streams: [Int32], input: Int32, data: [UInt8], limit: Int) {
        self.streams = streams
        self.input = input
        self.data = data[...]
        self.limit = limit
        kept = streams.map { _ in [] }
        _ = fcntl(input, F_SETFL, O_NONBLOCK)
        if data.isEmpty { closeInput() }
    }

    deinit { for descriptor in streams + [input] where descriptor >= 0 { close(descriptor) } }

    /// Runs until every stream ended; false when the deadline passed first.
    mutating func run(until deadline: DispatchTime) -> Bool {
        while streams.contains(where: { $0 >= 0 }) {
            let now = DispatchTime.now()
            guard now < deadline else { return false }
            let left = (deadline.uptimeNanoseconds - now.uptimeNanoseconds) / 1_000_000 + 1
            var requests = streams.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            requests.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0))
            guard poll(&requests, nfds_t(requests.count), Int32(clamping: left)) > 0 else {
                continue
            }
            for index in streams.indices where requests[index].revents != 0 { drain(index) }
            if requests[streams.count].revents != 0 { feed() }
        }
        return true
    }

    private mutating func drain(_ index: Int) {
        let count = read(streams[index], &buffer, buffer.count)
        if count < 0, errno == EINTR { return }
        guard count > 0 else {
            close(streams[index])
            streams[index] = -1
            return
        }
        let room = max(0, limit - kept[index].count)
        kept[index].append(contentsOf: buffer[..<min(count, room)])
        if count > room { truncated = true }
    }

    private mutating func feed() {
        let count = data.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        data = data.dropFirst(max(count, 0))
        if count < 0 || data.isEmpty { closeInput() }
    }

    private mutating func closeInput() {
        close(input)
        input = -1
    }
}
