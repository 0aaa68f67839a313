import Glibc
import TandemDaemon
import TandemSystem

extension CommandContext {
    /// The context of this process: its terminal, directories, clock and network.
    package static func ofProcess() -> CommandContext {
        let environment = ProcessEnvironment.current
        let directories = StateDirectories(
            environment: environment,
            home: ProcessEnvironment.home ?? "/",
            uid: geteuid()
        )
        let program = LocalPath.resolved("/proc/self/exe")
        return CommandContext(
            console: Console.ofProcess(environment: environment),
            environment: environment,
            currentDirectory: Self.workingDirectory(environment),
            program: program,
            directories: directories,
            time: SystemTime(),
            engine: LiveSyncEngine(),
            dialer: SSHDialer(environment: environment),
            agent: UserAgent(
                directories: directories,
                environment: environment,
                program: program
            ),
            stop: StopSwitch(),
            openCatalogue: { try StoredCatalogue(directories: directories) },
            streams: .ofProcess
        )
    }

    /// The directory as the shell shows it where that is true, so that messages name what was typed.
    private static func workingDirectory(_ environment: [String: String]) -> String {
        let buffer = unsafe getcwd(nil, 0)
        defer { unsafe free(buffer) }
        let actual = unsafe buffer.map { unsafe String(cString: $0) } ?? "/"
        guard let shown = environment["PWD"], shown.hasPrefix("/"),
            LocalPath.resolved(shown) == actual
        else { return actual }
        return shown
    }
}

extension CommandProgram {
    /// Runs this process's command line.
    ///
    /// - Returns: the process's exit code.
    package static func runProcess() -> Int32 {
        ProcessSettings.harden()
        let context = CommandContext.ofProcess()
        if let watch = try? InterruptWatch() { watch.start(context.stop) }
        return run(Array(CommandLine.arguments.dropFirst()), in: context).rawValue
    }
}

/// Turns Ctrl-C and its relatives into a thrown switch, and a second one into the end.
private final class InterruptWatch: Sendable {
    private let signals: TerminationSignals

    init() throws {
        signals = try TerminationSignals()
    }

    func start(_ stop: StopSwitch) {
        WorkerThread.start("tandem-signals") { [self] in
            while let signal = signals.next() {
                // A hang-up of the terminal ends a command as Ctrl-C does.
                _ = signal
                let isFirst = stop.reason == nil
                guard isFirst, stop.stop(.interrupted) else { _exit(ExitCode.interrupted.rawValue) }
            }
        }
    }
}

extension Console {
    /// This process's standard input, output and error.
    static func ofProcess(environment: [String: String]) -> Console {
        var size = winsize()
        let hasSize = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let isDumb = environment["TERM"] == "dumb" || environment["TERM"] == nil
        let noColor = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        let traits = Traits(
            outputIsTerminal: isatty(STDOUT_FILENO) == 1,
            errorIsTerminal: isatty(STDERR_FILENO) == 1 && !isDumb,
            inputIsTerminal: isatty(STDIN_FILENO) == 1,
            usesColor: !noColor && !isDumb,
            columns: hasSize ? Int(size.ws_col) : 80
        )
        return Console(
            traits: traits,
            output: { Self.write($0, to: STDOUT_FILENO) },
            errors: { Self.write($0, to: STDERR_FILENO) },
            input: { readLine() }
        )
    }

    /// Writes all of it; a reader that went away, as `head` does, is no error.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
