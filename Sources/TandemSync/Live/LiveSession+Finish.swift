import TandemTree

// MARK: - The end of a cycle

extension LiveSession {
    mutating func ended(_ rootDigest: Digest?, _ laptop: Laptop) throws -> [Action] {
        guard case .applying = phase, cycle.isVMSent, !cycle.isVMDone else {
            throw SyncError(.protocolViolation, "the receiver ended a batch out of turn")
        }
        cycle.isVMDone = true
        let refused = note(cycle.outcomes, of: cycle.toVM, on: .vm, laptop)
        let applied = kept(cycle.vmRecords, but: refused)
        ArchiveUpdate.apply(applied, to: &vm)
        // The same digest is the same tree, whatever a report that came too soon made it look like.
        if let rootDigest { isVMInDoubt = rootDigest != vm.rootDigest }
        return finishWhenDone()
    }

    /// The laptop's half is durable, and what it changed is in the laptop's tree already.
    mutating func laptopApplied(
        _ outcomes: [PushSession.Outcome],
        _ laptop: Laptop
    ) -> [Action] {
        guard case .applying = phase, !cycle.isLaptopDone else { return [] }
        cycle.isLaptopDone = true
        cycle.laptopOutcomes = outcomes
        _ = note(outcomes, of: cycle.toLaptop, on: .laptop, laptop)
        return finishWhenDone()
    }

    /// Notes what a side refused, for the next plan; gives the refused numbers.
    private mutating func note(
        _ outcomes: [PushSession.Outcome],
        of changes: [Change],
        on side: Side,
        _ laptop: Laptop
    ) -> Set<UInt32> {
        var refused: Set<UInt32> = []
        for outcome in outcomes where Int(outcome.id) < changes.count {
            guard refused.insert(outcome.id).inserted else { continue }
            let reason = PutOffChanges.Reason(outcome.reason)
            let change = changes[Int(outcome.id)]
            putOff.refused(change, on: side, reason, now: laptop.now)
            cycle.refused.append(
                PutOffChange(path: change.path, side: side, reason: reason.sentence)
            )
            isStale = true
        }
        for (index, change) in changes.enumerated() where !refused.contains(UInt32(index)) {
            putOff.applied(change, on: side)
        }
        return refused
    }

    private func kept(_ records: [[Difference]], but refused: Set<UInt32>) -> [Difference] {
        records.enumerated()
            .flatMap { refused.contains(UInt32($0.offset)) ? [] : $0.element }
            .sorted { $0.path < $1.path }
    }

    /// What the archive takes for each change on a side; called before the side's tree changes.
    func records(of changes: [Change], on receiver: Tree) -> [[Difference]] {
        changes.map { differences(made: [$0], on: receiver) }
    }

    /// Records the generation once both halves are durable.
    private mutating func finishWhenDone() -> [Action] {
        guard cycle.isVMDone, cycle.isLaptopDone else { return [] }
        let refusedOnVM = Set(cycle.outcomes.map(\.id))
        let refusedOnLaptop = Set(cycle.laptopOutcomes.map(\.id))
        // Of a merge, both halves are needed: agreed is what both sides hold.
        let half = Set(refusedOnVM.compactMap { path(of: $0, in: cycle.toVM) })
            .union(refusedOnLaptop.compactMap { path(of: $0, in: cycle.toLaptop) })
        var records = cycle.agreed
        records += kept(cycle.vmRecords, but: refusedOnVM)
        records += kept(cycle.laptopRecords, but: refusedOnLaptop)
        records.sort { $0.path < $1.path }
        if !half.isEmpty { records = Self.without(half, records) }
        records = ArchiveUpdate.apply(records, to: &memory.archive)
        sharing.note(records.count)
        memory.generation += 1
        memory.token = nextToken
        phase = .archiving
        return [
            .appendArchive(
                generation: memory.generation,
                token: nextToken,
                tree: memory.archive,
                records
            )
        ]
    }

    /// The records but for these paths and what stands in them.
    private static func without(
        _ paths: Set<RelativePath>,
        _ records: [Difference]
    ) -> [Difference] {
        var withheld: RelativePath?
        return records.filter { record in
            if let withheld, record.path.isDescendant(of: withheld) { return false }
            guard paths.contains(record.path) else { return true }
            withheld = record.path
            return false
        }
    }

    private func path(of id: UInt32, in changes: [Change]) -> RelativePath? {
        Int(id) < changes.count ? changes[Int(id)].path : nil
    }

    mutating func archived() -> [Action] {
        if case .archiving = phase { phase = .committing }
        return [.commit(generation: memory.generation, token: memory.token)]
    }

    mutating func committed(_ laptop: Laptop) throws -> [Action] {
        switch phase {
        case .settling:
            defer { rolledForward = nil }
            return (rolledForward.map { [.done($0)] } ?? []) + compare(laptop)
        case .committing:
            let report = cycleReport()
            resolutions.removeAll { report.resolved.contains($0.path) }
            recentlyMade.note(report.toVM, on: .vm, laptop.now)
            recentlyMade.note(report.toLaptop, on: .laptop, laptop.now)
            acceptedDeletions = nil
            finish(undone: cycle.refused + cycle.untried)
            cycle = Cycle()
            phase = .resting
            isStale = true
            return [.done(report)] + goOn(laptop)
        default:
            throw SyncError(.protocolViolation, "the receiver committed out of turn")
        }
    }

    /// What a cycle did that is recorded, and whose commit was not answered yet.
    package var unconfirmed: CycleReport? {
        if case .committing = phase { cycleReport() } else { nil }
    }

    private func cycleReport() -> CycleReport {
        let refusedOnVM = Set(cycle.outcomes.map(\.id))
        let refusedOnLaptop = Set(cycle.laptopOutcomes.map(\.id))
        func kept(_ changes: [Change], _ refused: Set<UInt32>) -> [Change] {
            changes.enumerated().compactMap {
                refused.contains(UInt32($0.offset)) ? nil : $0.element
            }
        }
        let undone = Set(undone.map(\.path))
        return CycleReport(
            generation: memory.generation,
            tree: memory.archive.rootDigest,
            toVM: kept(cycle.toVM, refusedOnVM),
            toLaptop: kept(cycle.toLaptop, refusedOnLaptop),
            resolved: cycle.resolved.filter { !undone.contains($0) },
            refused: cycle.refused,
            sentContentBytes: cycle.sentContentBytes
        )
    }
}
