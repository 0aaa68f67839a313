package import Dispatch
import Glibc
import TandemSystem

/// A command on the vm by way of the system's own ssh: for certificates, security keys and servers
/// that libssh2 cannot talk to.
package final class SubprocessLink: CommandLink {
    private struct Trouble {
        var standardError = BoundedText()
        var ended = false
        var failure: SSHError?
    }

    private let link: DescriptorLink
    private let socket: Int32
    private let child: ChildProcess
    private let subject: String
    private let trouble = Monitor(Trouble())

    /// Ends as fast as a channel of libssh2 does; then the program is killed.
    private static let grace = DispatchTimeInterval.seconds(1)
    /// ssh's own status for a connection that failed (ssh(1), "EXIT STATUS").
    private static let connectionFailed: Int32 = 255

    private init(
        _ socket: Int32,
        _ child: ChildProcess,
        _ error: Int32,
        _ subject: String,
        _ sink: (@Sendable ([UInt8]) -> Void)?
    ) {
        link = DescriptorLink(input: socket, output: socket)
        self.socket = socket
        self.child = child
        self.subject = subject
        let trouble = trouble
        WorkerThread.start("ssh-stderr") {
            Self.collect(error, into: trouble, handing: sink)
        }
    }

    deinit { child.terminate(grace: Self.grace) }

    /// Starts `ssh DESTINATION COMMAND`; it connects while the caller goes on.
    ///
    /// - Parameters:
    ///   - command: what the login shell on the vm is given.
    ///   - destination: the vm.
    ///   - options: what the caller decides.
    ///   - standardError: is given what comes there beside what the link keeps, ssh's own complaints
    ///     among it.
    /// - Returns: the running command.
    /// - Throws: `SSHError.configuration` when there is no ssh program.
    package static func start(
        _ command: String,
        on destination: SSHDestination,
        _ options: SSHOptions = SSHOptions(),
        standardError: (@Sendable ([UInt8]) -> Void)? = nil
    ) throws(SSHError) -> SubprocessLink {
        do {
            let pair = try SocketPair()
            let error = try Pipe()
            let child = try ChildProcess.start(
                options.program,
                arguments(command, destination, options),
                descriptors: .init(
                    input: pair.other.raw,
                    output: pair.other.raw,
                    error: error.writing.raw
                )
            )
            let (own, reading) = (pair.keepOwn().take(), error.keepReading())
            let subject = destination.description
            return SubprocessLink(own, child, reading, subject, standardError)
        } catch {
            throw SSHError(
                .configuration,
                "`\(options.program)` could not start: \(error)",
                subject: destination.description,
                hint: "Install OpenSSH's client, or name it in TANDEM_SSH"
            )
        }
    }

    static func arguments(
        _ command: String,
        _ destination: SSHDestination,
        _ options: SSHOptions
    ) -> [String] {
        var arguments = options.leadingArguments
        arguments += ["-T", "-a", "-x", "-oBatchMode=yes", "-oStrictHostKeyChecking=yes"]
        arguments += ["-oClearAllForwardings=yes", "-oPermitLocalCommand=no"]
        arguments += ["-oServerAliveInterval=5", "-oServerAliveCountMax=3"]
        if let key = options.dedicatedKey { arguments += ["-i", key, "-oIdentitiesOnly=yes"] }
        if let files = options.knownHostsFiles {
            let list = files.map { "\"\($0)\"" }.joined(separator: " ")
            arguments += ["-oUserKnownHostsFile=\(list)", "-oGlobalKnownHostsFile=none"]
        }
        return arguments + SSHResolver.destinationArguments(destination) + [command]
    }

    package func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int {
        let count = try link.read(into: buffer, until: deadline)
        // End of file is also what a connection that never came to be looks like.
        if count == 0, let failure = failureAtEnd() {
            throw LinkError(.closed, failure.description)
        }
        return count
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        do {
            try link.write(bytes)
        } catch {
            if let failure = failureAtEnd() { throw LinkError(.closed, failure.description) }
            throw error
        }
    }

    package func close() {
        link.close()
        child.terminate(grace: Self.grace)
    }

    package func finishWriting() { shutdown(socket, Int32(SHUT_WR)) }

    package var standardErrorText: String { trouble.look { $0.standardError.text } }

    package func waitForExit(until deadline: DispatchTime) -> RemoteExit? {
        guard case .status(let status) = child.wait(until: deadline) else { return nil }
        // What the program said last is still in the pipe when it has already ended.
        _ = trouble.wait(until: deadline) { $0.ended ? true : nil }
        return .status(status)
    }

    package var failure: SSHError? { trouble.look { $0.failure } }

    private func failureAtEnd() -> SSHError? {
        guard waitForExit(until: .now() + Self.grace) == .status(Self.connectionFailed) else {
            return nil
        }
        let failure = SubprocessFailure.error(standardErrorText, subject: subject)
        trouble.change { $0.failure = failure }
        return failure
    }

    private static func collect(
        _ descriptor: Int32,
        into trouble: Monitor<Trouble>,
        handing sink: (@Sendable ([UInt8]) -> Void)?
    ) {
        let descriptor = OwnedDescriptor(descriptor)
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor.raw, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            buffer.withUnsafeBytes { bytes in
                let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                trouble.change { $0.standardError.append(part) }
                sink?(Array(part))
            }
        }
        trouble.change { $0.ended = true }
    }
}
