import Dispatch
import TandemSystem

/// Asks the ssh program what ssh_config says, so that aliases, includes and matches mean what they
/// mean to ssh.
package enum SSHResolver {
    private static let seconds = 15
    private static let outputLimit = 1 << 20

    /// Everything about a destination.
    ///
    /// - Parameters:
    ///   - destination: what the user wrote.
    ///   - options: the ssh program and configuration file.
    /// - Returns: the host.
    /// - Throws: `SSHError.configuration`.
    package static func resolve(
        _ destination: SSHDestination,
        _ options: SSHOptions
    ) throws(SSHError) -> SSHHost {
        let arguments = options.leadingArguments + ["-G"] + destinationArguments(destination)
        let result: ChildProcess.Captured
        do {
            result = try ChildProcess.capture(
                options.program,
                arguments,
                limit: outputLimit,
                deadline: .now() + .seconds(seconds)
            )
        } catch {
            throw failure(destination, "`\(options.program) -G` could not run: \(error)")
        }
        guard result.exit == .status(0) else {
            let text = String(decoding: result.standardError, as: UTF8.self)
            throw failure(destination, "`\(options.program) -G` failed: \(text)")
        }
        let output = String(decoding: result.output, as: UTF8.self)
        var host = try SSHHost(resolved: output, alias: destination.host, local: .current())
        if let files = options.knownHostsFiles {
            host.userKnownHostsFiles = files
            host.globalKnownHostsFiles = []
        }
        return host
    }

    /// How the ssh program is told a destination; the host is last.
    static func destinationArguments(_ destination: SSHDestination) -> [String] {
        var arguments: [String] = []
        if let user = destination.user { arguments += ["-l", user] }
        if let port = destination.port { arguments += ["-p", String(port)] }
        return arguments + ["--", destination.host]
    }

    private static func failure(_ destination: SSHDestination, _ text: String) -> SSHError {
        SSHError(
            .configuration,
            text,
            subject: destination.description,
            hint: "Install OpenSSH's client, name it in TANDEM_SSH, or mend ssh_config"
        )
    }
}
