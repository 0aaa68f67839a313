package import Dispatch
import Synchronization
package import TandemSSH
import TandemSystem

/// A channel together with the SSH transport that it ends with.
///
/// A command that never answers has said why on standard error; that is what the user needs.
package final class ReceiverLink: ByteLink {
    /// How long a command that closed its output may take to end.
    private static let exitSeconds = 2

    private let transport: SSHTransport
    private let channel: any CommandLink
    private let hasAnswered = Mutex(false)

    /// Opens a channel and takes the transport over; it is closed where the channel fails.
    package init(_ transport: SSHTransport) throws {
        do {
            channel = try transport.open()
        } catch {
            transport.close()
            throw error
        }
        self.transport = transport
    }

    package func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int {
        let count = try unsafe channel.read(into: buffer, until: deadline)
        guard count == 0 else {
            hasAnswered.withLock { $0 = true }
            return count
        }
        guard hasAnswered.withLock({ $0 }) else { throw silence() }
        return 0
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        try unsafe channel.write(bytes)
    }

    package func close() {
        channel.close()
        transport.close()
    }

    /// Why the other end closed without a word.
    private func silence() -> LinkError {
        let what = transport.kind.what
        let exit = channel.waitForExit(until: .now() + .seconds(Self.exitSeconds))
        let words = channel.standardErrorText.split(separator: "\n").map(String.init)
        var reason = "`\(what)` ended without an answer"
        switch exit {
        case .status(127): reason = "`\(what)` was not found on the vm"
        case .status(let status): reason += " (exit code \(status))"
        case .signal(let name): reason += " (signal \(name))"
        case nil: break
        }
        let said = words.suffix(2).joined(separator: "; ")
        return LinkError(.closed, said.isEmpty ? reason : "\(reason): \(said)")
    }
}

extension SSHTransportKind {
    /// What answers at the other end: a socket's path or a command.
    var what: String {
        switch self {
        case .streamlocal(let path): path
        case .exec(let command), .subprocess(let command): command
        }
    }
}
