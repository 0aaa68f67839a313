package import ArgumentParser
import TandemManagement
import TandemSync

/// `tandem vm`: the vm and its containers, asked and told through the manager there.
package struct VMCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "vm",
        abstract: "Look after the vm and its containers.",
        discussion: """
            The manager on the vm does what is asked, for the containers it watches and no others.
            COMPONENT is receiver or snapshot.

              tandem vm status                        the machine and its containers
              tandem vm restart receiver              and wait until it is healthy
              tandem vm roll receiver --image sha256:…
              tandem vm rollback receiver             the image before
            """,
        subcommands: [
            VMStatusCommand.self, VMRestartCommand.self, VMLogsCommand.self, VMStatsCommand.self,
            VMRollCommand.self, VMRollbackCommand.self,
        ],
        defaultSubcommand: VMStatusCommand.self
    )

    package init() {}
}

/// `tandem vm status`: whether the machine is up and all is well on it.
package struct VMStatusCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether the vm is up, and how its containers are.",
        discussion: """
            Exit code 0 when all is well, 1 when something is not, 69 when the vm or its manager
            does not answer.

              tandem vm status
              tandem vm status --pair shop --json
            """
    )

    @OptionGroup package var choice: VMChoice

    package init() {}

    package var wantsJSON: Bool { choice.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let connection = try choice.connection(in: context)
        let entry = connection.entry
        let provider = SSHHostProvider {
            try context.dialer.shell(on: entry.destination, entry.connection, trust: .knownHosts)
        }
        let condition = provider.look()
        let boot = BootRecord(directory: context.laptopPair(entry).stateDirectory)
        var report = VMReport(vm: "\(entry.destination)", condition, rebooted: false)
        if case .up(let host) = condition { report.rebooted = boot.isNew(host.bootID) }
        if case .unreachable = condition {
        } else {
            do {
                report.manager = try connection.status()
            } catch {
                report.managerTrouble = CommandError(error).what
            }
        }
        if choice.json {
            context.console.document(try JSONDocument.text(report))
        } else {
            for line in report.lines { context.console.line(line) }
        }
        return report.exitCode
    }
}
