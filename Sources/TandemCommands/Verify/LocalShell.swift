import Dispatch
import Glibc
package import TandemProject
package import TandemSSH
import TandemSystem

/// Runs the scripts that a vm gets on this machine, so that both are asked the same.
package struct LocalShell: ScriptShell {
    private let environment: [String: String]?

    /// Makes a shell.
    ///
    /// - Parameter environment: the variables of its processes; nil for this process's own.
    package init(environment: [String: String]? = nil) { self.environment = environment }

    package func run(_ script: RemoteScript) throws -> CommandResult {
        let captured: ChildProcess.Captured
        do {
            captured = try ChildProcess.capture(
                "sh",
                ["-c", script.command],
                environment: environment.map { $0.map { "\($0.key)=\($0.value)" } },
                input: script.standardInput,
                limit: script.longestOutput,
                deadline: .now() + .seconds(script.seconds)
            )
        } catch let error as SystemError where error.errno == ETIMEDOUT {
            throw LinkError(.timedOut, "the script did not end within \(script.seconds) s")
        }
        let exit: RemoteExit =
            switch captured.exit {
            case .status(let status): .status(status)
            case .signal(let number): .signal("\(number)")
            }
        return CommandResult(
            exit: exit,
            output: captured.output,
            standardError: String(decoding: captured.standardError, as: UTF8.self)
        )
    }

    package func close() {}
}
