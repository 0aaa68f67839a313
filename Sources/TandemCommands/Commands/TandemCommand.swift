package import ArgumentParser

/// `tandem`: the command that holds all others.
package struct TandemCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "Keep a directory on this laptop and one on a vm the same, over SSH.",
        discussion: """
            A first session:
              tandem pair ~/shop devvm:/app    say which directories belong together
              tandem plan                      see what a push would do
              tandem push                      do it; what it replaces is kept
              tandem up                        or keep both the same from now on

            Exit codes:
            \(ExitCode.table)

            Environment:
              TANDEM_HOME  holds state and logs instead of the XDG directories
              TANDEM_CONFIG  a tandem.yml: commands work as if started in its directory
              TANDEM_SSH   the ssh program, for ssh_config and --transport openssh
              TANDEM_NO_AUTOSTART  keeps `up` from starting the agent
              TANDEM_NOTIFY        1 lets the agent show desktop notices
              NO_COLOR     leaves out colours
            """,
        version: TandemVersion.text,
        subcommands: [
            InitCommand.self, PairCommand.self, PlanCommand.self, PushCommand.self,
            StatusCommand.self,
            RunCommand.self,
            ConfigCommand.self,
            DoctorCommand.self,
            RecoverCommand.self,
            AdoptCommand.self,
            LogsCommand.self,
            SnapshotCommand.self,
            VerifyCommand.self,
            GarbageCommand.self,
            VMCommand.self,
            UpCommand.self,
            DownCommand.self,
            FlushCommand.self,
            PauseCommand.self,
            ResumeCommand.self,
            ConflictsCommand.self,
            ResetCommand.self,
            TopCommand.self,
            LogCommand.self,
            EventsCommand.self,
            ServiceCommand.self,
            VersionCommand.self, CompletionsCommand.self, ManCommand.self,
        ]
    )

    package init() {}
}

/// A command that runs with what it needs given to it, so that tests can give their own.
package protocol TandemSubcommand: ParsableCommand {
    /// Runs the command.
    ///
    /// - Parameter context: the console, the places and the engine.
    /// - Returns: what the process ends with.
    /// - Throws: any error; `CommandError` says best what to do next.
    func run(in context: CommandContext) throws -> ExitCode

    /// Whether the command was asked for JSON, so that its failure is written as JSON too.
    var wantsJSON: Bool { get }
}

extension TandemSubcommand {
    package var wantsJSON: Bool { false }

    /// Runs with the process's own context; the programs call `CommandProgram` instead.
    package func run() throws {
        let code = try run(in: CommandContext.ofProcess())
        if code != .done { throw ArgumentParser.ExitCode(code.rawValue) }
    }
}
