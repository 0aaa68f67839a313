package import TandemSSH
import TandemTree

/// What starts commands on the vm over SSH, as the account that logs in.
package protocol WorkloadShell: Sendable {
    /// Starts a command for the account's login shell.
    ///
    /// - Parameters:
    ///   - command: what the login shell is given.
    ///   - standardError: is given what the command writes there, on a thread of the link's that
    ///     should not wait; nil keeps the last of it in the link.
    /// - Returns: the running command.
    /// - Throws: `SSHError`.
    func start(
        _ command: String,
        standardError: (@Sendable ([UInt8]) -> Void)?
    ) throws -> any CommandLink

    /// Ends the connection.
    func close()
}

/// A command in the workload container, by `podman exec` as the account on the vm.
///
/// The receiver has no part in it: it runs nothing it is told.
package struct WorkloadCommand: Hashable, Sendable {
    /// An environment variable of the command.
    package struct Variable: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var workload: Workload
    package var words: [String]
    package var variables: [Variable]
    /// A random word that the command and all it starts carry, so that they can be found again.
    package let mark: String

    static let markVariable = "TANDEM_RUN"

    package init(_ workload: Workload, words: [String], variables: [Variable] = []) {
        self.workload = workload
        self.words = words
        self.variables = variables
        var generator = SystemRandomNumberGenerator()
        mark = (0..<4).map { _ in
            let digits = String(UInt32.random(in: 0 ... .max, using: &generator), radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    /// The script that runs it; what follows the script on standard input is the command's own.
    package var script: RemoteScript {
        var exec = ["podman", "exec", "-i"]
        if let directory = workload.directory { exec += ["-w", directory] }
        for variable in [Variable(Self.markVariable, mark)] + variables {
            exec += ["-e", "\(variable.name)=\(variable.value)"]
        }
        exec += [workload.container] + words
        let line = exec.map(ShellText.word).joined(separator: " ")
        return RemoteScript("run the command", "\(Self.preamble)\nexec \(line)")
    }

    /// The script that sends a signal to the command and all it started, in the container.
    ///
    /// `podman exec` hands no signal on, and ends alone when it gets one.
    package func signalScript(_ signal: String) -> RemoteScript {
        let words = [
            "podman", "exec", workload.container, "sh", "-c", Self.finder, "tandem-signal",
            "\(Self.markVariable)=\(mark)", signal,
        ]
        let line = words.map(ShellText.word).joined(separator: " ")
        return RemoteScript("signal the command", "\(Self.preamble)\nexec \(line)", seconds: 10)
    }

    /// A command over SSH has no session, and Podman without root looks for its directory there.
    private static let preamble = #"""
        if [ -z "${XDG_RUNTIME_DIR:-}" ] && [ -d "/run/user/$(id -u)" ]; then
            XDG_RUNTIME_DIR=/run/user/$(id -u)
            export XDG_RUNTIME_DIR
        fi
        """#

    private static let finder = #"""
        for place in /proc/[0-9]*; do
            pid=${place#/proc/}
            [ "$pid" = "$$" ] && continue
            grep -q "$1" "$place/environ" 2>/dev/null && kill -s "$2" "$pid" 2>/dev/null
        done
        exit 0
        """#
}
