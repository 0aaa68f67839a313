package import ArgumentParser
import TandemControl

/// `tandem service`: let the system start the agent.
package struct ServiceCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Let the system start the agent when you log in.",
        discussion: """
            A systemd user unit on Linux, a launchd agent on macOS. It is not needed: `tandem
            up` starts the agent, too.

              tandem service install     write it, and switch it on where that works
              tandem service status
              tandem service uninstall   switch it off, and take it away
            """,
        subcommands: [
            ServiceInstallCommand.self, ServiceUninstallCommand.self, ServiceStatusCommand.self,
        ]
    )

    package init() {}
}

/// `tandem service install`.
package struct ServiceInstallCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Write the service's file and switch it on.",
        discussion: """
              tandem service install
              tandem service install --print   show the file, and write nothing
            """
    )

    @Flag(name: .customLong("print"), help: "Show the file, and write nothing.")
    package var printsOnly = false

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let service = ServiceFile(context)
        guard !printsOnly else {
            context.console.page(service.text)
            return .done
        }
        try service.write()
        let isOn = service.switchOn()
        if json {
            let document = ServiceDocument("install", service, isOn: isOn)
            context.console.document(try JSONDocument.text(document))
            return .done
        }
        context.console.line("wrote \(service.path)")
        if isOn {
            context.console.line("the agent runs, and is started when you log in")
        } else {
            context.console.line("  next: \(service.commandThatSwitchesOn)")
        }
        return .done
    }
}

/// `tandem service uninstall`.
package struct ServiceUninstallCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Switch the service off and take its file away.",
        discussion: """
              tandem service uninstall
            """
    )

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let service = ServiceFile(context)
        service.switchOff()
        let wasThere = LocalPath.remove(service.path)
        if json {
            let document = ServiceDocument("uninstall", service, isOn: false)
            context.console.document(try JSONDocument.text(document))
        } else {
            let path = service.path
            context.console.line(wasThere ? "removed \(path)" : "there is no \(path)")
        }
        return .done
    }
}

/// `tandem service status`.
package struct ServiceStatusCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say whether the service is installed, and whether an agent runs.",
        discussion: """
            Ends with 0 where an agent runs, else with 69.

              tandem service status --json
            """
    )

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let service = ServiceFile(context)
        let agent = try context.agent.running()
        defer { agent?.close() }
        if json {
            var document = ServiceDocument("status", service, isOn: agent != nil)
            document.process = agent?.agent.process
            context.console.document(try JSONDocument.text(document))
        } else {
            let isThere = LocalPath.exists(service.path)
            context.console.line(
                isThere ? "installed: \(service.path)" : "not installed (tandem service install)"
            )
            let words = agent.map { "an agent runs, process \($0.agent.process)" }
            context.console.line(words.map { StyledText($0) } ?? "no agent runs")
        }
        return agent == nil ? .unreachable : .done
    }
}

/// What the service commands print with `--json`.
struct ServiceDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command: String
    var file: String
    var isInstalled: Bool
    var isRunning: Bool
    var process: Int32?

    init(_ verb: String, _ service: ServiceFile, isOn: Bool) {
        command = "service \(verb)"
        file = service.path
        isInstalled = LocalPath.exists(service.path)
        isRunning = isOn
    }
}
