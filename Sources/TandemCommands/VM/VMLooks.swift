package import ArgumentParser
import TandemHTTP
import TandemManagement

/// `tandem vm logs COMPONENT`.
package struct VMLogsCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show the last lines that a container of the vm wrote.",
        discussion: """
            The daemons' own log files, which outlive their containers, lie on the vm in
            ~/.local/state/tandem/logs.

              tandem vm logs receiver
              tandem vm logs snapshot --lines 1000
            """
    )

    @Argument(help: "receiver or snapshot.")
    package var component: String
    @Option(help: "How many lines, at most 10000.")
    package var lines = 100
    @OptionGroup package var choice: VMChoice

    package init() {}

    package var wantsJSON: Bool { choice.json }

    package mutating func validate() throws {
        guard (1...10_000).contains(lines) else {
            throw ValidationError("--lines takes a number from 1 to 10000")
        }
        guard component.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        else { throw ValidationError("'\(component)' is no component") }
    }

    package func run(in context: CommandContext) throws -> ExitCode {
        let connection = try choice.connection(in: context)
        let answer = try connection.ask(.get, "/v1/logs/\(component)?lines=\(lines)")
        let lines = String(decoding: answer.body, as: UTF8.self)
            .split(whereSeparator: \.isNewline).map(String.init)
        if choice.json {
            let document = LogDocument(component: component, lines: lines)
            context.console.document(try JSONDocument.text(document))
        } else {
            for line in lines { context.console.line(StyledText(line)) }
        }
        return .done
    }

    private struct LogDocument: Encodable {
        var schema = JSONDocument.schema
        var command = "vm logs"
        var component: String
        var lines: [String]
    }
}

/// `tandem vm stats`.
package struct VMStatsCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what the containers of the vm use.",
        discussion: """
            Processor time is since each container's start, in percent of one processor.

              tandem vm stats
            """
    )

    @OptionGroup package var choice: VMChoice

    package init() {}

    package var wantsJSON: Bool { choice.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let usage = try choice.connection(in: context).usage()
        if choice.json {
            context.console.document(try JSONDocument.text(StatsDocument(containers: usage)))
        } else {
            for one in usage {
                let percent = Int((one.processorPercent * 10).rounded())
                context.console.line(
                    StyledText(
                        "\(one.name): \(percent / 10).\(percent % 10) % processor, "
                            + "\(Quantities.bytes(one.memoryBytes)) memory, "
                            + "\(one.processes) processes"
                    )
                )
            }
        }
        return .done
    }

    private struct StatsDocument: Encodable {
        var schema = JSONDocument.schema
        var command = "vm stats"
        var containers: [ContainerUsage]
    }
}
