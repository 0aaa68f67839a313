import TandemControl
import TandemProject
import TandemSync
import TandemSystem
import TandemTree

/// Waits until the vm holds exactly the laptop's tree: by the agent's flush where one keeps the
/// pair in sync, else by a push of its own.
struct TreeBarrier {
    /// What was reached.
    struct Reached {
        /// The digest of the tree that both sides hold, in hexadecimal.
        var tree: String
        /// How many entries had to travel; nil where the agent did it.
        var changes: Int?
    }

    /// A time nobody waits for a tree; the agent wants one.
    private static let longest = Duration.seconds(24 * 3600)

    let entry: PairEntry
    let settings: ProjectSettings
    let wait: Duration?
    /// Whether entries that only the vm has are no obstacle.
    let allowsVMOnly: Bool
    let context: CommandContext

    func reach() throws -> Reached { try reachByAgent() ?? push() }

    /// The same where an agent keeps the pair in sync; nil where none does.
    func reachByAgent() throws -> Reached? {
        guard let (agent, _) = try context.owner(of: entry) else { return nil }
        defer { agent.close() }
        return try flush(agent)
    }

    private func flush(_ agent: any AgentConversation) throws -> Reached {
        let wait = wait ?? Self.longest
        let deadline = ContinuousClock.now + wait
        var answer = try AgentBarrier(wait: wait).flush(entry, agent, context)
        // Both sides go on changing: a command needs one tree, so another moment is tried.
        while answer.result == .durable {
            let left = max(.zero, ContinuousClock.now.duration(to: deadline))
            answer = try AgentBarrier(wait: left).flush(entry, agent, context)
        }
        switch answer.result {
        case .inSync:
            guard let tree = answer.tree else { break }
            return Reached(tree: tree, changes: nil)
        case .timedOut:
            throw CommandError(
                .timedOut,
                "the vm did not have the tree in the time that --wait gave",
                at: "pair \(entry.name): \(entry.destination)",
                next: "look at `tandem status \(entry.name)`"
            )
        case .durable, .attention, .broken: break
        }
        throw refusal(
            answer.exitCode,
            answer.remarks,
            next: "look at `tandem status \(entry.name)`"
        )
    }

    private func push() throws -> Reached {
        // A switch of its own: what `--wait` ends is the push, not the command after it.
        let stop = StopSwitch()
        let outer = context.stop
        outer.whenStopped { stop.stop(.interrupted) }
        if let wait { stop.stop(after: wait) }
        let report: PushReport
        do {
            report = try context.locked(entry) {
                try context.engine.push(
                    try context.target(entry),
                    options: PushOptions(
                        modes: try settings.checkedPushModes,
                        ignore: settings.ignore
                    ),
                    stop: stop,
                    observer: { _ in }
                )
            }
        } catch {
            var failure = CommandError(error, at: "pair \(entry.name): \(entry.destination)")
            if failure.code == .interrupted, stop.reason == .timedOut {
                failure.code = .timedOut
                failure.what = "the vm did not have the tree in the time that --wait gave"
            }
            throw failure
        }
        try check(report)
        return Reached(tree: report.treeDigest.hex, changes: report.appliedCount)
    }

    private func check(_ report: PushReport) throws {
        if report.verdict == .inSync { return }
        let isComplete = report.isCompared && !report.needsAttention
        if allowsVMOnly && isComplete { return }
        var details = report.conflicts.map { "\($0.path): \($0.reason.sentence)" }
        details += report.refusals.map { "\($0.path): \($0.reason)" }
        details += report.problems.map { "\($0.path): \($0.reason)" }
        details += report.vmOnly.map { "\($0.path): only the vm has it so" }
        if !report.isCompared { details.append("the vm could not compare its whole tree") }
        throw refusal(
            .attention,
            details,
            next: isComplete
                ? "ignore what only the vm has, or add --allow-vm-only"
                : "settle these, then run it again"
        )
    }

    private func refusal(_ code: ExitCode, _ details: [String], next: String) -> CommandError {
        let more = details.count - ReportText.listLimit
        let rest = more > 0 ? ["… and \(more) more"] : []
        return CommandError(
            code,
            "the vm does not hold exactly this tree, so nothing was run",
            at: "pair \(entry.name): \(entry.destination)",
            details: details.prefix(ReportText.listLimit) + rest,
            next: next
        )
    }
}
