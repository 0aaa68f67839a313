import Dispatch
package import TandemProject
package import TandemSSH
import TandemSystem

/// What runs scripts on a machine, as one of its accounts.
package protocol ScriptShell: Sendable {
    /// Runs a script to its end.
    ///
    /// - Throws: `SSHError`, `LinkError`.
    func run(_ script: RemoteScript) throws -> CommandResult

    /// Ends what carries it.
    func close()
}

/// What runs scripts and commands on the vm, as the account that logs in.
package protocol RemoteShell: ScriptShell, WorkloadShell {}

extension ScriptShell {
    /// Runs a script that has to succeed.
    ///
    /// - Returns: what it wrote.
    /// - Throws: `CommandError` with the last line the script complained with.
    package func require(_ script: RemoteScript) throws -> [UInt8] {
        let result: CommandResult
        do {
            result = try run(script)
        } catch let error as LinkError where error.code == .timedOut {
            result = CommandResult(exit: nil, output: [], standardError: "")
        }
        guard result.exit == .status(0) else { throw failure(of: script, result) }
        return result.output
    }

    private func failure(of script: RemoteScript, _ result: CommandResult) -> CommandError {
        let lines = result.standardError.split(whereSeparator: \.isNewline)
        let said = lines.last.map(String.init)
        let end =
            switch result.exit {
            case .status(let status): "exit code \(status)"
            case .signal(let name): "signal \(name)"
            case nil: "it did not end within \(script.seconds) s"
            }
        return CommandError(
            .failed,
            "could not \(script.what) on the vm: \(said ?? end)",
            next: "repair that on the vm, then run the same command again: it goes on from there"
        )
    }
}

/// Scripts over an SSH connection, a channel each.
package struct SSHRemoteShell: RemoteShell {
    private let transport: SSHTransport
    private let starter: Starter

    /// Starts a command, and hands its standard error on where asked.
    package typealias Starter =
        @Sendable (String, (@Sendable ([UInt8]) -> Void)?) throws -> any CommandLink

    /// Takes a connected transport over.
    ///
    /// - Parameters:
    ///   - transport: what is closed at the end.
    ///   - starter: starts a command by it.
    package init(_ transport: SSHTransport, starter: @escaping Starter) {
        self.transport = transport
        self.starter = starter
    }

    package func start(
        _ command: String,
        standardError: (@Sendable ([UInt8]) -> Void)?
    ) throws -> any CommandLink {
        try starter(command, standardError)
    }

    package func run(_ script: RemoteScript) throws -> CommandResult {
        try start(script.command, standardError: nil).runToEnd(
            input: script.standardInput,
            limit: script.longestOutput,
            until: .now() + .seconds(script.seconds)
        )
    }

    package func close() { transport.close() }
}
