import Foundation
import TandemSystem

@testable import TandemCommands

extension Playground {
    typealias End = (code: ExitCode, output: String, errors: String)

    /// Runs one command line with the real engine, clock and store; a fresh context each time, as each
    /// process has.
    ///
    /// - Parameters:
    ///   - arguments: the command line.
    ///   - dialer: joins it to daemons.
    ///   - agent: whom it finds on the laptop.
    ///   - answers: what a person types; nil where nobody sits there.
    /// - Returns: the exit code and what was printed.
    func tandem(
        _ arguments: [String],
        dialer: any Dialer,
        agent: any AgentReach = NoAgent(),
        answers: [String]? = nil
    ) -> End {
        let record = ConsoleRecord(answers: answers ?? [])
        var traits = Console.Traits()
        traits.inputIsTerminal = answers != nil
        traits.errorIsTerminal = answers != nil
        var context = context(
            record,
            engine: LiveSyncEngine(),
            agent: agent,
            traits: traits,
            time: SystemTime()
        )
        let directories = context.directories
        context.dialer = dialer
        context.openCatalogue = { try StoredCatalogue(directories: directories) }
        let code = CommandProgram.run(arguments, in: context)
        return (code, record.output, record.errors)
    }
}

/// Writes a file of a test, its directories made.
func writeFile(_ text: String, to path: String, on side: String) throws {
    let file = URL(filePath: "\(side)/\(path)")
    try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: file)
}
