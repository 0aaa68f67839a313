import ArgumentParser
import TandemTree

/// Parses a command line, runs it and turns every error into words and an exit code.
package enum CommandProgram {
    /// Runs one command line.
    ///
    /// - Parameters:
    ///   - arguments: the words after the program's name.
    ///   - context: what the command works with.
    /// - Returns: the exit code.
    package static func run(_ arguments: [String], in context: CommandContext) -> ExitCode {
        let command: any ParsableCommand
        do {
            command = try TandemCommand.parseAsRoot(arguments)
        } catch {
            return explain(error, in: context)
        }
        guard let command = command as? any TandemSubcommand else {
            return runPlain(command, in: context)
        }
        do {
            return try command.run(in: context)
        } catch let error where error is CleanExit || error is ValidationError {
            return explain(error, in: context)
        } catch {
            return fail(command, CommandError(error), in: context)
        }
    }

    /// The commands that argument-parser brings: `help`, and `tandem` alone, which asks for help.
    private static func runPlain(
        _ command: any ParsableCommand,
        in context: CommandContext
    ) -> ExitCode {
        var command = command
        do {
            try command.run()
            return .done
        } catch {
            return explain(error, in: context)
        }
    }

    /// Shows help and versions on standard output, and a wrong command line on standard error.
    private static func explain(_ error: any Error, in context: CommandContext) -> ExitCode {
        let columns = context.console.traits.columns
        let text = TandemCommand.fullMessage(for: error, columns: columns)
        guard TandemCommand.exitCode(for: error).isSuccess else {
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                context.console.note(StyledText(String(line)))
            }
            return .usage
        }
        context.console.page(text)
        return .done
    }

    private static func fail(
        _ command: any TandemSubcommand,
        _ error: CommandError,
        in context: CommandContext
    ) -> ExitCode {
        for line in error.lines { context.console.note(line) }
        if command.wantsJSON {
            let name = type(of: command)._commandName
            let document = FailureDocument(command: name, error)
            if let text = try? JSONDocument.text(document) { context.console.document(text) }
        }
        return error.code
    }
}

/// What a command that failed prints with `--json`.
struct FailureDocument: Encodable, Sendable {
    struct Failure: Encodable, Sendable {
        var code: String
        var what: String
        var place: String?
        var details: [String]?
        var next: String?
    }

    var schema = JSONDocument.schema
    var command: String
    var exitCode: Int32
    var error: Failure

    init(command: String, _ error: CommandError) {
        self.command = command
        exitCode = error.code.rawValue
        self.error = Failure(
            code: error.code.name,
            what: escaped(error.what.utf8),
            place: error.place.map { escaped($0.utf8) },
            details: error.details.isEmpty ? nil : error.details.map { escaped($0.utf8) },
            next: error.next.map { escaped($0.utf8) }
        )
    }
}
