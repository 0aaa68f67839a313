import ArgumentParser
import Glibc
import TandemControl
import TandemDaemon
import TandemSystem
import TandemTree

/// The `tandem-agent` program.
package struct AgentProgram: ParsableArguments {
    /// What this program calls itself.
    static let text = "tandem-agent 0.1.0"

    @Flag(help: "Stay at the terminal, and write the log to standard error too.")
    package var foreground = false

    @Flag(help: "Print the version.")
    package var version = false

    package init() {}

    /// Runs a command line of this process.
    ///
    /// - Parameters:
    ///   - arguments: the words after the program's name.
    ///   - source: where the pairs come from.
    /// - Returns: the exit code.
    package static func run(_ arguments: [String], source: PairSource) -> Int32 {
        let program: AgentProgram
        do {
            program = try parse(arguments)
        } catch {
            print(fullMessage(for: error))
            return exitCode(for: error).rawValue
        }
        guard !program.version else {
            print(text)
            return 0
        }
        return program.serve(source)
    }

    private func serve(_ source: PairSource) -> Int32 {
        ProcessSettings.harden()
        let environment = ProcessEnvironment.current
        do {
            let daemon = AgentDaemon(
                places: StateDirectories(
                    environment: environment,
                    home: ProcessEnvironment.home ?? "/",
                    uid: geteuid()
                ),
                source: source,
                program: Self.text,
                environment: environment,
                isInForeground: foreground,
                links: try SystemLinkChanges()
            )
            try daemon.run()
            return 0
        } catch let error as AgentStartError {
            complain(error.what, next: error.next)
            return error.exitCode
        } catch {
            complain("\(error)", next: "run it again with --foreground")
            return AgentExit.failed
        }
    }

    private func complain(_ what: String, next: String) {
        let lines = ["tandem-agent: \(what)", "  next: \(next)"].map { escaped($0.utf8) + "\n" }
        let text = Array(lines.joined().utf8)
        unsafe text.withUnsafeBytes { bytes in
            _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
