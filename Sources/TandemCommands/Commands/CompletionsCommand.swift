package import ArgumentParser

/// `tandem completions`: what a shell needs to complete the commands.
package struct CompletionsCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print a completion script for bash, zsh or fish.",
        discussion: """
              source <(tandem completions bash)
              tandem completions fish > ~/.config/fish/completions/tandem.fish
            """
    )

    /// The shells that argument-parser writes scripts for.
    package enum Shell: String, ExpressibleByArgument, CaseIterable, Sendable {
        case bash
        case zsh
        case fish

        var generator: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "The shell.")
    package var shell: Shell

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        context.console.page(TandemCommand.completionScript(for: shell.generator))
        return .done
    }
}
