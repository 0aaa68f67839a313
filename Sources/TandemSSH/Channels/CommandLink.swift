package import Dispatch
package import TandemSystem

/// A byte link to a program on the other machine, or to a socket there.
package protocol CommandLink: ByteLink {
    /// Ends this side's direction after what was written; the program reads end of file.
    func finishWriting()

    /// What the program wrote to standard error: the last 16 KiB; empty for a socket.
    var standardErrorText: String { get }

    /// Waits until the program ended; nil when it has not by the deadline, or never said how.
    func waitForExit(until deadline: DispatchTime) -> RemoteExit?

    /// Why the link broke, or nil while it has not.
    var failure: SSHError? { get }
}

/// What a short command left.
package struct CommandResult: Sendable {
    package var exit: RemoteExit?
    package var output: [UInt8]
    package var standardError: String

    package init(exit: RemoteExit?, output: [UInt8], standardError: String) {
        self.exit = exit
        self.output = output
        self.standardError = standardError
    }
}

extension CommandLink {
    /// Sends `input`, reads all output up to `limit` bytes, and waits for the end.
    ///
    /// - Throws: `LinkError`.
    package func runToEnd(
        input: [UInt8] = [],
        limit: Int = 1 << 20,
        until deadline: DispatchTime
    ) throws -> CommandResult {
        defer { close() }
        // A program that does not read its input may still be read; its exit says what happened.
        let sender = WorkerThread.start("ssh-input") { [self] in
            try? write(input)
            finishWriting()
        }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while output.count < limit {
            let count = try buffer.withUnsafeMutableBytes { try read(into: $0, until: deadline) }
            if count == 0 { break }
            output.append(contentsOf: buffer[..<min(count, limit - output.count)])
        }
        let exit = waitForExit(until: deadline)
        close()
        sender.join()
        return CommandResult(exit: exit, output: output, standardError: standardErrorText)
    }
}
