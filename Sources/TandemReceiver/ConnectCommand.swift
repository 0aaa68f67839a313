package import ArgumentParser
import Dispatch
import Glibc
import TandemSystem

/// Joins standard input and output to the receiver's socket, for `podman exec` and `command=`.
package struct ConnectCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Join standard input and output to the receiver's socket.",
        discussion: """
            This is what an SSH exec channel runs:
              podman exec -i tandem-receiver tandem-receiver connect
            """
    )

    @Option(help: "The receiver's socket.")
    package var socket = ServeCommand.defaultSocket

    package init() {}

    package func run() throws {
        ProcessSettings.harden()
        let descriptor: Int32
        do {
            descriptor = try UnixSocket.connect(to: socket)
        } catch {
            ReceiverOutput.complain(
                "no receiver answers on \(socket): \(error)",
                next: "start it with `tandem-receiver serve`, or give --socket PATH"
            )
            throw ExitCode(ReceiverExit.unreachable)
        }
        let far = DescriptorLink(input: descriptor, output: descriptor)
        let near = DescriptorLink(input: dup(STDIN_FILENO), output: dup(STDOUT_FILENO))
        let inward = WorkerThread.start("tandem-in") {
            LinkCopy.run(from: near, to: far)
            // Only this direction ends: what the receiver still has to say is still passed on.
            shutdown(descriptor, Int32(SHUT_WR))
        }
        LinkCopy.run(from: far, to: near)
        near.close()
        inward.join(until: .now() + .seconds(1))
    }
}

/// Copies one direction of a link until either side ends.
enum LinkCopy {
    /// A pipe's capacity, so that one read empties it.
    static let bufferSize = 256 << 10

    static func run(from source: any ByteLink, to target: any ByteLink) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 16)
        defer { unsafe buffer.deallocate() }
        while let count = try? unsafe source.read(into: buffer, until: .distantFuture), count > 0 {
            do {
                try unsafe target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } catch {
                return
            }
        }
    }
}
