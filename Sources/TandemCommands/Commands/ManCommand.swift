package import ArgumentParser

/// `tandem man`: the manual page, made from the parser.
package struct ManCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "man",
        abstract: "Print the manual page.",
        discussion: """
              tandem man | man -l -
              tandem man > ~/.local/share/man/man1/tandem.1
            """
    )

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let description = try CommandDescription(dump: TandemCommand._dumpHelp())
        context.console.page(ManualPage(description, version: TandemVersion.text).text)
        return .done
    }
}
