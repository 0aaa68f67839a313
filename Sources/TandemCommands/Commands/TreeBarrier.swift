import TandemProject
import TandemSync
import TandemSystem
package import TandemTree

/// Waits until the vm holds exactly the laptop's tree: by the agent's flush where one runs, else
/// by a push of its own.
package struct TreeBarrier: Sendable {
    /// What was reached.
    package struct Reached: Sendable, Hashable {
        /// The digest of the tree that both sides hold.
        package var tree: Digest
        /// How many entries had to travel.
        package var changes: Int

        package init(tree: Digest, changes: Int) {
            self.tree = tree
            self.changes = changes
        }
    }

    /// Asks an agent; nil where none answers.
    ///
    /// It throws where the agent cannot reach it: conflicts, a broken pair, the time.
    package typealias Flush =
        @Sendable (_ pair: PairEntry, _ wait: Duration?) throws -> Reached?

    let entry: PairEntry
    let settings: ProjectSettings
    let wait: Duration?
    /// Whether entries that only the vm has are no obstacle.
    let allowsVMOnly: Bool
    let context: CommandContext

    func reach() throws -> Reached {
        if let reached = try context.flush(entry, wait) { return reached }
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
        return Reached(tree: report.treeDigest, changes: report.appliedCount)
    }

    private func check(_ report: PushReport) throws {
        if report.verdict == .inSync { return }
        let isComplete = report.isCompared && !report.needsAttention
        if allowsVMOnly && isComplete { return }
        var details = report.conflicts.map { "\($0.path): \($0.reason.sentence)" }
        details += report.refusals.map { "\($0.path): \($0.reason)" }
        details += report.problems.map { "\($0.path): \($0.reason)" }
        details += report.vmOnly.map { "\($0.path): only the vm has it so" }
        let more = details.count - ReportText.listLimit
        details = Array(details.prefix(ReportText.listLimit))
        if more > 0 { details.append("… and \(more) more") }
        if !report.isCompared { details.append("the vm could not compare its whole tree") }
        throw CommandError(
            .attention,
            "the vm does not hold exactly this tree, so nothing was run",
            at: "pair \(entry.name): \(entry.destination)",
            details: details,
            next: isComplete
                ? "ignore what only the vm has, or add --allow-vm-only"
                : "settle these, then run it again"
        )
    }
}
