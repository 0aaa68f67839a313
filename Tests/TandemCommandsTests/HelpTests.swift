import ArgumentParser
import Testing

@testable import TandemCommands

struct HelpTests {
    static let commands: [(name: String, type: any ParsableCommand.Type)] =
        [("tandem", TandemCommand.self)]
        + TandemCommand.configuration.subcommands.map { ($0._commandName, $0) }
        + [
            RecoverCommand.self, ConfigCommand.self, ConflictsCommand.self, ServiceCommand.self,
            SnapshotCommand.self,
            VMCommand.self,
        ]
        .flatMap(below)

    private static func below(
        _ command: any ParsableCommand.Type
    ) -> [(name: String, type: any ParsableCommand.Type)] {
        command.configuration.subcommands.map {
            ("\(command._commandName)-\($0._commandName)", $0)
        }
    }

    @Test(arguments: commands.map(\.name))
    func `the help of every command is what was agreed`(_ name: String) throws {
        let command = try #require(Self.commands.first { $0.name == name }).type
        let text = TandemCommand.helpMessage(for: command, columns: 80)
        try Golden.check(text + "\n", "help-\(name).txt")
    }

    @Test(arguments: commands.map(\.name))
    func `every command's help has an example`(_ name: String) throws {
        let command = try #require(Self.commands.first { $0.name == name }).type
        #expect(command.configuration.discussion.contains("  tandem ") || name == "completions")
        #expect(!command.configuration.abstract.isEmpty)
    }

    @Test func `the manual page is made of the parser`() throws {
        let description = try CommandDescription(dump: TandemCommand._dumpHelp())
        let page = ManualPage(description, version: "0.0.0").text
        try Golden.check(page, "tandem.1")
    }
}
