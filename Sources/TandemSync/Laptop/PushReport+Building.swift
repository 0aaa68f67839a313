import TandemTree

extension PushReport {
    /// The report of a run that has done nothing yet.
    static func empty(generation: UInt64) -> PushReport {
        PushReport(
            verdict: .pushed,
            generation: generation,
            treeDigest: .zero,
            entries: 0,
            changes: [],
            appliedCount: 0,
            conflicts: [],
            refusals: [],
            vmOnly: [],
            problems: [],
            plannedContentBytes: 0,
            sentContentBytes: 0,
            wireBytesUp: 0,
            wireBytesDown: 0,
            hashedFiles: 0,
            isCompared: false
        )
    }

    /// Takes over what the plan found.
    mutating func take(_ plan: Plan) {
        changes = plan.toVM
        conflicts = plan.conflicts
        vmOnly = plan.vmOnly
        // The scan may have said more of an entry than that it cannot travel.
        let known = Set(problems.map(\.path))
        problems += plan.problems.filter { !known.contains($0.path) }.map {
            Unsyncable(path: $0.path, reason: $0.reason.sentence)
        }
    }

    /// Notes an entry that changed while it was sent; the next pass sends it again.
    mutating func refuseForNow(_ path: RelativePath) {
        refusals.append(
            Refusal(
                path: path,
                reason: "changed while it was sent",
                isConflict: false,
                isWorthRepeating: true
            )
        )
    }

    /// Takes over one change that the receiver left undone.
    mutating func take(_ outcome: PushSession.Outcome, of change: Change, base: Tree) {
        switch outcome.reason {
        case .conflict(let found):
            conflicts.append(
                Conflict(
                    path: change.path,
                    base: base.find(change.path).map { base.state(of: $0) },
                    laptop: change.new,
                    vm: found,
                    reason: .bothModified
                )
            )
        case .changedWhileSent:
            refuseForNow(change.path)
        case .failed(let sentence), .overtaken(let sentence):
            refusals.append(
                Refusal(path: change.path, reason: sentence, isConflict: false)
            )
        }
    }
}
