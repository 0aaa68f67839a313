/// Writes the commands as a page for `man`, in the macros of man(7).
struct ManualPage: Sendable {
    private let command: CommandDescription.Command
    private let version: String

    init(_ description: CommandDescription, version: String) {
        command = description.command
        self.version = version
    }

    var text: String {
        var lines = [".TH TANDEM 1 \"\" \"tandem \(Self.escaped(version))\""]
        lines += [".SH NAME", Self.escaped("\(command.commandName) - \(command.abstract ?? "")")]
        lines += [".SH SYNOPSIS", ".B tandem", ".I COMMAND", "[\\fIOPTIONS\\fR]"]
        lines += [".SH DESCRIPTION"] + Self.preformatted(command.discussion)
        lines.append(".SH COMMANDS")
        for subcommand in shown(command.subcommands) { lines += section(subcommand) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func shown(
        _ commands: [CommandDescription.Command]?
    ) -> [CommandDescription.Command] {
        (commands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
    }

    private func section(_ command: CommandDescription.Command) -> [String] {
        let path = (command.superCommands ?? []) + [command.commandName]
        let arguments = (command.arguments ?? []).filter {
            $0.shouldDisplay && !Self.isEverywhere($0)
        }
        let usage = [Self.bold(path.joined(separator: " "))] + arguments.map(Self.usage)
        var lines = [".SS " + Self.escaped(path.dropFirst().joined(separator: " "))]
        lines.append(usage.joined(separator: " "))
        if let abstract = command.abstract { lines += [".PP", Self.escaped(abstract)] }
        lines += Self.preformatted(command.discussion)
        for argument in arguments { lines += Self.entry(argument) }
        for subcommand in shown(command.subcommands) { lines += section(subcommand) }
        return lines
    }

    /// Whether every command has it.
    private static func isEverywhere(_ argument: CommandDescription.Argument) -> Bool {
        (argument.names ?? []).contains { $0.name == "help" || $0.name == "version" }
    }

    private static func usage(_ argument: CommandDescription.Argument) -> String {
        let label = label(argument, separator: "|")
        return argument.isOptional ? "[\(label)]" : label
    }

    private static func entry(_ argument: CommandDescription.Argument) -> [String] {
        var text = escaped(argument.abstract ?? "")
        if let discussion = argument.discussion { text += "\n" + escaped(discussion) }
        if let value = argument.defaultValue { text += "\nDefault: " + escaped(value) + "." }
        return [".TP", label(argument, separator: ", "), text]
    }

    private static func label(
        _ argument: CommandDescription.Argument,
        separator: String
    ) -> String {
        let value = "\\fI\(escaped((argument.valueName ?? "value").uppercased()))\\fR"
        guard argument.kind != "positional" else { return value }
        let names = (argument.names ?? []).map { name in
            bold((name.kind == "long" ? "--" : "-") + name.name)
        }.joined(separator: separator)
        return argument.kind == "option" ? "\(names) \(value)" : names
    }

    private static func preformatted(_ text: String?) -> [String] {
        guard let text, !text.isEmpty else { return [] }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return [".PP", ".nf"] + lines.map { escaped(String($0)) } + [".fi"]
    }

    private static func bold(_ text: String) -> String { "\\fB\(escaped(text))\\fR" }

    /// Keeps what troff would take for a request or a special character as text.
    private static func escaped(_ text: String) -> String {
        let safe = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return safe.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix(".") || line.hasPrefix("'") ? "\\&\(line)" : String(line)
        }.joined(separator: "\n")
    }
}
