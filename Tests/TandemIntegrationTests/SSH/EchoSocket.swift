import Dispatch
import Glibc
import Synchronization
import TandemSystem
import TandemTestSupport

/// A UNIX socket that sends back what it is sent, for streamlocal channels.
final class EchoSocket: Sendable {
    let path: String
    private let listener: Int32
    private let stopped = Mutex(false)
    private let thread = Monitor<WorkerThread?>(nil)

    init(in directory: TemporaryDirectory) throws {
        path = directory.path("echo.sock")
        listener = try UnixSocket.listen(at: path)
        let listener = listener
        let thread = WorkerThread.start("echo") { [weak self] in
            while self?.stopped.withLock({ $0 }) == false {
                guard let peer = try? UnixSocket.accept(on: listener, milliseconds: 100) else {
                    continue
                }
                WorkerThread.start("echo-one") { Self.echo(peer) }
            }
            close(listener)
        }
        self.thread.change { $0 = thread }
    }

    deinit { stopped.withLock { $0 = true } }

    private static func echo(_ descriptor: Int32) {
        let link = DescriptorLink(input: descriptor, output: descriptor)
        var buffer = [UInt8](repeating: 0, count: 128 * 1024)
        while true {
            let count = buffer.withUnsafeMutableBytes {
                try? link.read(into: $0, until: .distantFuture)
            }
            guard let count, count > 0 else { break }
            guard (try? link.write(Array(buffer[..<count]))) != nil else { break }
        }
        shutdown(descriptor, Int32(SHUT_WR))
    }
}
