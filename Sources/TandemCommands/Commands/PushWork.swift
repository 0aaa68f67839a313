import TandemConfiguration
import TandemDaemon
import TandemControl
import TandemProject
import TandemSync
import TandemSystem

/// One push or plan from the choice of the pair to the last line.
struct PushWork {
    let choice: PairChoice
    let output: OutputChoice
    let pushing: PushChoice
    let isPlan: Bool

    func run(in context: CommandContext) throws -> ExitCode {
        let (entry, catalogue) = try context.find(choice)
        if let (agent, _) = try context.owner(of: entry) {
            defer { agent.close() }
            return try ask(agent, about: entry, in: context)
        }
        do {
            let project = try context.project(of: entry, isPlan: isPlan)
            for note in project.notes { context.console.note(note) }
            let report = try context.locked(entry) {
                try push(entry, project.settings, in: context)
            }
            if !isPlan {
                let now = context.time.wall
                try catalogue.remember(report, of: entry, at: now)
                try catalogue.remember(RunRecord(report, at: now), of: entry)
            }
            try show(report, of: entry, in: context)
            return ExitCode(report)
        } catch {
            let failure = named(error, entry, context.stop.reason)
            if !isPlan { remember(failure, of: entry, in: catalogue, at: context.time.wall) }
            throw failure
        }
    }

    /// Lets the agent that keeps the pair in sync do it.
    private func ask(
        _ agent: any AgentConversation,
        about entry: PairEntry,
        in context: CommandContext
    ) throws -> ExitCode {
        guard !isPlan else { return try plan(agent, entry, in: context) }
        try guardDeletions(of: entry, in: context)
        let start = context.time.monotonic
        let barrier = AgentBarrier(wait: pushing.wait ?? .seconds(DurationText.maximumSeconds))
        let answer = try barrier.push(
            entry,
            accepting: pushing.acceptDelete,
            agent,
            context
        )
        let took = context.time.monotonic - start
        if output.json {
            let document = FlushDocument(command: "push", entry, answer)
            context.console.document(try JSONDocument.text(document))
        } else if !(pushing.quiet && answer.exitCode == .done) {
            for line in FlushText(answer, took: took).lines { context.console.line(line) }
        }
        return answer.exitCode
    }

    /// Shows what the agent that keeps the pair in sync would do now.
    private func plan(
        _ agent: any AgentConversation,
        _ entry: PairEntry,
        in context: CommandContext
    ) throws -> ExitCode {
        let plan = try agent.plan(entry)
        if output.json {
            let document = LivePlanDocument(entry, plan)
            context.console.document(try JSONDocument.text(document))
        } else if !(pushing.quiet && plan.exitCode == .done) {
            for line in LivePlanText(plan, showsAll: output.all).lines {
                context.console.line(line)
            }
        }
        return plan.exitCode
    }

    /// Asks for a snapshot of the vm before a push that may delete much there.
    private func guardDeletions(of entry: PairEntry, in context: CommandContext) throws {
        guard let count = pushing.acceptDelete, count > 0 else { return }
        try context.snapshot(
            before: .massDeletion,
            as: "accepting \(count) deletions",
            of: entry,
            isQuiet: pushing.quiet || output.json
        )
    }

    /// Asks for one before both sides are united for the first time.
    private func guardFirst(_ entry: PairEntry, in context: CommandContext) throws {
        guard !context.laptopPair(entry).hasSynced else { return }
        try context.snapshot(
            before: .firstSync,
            as: "the first sync",
            of: entry,
            isQuiet: pushing.quiet || output.json
        )
    }

    private func push(
        _ entry: PairEntry,
        _ settings: ProjectSettings,
        in context: CommandContext
    ) throws -> PushReport {
        if let wait = pushing.wait { context.stop.stop(after: wait) }
        let shower = ProgressShower(
            console: context.console,
            time: context.time,
            isQuiet: pushing.quiet || output.json
        )
        defer { shower.finish() }
        if !isPlan {
            try guardFirst(entry, in: context)
            try guardDeletions(of: entry, in: context)
        }
        return try context.engine.push(
            try context.target(entry),
            options: PushOptions(
                purpose: isPlan ? .plan : .push,
                modes: try settings.checkedPushModes,
                ignore: settings.ignore,
                acceptedDeletions: pushing.acceptDelete
            ),
            stop: context.stop,
            observer: { shower.show($0) }
        )
    }

    /// Says which pair it was, and whether it was the user or `--wait` that ended it.
    private func named(
        _ error: any Error,
        _ entry: PairEntry,
        _ reason: StopSwitch.Reason?
    ) -> CommandError {
        var failure = CommandError(error, at: "pair \(entry.name): \(entry.destination)")
        guard failure.code == .interrupted, reason == .timedOut else { return failure }
        failure.code = .timedOut
        failure.what = "the push was not done in the time that --wait gave"
        return failure
    }

    /// A push that could not even be remembered has a better error to show already.
    private func remember(
        _ failure: CommandError,
        of entry: PairEntry,
        in catalogue: any PairCatalogue,
        at time: Int64
    ) {
        let previous = try? catalogue.lastRun(of: entry)
        try? catalogue.remember(RunRecord(failure, after: previous, at: time), of: entry)
    }

    private func show(
        _ report: PushReport,
        of entry: PairEntry,
        in context: CommandContext
    ) throws {
        if output.json {
            let document = ReportDocument(
                report,
                isPlan: isPlan,
                pair: entry.document,
                exitCode: ExitCode(report)
            )
            context.console.document(try JSONDocument.text(document))
            return
        }
        let text = ReportText(
            report,
            isPlan: isPlan,
            vm: entry.destination.description,
            detail: pushing.quiet ? .quiet : pushing.verbose ? .verbose : .normal,
            showsAll: output.all
        )
        for line in text.lines { context.console.line(line) }
    }
}
