import Dispatch
import Glibc
import TandemSystem

/// Joins standard input and output to a daemon's socket, for `podman exec` and `command=`.
package enum LinkCopy {
    /// A pipe's capacity, so that one read empties it.
    private static let bufferSize = 256 << 10

    /// What `connect` of every daemon's program does, and says where nobody answers.
    ///
    /// - Parameters:
    ///   - socket: the daemon's socket.
    ///   - daemon: what people call it.
    ///   - program: what runs it.
    /// - Throws: `DaemonStartError`.
    package static func connect(
        to socket: String,
        of daemon: String,
        program: String
    ) throws(DaemonStartError) {
        ProcessSettings.harden()
        do {
            try joinStandardStreams(to: socket)
        } catch {
            throw DaemonStartError(
                what: "no \(daemon) answers on \(socket): \(error)",
                next: "start it with `\(program) serve`, or give --socket PATH",
                exitCode: DaemonExit.unreachable
            )
        }
    }

    /// Copies both directions until the daemon has said everything.
    ///
    /// - Parameter socket: the daemon's socket.
    /// - Throws: `SystemError` when nobody answers there.
    package static func joinStandardStreams(to socket: String) throws {
        let descriptor = try UnixSocket.connect(to: socket)
        let far = DescriptorLink(input: descriptor, output: descriptor)
        let near = DescriptorLink(input: dup(STDIN_FILENO), output: dup(STDOUT_FILENO))
        let inward = WorkerThread.start("tandem-in") {
            run(from: near, to: far)
            // Only this direction ends: what the daemon still has to say is still passed on.
            shutdown(descriptor, Int32(SHUT_WR))
        }
        run(from: far, to: near)
        near.close()
        inward.join(until: .now() + .seconds(1))
    }

    /// Copies one direction of a link until either side ends.
    private static func run(from source: any ByteLink, to target: any ByteLink) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 16)
        defer { buffer.deallocate() }
        while let count = try? source.read(into: buffer, until: .distantFuture), count > 0 {
            do {
                try target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } catch {
                return
            }
        }
    }
}
