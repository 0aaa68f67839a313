import TandemTree

/// What one cycle does, from the plan to the commit.
struct Cycle: Sendable {
    var toVM: [Change] = []
    var toLaptop: [Change] = []
    var agreed: [Difference] = []
    var resolved: [RelativePath] = []
    /// What the archive takes for each change: what moves is a whole subtree.
    var vmRecords: [[Difference]] = []
    var laptopRecords: [[Difference]] = []
    var contentBytes: UInt64 = 0
    var asksFirst = false
    var awaitsAnswers = false
    var contentQueued = 0
    var contentDone = 0
    var sentContentBytes: UInt64 = 0
    var outcomes: [PushSession.Outcome] = []
    var laptopOutcomes: [PushSession.Outcome] = []
    var isVMSent = false
    var isVMDone = false
    var isLaptopDone = false
    var refused: [PutOffChange] = []
    /// What the plan wanted and the cycle does not try.
    var untried: [PutOffChange] = []

    init() {}
}

// MARK: - The plan

extension LiveSession {
    /// Plans when nothing is under way and something happened; else what happened waits.
    mutating func goOn(_ laptop: Laptop) -> [Action] {
        switch phase {
        case .resting, .halted: break
        default: return []
        }
        guard isStale else { return [] }
        // A tree read under other rules would show what is ignored as deleted.
        if isVMInDoubt || vmRules != laptop.rules { return compare(laptop) }
        return plan(laptop)
    }

    private mutating func plan(_ laptop: Laptop) -> [Action] {
        isStale = false
        phase = .resting
        plans += 1
        var plan = reconcile(
            archive: memory.archive,
            laptop: laptop.tree,
            vm: vm,
            modes: settings.modes,
            resolutions: resolutions
        )
        let halt = HaltPolicy.check(
            plan,
            archive: memory.archive,
            laptop: laptop.tree,
            vm: vm,
            accepted: acceptedDeletions,
            made: { recentlyMade.states(on: $0, as: $0 == .vm ? laptop.tree : vm, laptop.now) }
        )
        if let halt {
            phase = .halted
            return [.conflicts(plan.conflicts), .halt(halt)]
        }
        let settled = Set(plan.resolved)
        // One that did not fit is answered: it must not take effect later.
        resolutions.removeAll { !settled.contains($0.path) }
        let untried = admit(&plan, laptop)
        let conflicts = Action.conflicts(plan.conflicts)
        if plan.changesNothing {
            let waiting = Set(untried.map(\.path))
            resolutions.removeAll { !waiting.contains($0.path) }
            finish(undone: untried)
            if sharing.isDue(laptop) { shareTrees(laptop) }
            return [conflicts, .rest(rest(plan, laptop))]
        }
        return [conflicts] + start(plan, untried)
    }

    /// Takes out of a plan what must wait; gives it.
    private mutating func admit(_ plan: inout Plan, _ laptop: Laptop) -> [PutOffChange] {
        let toVM = putOff.admit(plan.toVM, for: .vm, now: laptop.now)
        let toLaptop = putOff.admit(plan.toLaptop, for: .laptop, now: laptop.now)
        defer { (plan.toVM, plan.toLaptop) = (toVM, toLaptop) }
        return Self.left(out: toVM, of: plan.toVM, .vm)
            + Self.left(out: toLaptop, of: plan.toLaptop, .laptop)
    }

    private static func left(
        out some: [Change],
        of all: [Change],
        _ side: Side
    ) -> [PutOffChange] {
        guard some.count < all.count else { return [] }
        let admitted = Set(some.map(\.path))
        return all.lazy.filter { !admitted.contains($0.path) }
            .map { PutOffChange(path: $0.path, side: side, reason: "it waits to be tried again") }
    }

    /// Notes that all of the last plan was done but for this.
    mutating func finish(undone: [PutOffChange]) {
        finishedPlans = plans
        self.undone = undone
    }

    private func rest(_ plan: Plan, _ laptop: Laptop) -> Rest {
        let waiting = putOff.lasting
        return Rest(
            isInSync: isVMComplete && laptop.isComplete && plan.conflicts.isEmpty
                && plan.problems.isEmpty && waiting.isEmpty && !putOff.isSettling,
            isSettling: putOff.isSettling,
            treeDigest: laptop.tree.rootDigest,
            vmEntries: UInt64(vm.count),
            conflicts: plan.conflicts.count,
            putOff: waiting,
            problems: plan.problems,
            vmOnly: plan.vmOnly.count,
            laptopOnly: plan.laptopOnly.count,
            retryAt: putOff.nextRetry
        )
    }

    private mutating func start(_ plan: Plan, _ untried: [PutOffChange]) -> [Action] {
        cycle = Cycle()
        cycle.untried = untried
        cycle.toVM = plan.toVM
        cycle.toLaptop = plan.toLaptop
        cycle.agreed = plan.agreed
        cycle.resolved = plan.resolved
        nextToken = drawToken()
        phase = .intending
        let links = plan.toVM.filter(\.lacksTarget).map(\.path)
        return links.isEmpty ? [intent] : [.readLinks(links)]
    }

    /// A link whose target is not what the plan saw is left to the next cycle.
    mutating func linksRead(_ targets: [RelativePath: [UInt8]]) -> [Action] {
        var changes: [Change] = []
        for var change in cycle.toVM {
            if change.lacksTarget {
                guard let target = targets[change.path], .link(to: target) == change.new else {
                    isStale = true
                    let reason = PutOffChanges.Reason(.changedWhileSent).sentence
                    cycle.untried.append(.init(path: change.path, side: .vm, reason: reason))
                    continue
                }
                change.linkTarget = target
            }
            changes.append(change)
        }
        cycle.toVM = changes
        return [intent]
    }

    private var intent: Action {
        .writeIntent(
            generation: memory.generation + 1,
            token: nextToken,
            toLaptop: cycle.toLaptop.map(\.difference)
        )
    }

    /// Announces the batch; content follows at once unless something may be there already.
    mutating func began(_ laptop: Laptop) -> [Action] {
        phase = .applying
        cycle.contentBytes = cycle.toVM.reduce(0) { $0 + $1.contentBytes }
        cycle.asksFirst = cycle.toVM.contains { $0.source != nil || $0.keepsContent }
        cycle.awaitsAnswers = cycle.asksFirst
        let displacesLive =
            !cycle.resolved.isEmpty || (cycle.toVM + cycle.toLaptop).contains { isUnagreed($0) }
        let generation = memory.generation + 1
        var actions: [Action] = [
            .begin(
                Batch(
                    generation: generation,
                    token: nextToken,
                    changeCount: cycle.toVM.count,
                    contentBytes: cycle.contentBytes,
                    asksFirst: cycle.asksFirst,
                    displacesLive: displacesLive
                )
            )
        ]
        if !cycle.toVM.isEmpty { actions.append(.sendChanges(cycle.toVM)) }
        if !cycle.asksFirst {
            let eager = cycle.toVM.indices.filter { cycle.toVM[$0].contentBytes > 0 }
            actions += queueContent(eager.map { UInt32($0) })
        }
        cycle.vmRecords = records(of: cycle.toVM, on: vm)
        cycle.laptopRecords = records(of: cycle.toLaptop, on: laptop.tree)
        cycle.isLaptopDone = cycle.toLaptop.isEmpty
        if !cycle.isLaptopDone {
            actions.append(
                .applyOnLaptop(
                    cycle.toLaptop,
                    generation: generation,
                    token: nextToken,
                    displacesLive: displacesLive
                )
            )
        }
        // Last: the vm sends what the laptop orders while it makes its half durable.
        return actions + endWhenSent()
    }

    /// Whether a change displaces what both sides never agreed on, as a mirror does: the one copy of
    /// it, which the shelf keeps longer than what was superseded.
    private func isUnagreed(_ change: Change) -> Bool {
        guard let expected = change.expected else { return false }
        let agreed = memory.archive.state(at: change.path)
        // A directory that stays one keeps what is in it.
        guard change.new?.kind == .directory, expected.kind == .directory else {
            return agreed != expected
        }
        return false
    }

    mutating func needed(_ ranges: [Range<UInt32>], isLast: Bool) -> [Action] {
        if isLast { cycle.awaitsAnswers = false }
        let ids = ranges.flatMap { Array($0) }.filter { Int($0) < cycle.toVM.count }
        return queueContent(ids) + endWhenSent()
    }

    private mutating func queueContent(_ ids: [UInt32]) -> [Action] {
        guard !ids.isEmpty else { return [] }
        cycle.contentQueued += 1
        return [.sendContent(ids)]
    }

    mutating func sent(_ rawBytes: UInt64) -> [Action] {
        cycle.contentDone += 1
        cycle.sentContentBytes += rawBytes
        return endWhenSent()
    }

    private mutating func endWhenSent() -> [Action] {
        guard case .applying = phase, !cycle.isVMSent, !cycle.awaitsAnswers,
            cycle.contentDone == cycle.contentQueued
        else { return [] }
        cycle.isVMSent = true
        return [.end(changeCount: cycle.toVM.count)]
    }
}

extension Change {
    /// Whether only the execute bit changes, so that the content is there.
    var keepsContent: Bool {
        new?.kind == .file && expected?.kind == .file && new?.digest == expected?.digest
    }

    /// Whether the link's target must be read before the change can be sent.
    var lacksTarget: Bool { new?.kind == .link && linkTarget == nil }

    /// The bytes of content the change may bring: those of a new file.
    var contentBytes: UInt64 {
        guard let new, new.kind == .file else { return 0 }
        if case .move = source { return 0 }
        return new.size
    }
}
