package import ArgumentParser

/// `tandem version`.
package struct VersionCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version of this program, its protocol and its SSH library.",
        discussion: """
              tandem version
              tandem version --json
            """
    )

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let document = VersionDocument()
        if json {
            context.console.document(try JSONDocument.text(document))
        } else {
            context.console.line(StyledText("tandem \(document.version)"))
            context.console.line(StyledText("  protocol \(document.protocolVersion)"))
            context.console.line(StyledText("  libssh2 \(document.libssh2)"))
        }
        return .done
    }
}
