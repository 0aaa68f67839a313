package import ArgumentParser
import TandemConfiguration
import TandemDaemon
import TandemManagement
import TandemProject
import TandemSync
import TandemSystem

/// `tandem verify`: look whether everything runs where it should, and nothing else does.
package struct VerifyCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check containers, host, logs, garbage and trees on both machines.",
        discussion: """
            Every row says what was seen, and how. What could not be found out is "unknown",
            never good. Exit code 0 if all is as it should be, 1 if not, 69 if the vm cannot
            be reached. --deep destroys each container and makes it anew, to see whether
            anything is lost.

              tandem verify                          the pair that this directory belongs to
              tandem verify shop --markdown report.md --diff
              tandem verify --expect verify.json --json
            """
    )

    @OptionGroup package var choice: PairChoice
    @OptionGroup package var output: OutputChoice

    @Option(help: ArgumentHelp("Hold it to this JSON file.", valueName: "file"))
    package var expect: String?

    @Option(help: ArgumentHelp("Write the report as Markdown; - prints it.", valueName: "file"))
    package var markdown: String?

    @Flag(help: "Say what is different from the last report.")
    package var diff = false

    @Flag(help: "Destroy every container and make it anew: nothing may be lost.")
    package var deep = false

    package init() {}

    package var wantsJSON: Bool { output.json }

    /// The longest expectation that is read.
    private static let longestExpectation = 1 << 20

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, _) = try context.find(choice)
        let settings = try settings(of: entry, context)
        let work = VerifyWork(
            entry: entry,
            expectation: try expectation(of: entry, settings, context),
            settings: settings,
            isDeep: deep,
            context: context
        )
        let report = try work.report()
        let history = VerifyHistory(
            directory: "\(context.laptopPair(entry).stateDirectory)/verify"
        )
        let difference = diff ? try history.last().map(report.difference) : nil
        // A report about a vm that was away says nothing to compare with.
        if report.unreachable == nil { try history.keep(report, at: context.time.wall) }
        try show(report, difference, in: context)
        return ExitCode(rawValue: report.exitCode) ?? .attention
    }

    /// What is in force: content that waits for approval could have come from the vm, which is
    /// what is verified here.
    private func settings(
        of entry: PairEntry,
        _ context: CommandContext
    ) throws -> ProjectSettings {
        let watch = try context.configurationWatch(of: entry)
        switch try watch.start(isAgent: false) {
        case .changed, .unchanged: break
        case .waiting:
            context.console.note(
                "\(Configuration.fileName) waits for approval; what was approved before holds"
            )
        case .wrong(let error):
            for problem in error.problems { context.console.note("\(problem)") }
            context.console.note("what was approved before holds; `tandem config check`")
        }
        return watch.settings
    }

    /// Tandem's own deployment, the approved `verify` of tandem.yml over it, and a file over both.
    private func expectation(
        of entry: PairEntry,
        _ settings: ProjectSettings,
        _ context: CommandContext
    ) throws -> VerifyExpectation {
        var expectation = VerifyExpectation.standard(
            vmRoot: entry.receiverContainer == nil && entry.destination.isAbsolute
                ? entry.destination.path : nil,
            laptopLogs: context.directories.logs
        )
        if let configured = settings.verify {
            expectation = try read(
                Array(configured.utf8),
                over: expectation,
                from: "\(Configuration.fileName): verify"
            )
        }
        guard let expect else { return expectation }
        let path = context.absolute(expect)
        guard let bytes = try AtomicFile.read(path, limit: Self.longestExpectation) else {
            throw CommandError(.usage, "there is no file \(path)")
        }
        return try read(bytes, over: expectation, from: path)
    }

    private func read(
        _ bytes: [UInt8],
        over standard: VerifyExpectation,
        from file: String
    ) throws -> VerifyExpectation {
        do throws(ExpectationError) {
            return try VerifyExpectation(json: bytes, over: standard)
        } catch {
            let place = error.place.isEmpty ? file : "\(file): \(error.place)"
            throw CommandError(
                .configuration,
                error.message,
                at: place,
                next: "docs/VERIFY.md has every key"
            )
        }
    }

    private func show(
        _ report: VerifyReport,
        _ difference: VerifyReport.Difference?,
        in context: CommandContext
    ) throws {
        if let markdown, markdown != "-" {
            let path = context.absolute(markdown)
            try AtomicFile.write(Array(report.markdown.utf8), to: path, mode: 0o644)
        }
        if output.json {
            context.console.document(report.json.trimmingLineEnd)
        } else if markdown == "-" {
            context.console.page(report.markdown)
        } else {
            let text = VerifyText(report: report, difference: difference, showsAll: output.all)
            for line in text.lines { context.console.line(line) }
        }
    }
}

extension String {
    /// Without the one line feed at its end.
    var trimmingLineEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
