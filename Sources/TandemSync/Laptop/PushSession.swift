package import TandemTree

/// The course of one push, as a value: it takes what happened and says what to do next.
///
/// It knows no socket, thread, file or clock; `PushRun` performs its actions. The commit of a
/// generation follows docs/PROTOCOL.md: intent, begin, end, ended, archive, commit.
package struct PushSession: Sendable {
    /// What the laptop remembers of the pair when the run starts.
    package struct Memory: Sendable {
        package var archive: Tree
        package var generation: UInt64
        package var token: [UInt8]
        package var rules: Digest?

        package init(archive: Tree, generation: UInt64, token: [UInt8], rules: Digest?) {
            self.archive = archive
            self.generation = generation
            self.token = token
            self.rules = rules
        }
    }

    /// What became of the two sides' lineages, decided at the handshake.
    package enum Standing: Sendable, Hashable {
        /// Both stand at the same generation.
        case settled
        /// The vm applied a batch the laptop has not recorded: take its list, then commit.
        case rollForward(token: [UInt8])
        /// The laptop has recorded a generation the vm has not been told of.
        case commitPending
    }

    /// What happened.
    package enum Event: Sendable {
        case welcomed(Standing, areRulesKnown: Bool, stagedBytes: UInt64)
        case scanned(Tree, RuleSet, [PushReport.Unsyncable], hashedFiles: Int)
        case rootTree(Digest, isComplete: Bool)
        case listing(RelativePath, [(name: [UInt8], state: EntryState)], isLast: Bool)
        case applied([Difference], isLast: Bool)
        case linksRead([RelativePath: [UInt8]])
        case intentWritten
        /// The receiver wants these contents; `isLast` when it has looked at every change.
        case need([Range<UInt32>], isLast: Bool)
        case contentSent(rawBytes: UInt64)
        case outcomes([Outcome])
        case ended(rootDigest: Digest?)
        case archived
        case committed
    }

    /// One change the receiver did not apply.
    package struct Outcome: Sendable, Hashable {
        package enum Reason: Sendable, Hashable {
            /// Something else stands there: the vm's own value, left alone.
            case conflict(found: EntryState?)
            /// The laptop's file changed while it was sent; the next pass sends it again.
            case changedWhileSent
            /// It could not be done; the sentence says why.
            case failed(String)
        }

        package var id: UInt32
        package var reason: Reason

        package init(id: UInt32, reason: Reason) {
            self.id = id
            self.reason = reason
        }
    }

    /// What to do.
    package enum Action: Sendable {
        case sendRules(RuleSet)
        case compare
        case list([RelativePath])
        case queryApplied
        case readLinks([RelativePath])
        case writeIntent(generation: UInt64, token: [UInt8])
        case begin(generation: UInt64, token: [UInt8], contentBytes: UInt64, asksFirst: Bool)
        case sendChanges([Change])
        case sendContent([UInt32])
        case end(changeCount: Int)
        case appendArchive(generation: UInt64, token: [UInt8], tree: Tree, [Difference])
        case commit(generation: UInt64, token: [UInt8])
        case finish(PushReport)
    }

    private enum Phase: Sendable {
        case starting
        case settling
        case comparing
        case walking(VMTreeWalk, rootDigest: Digest)
        case intending
        case sending
        case finishing
        case archiving
        case committing
        case finished
    }

    private let options: PushOptions
    private let drawToken: @Sendable () -> [UInt8]
    private var memory: Memory
    private var phase: Phase = .starting
    private var isWelcomed = false
    private var isSettled = false
    private var stagedBytes: UInt64 = 0
    private var laptop: Tree?
    private var rules: RuleSet?
    private var comparesToSkip = 0
    private var isComparing = false
    private var rootTree: Digest?
    private var recovered: [Difference] = []
    private var plan = Plan()
    private var nextToken: [UInt8] = []
    private var asksFirst = false
    private var awaitsAnswers = false
    private var contentQueued = 0
    private var contentDone = 0
    private var outcomes: [Outcome] = []
    private var agreedTree = Tree()
    private var report: PushReport

    /// Starts a push from what the laptop remembers; `drawToken` gives 16 random bytes.
    package init(
        memory: Memory,
        options: PushOptions,
        drawToken: @escaping @Sendable () -> [UInt8]
    ) {
        self.memory = memory
        self.options = options
        self.drawToken = drawToken
        report = PushReport.empty(generation: memory.generation)
    }

    /// The changes of the plan, in the order of their ids.
    package var changes: [Change] { plan.toVM }

    /// Takes one event and gives the actions it calls for, in order.
    ///
    /// - Throws: `SyncError` when the push must stop: a halt, or a receiver out of step.
    package mutating func handle(_ event: Event) throws -> [Action] {
        switch event {
        case .welcomed(let standing, let areRulesKnown, let staged):
            return welcomed(standing, areRulesKnown: areRulesKnown, staged: staged)
        case .scanned(let tree, let rules, let problems, let hashedFiles):
            return try scanned(tree, rules, problems, hashedFiles)
        case .rootTree(let digest, let isComplete):
            return try compared(digest, isComplete: isComplete)
        case .listing(let path, let children, let isLast):
            return try listed(path, children, isLast: isLast)
        case .applied(let records, let isLast):
            return rolledForward(records, isLast: isLast)
        case .linksRead(let targets): return linksRead(targets)
        case .intentWritten: return try began()
        case .need(let ranges, let isLast): return needed(ranges, isLast: isLast)
        case .contentSent(let rawBytes): return sent(rawBytes)
        case .outcomes(let some):
            outcomes += some
            return []
        case .ended(let rootDigest): return try ended(rootDigest)
        case .archived: return archived()
        case .committed: return try committed()
        }
    }
}

// MARK: - Coming to know both trees

extension PushSession {
    private mutating func welcomed(
        _ standing: Standing,
        areRulesKnown: Bool,
        staged: UInt64
    ) -> [Action] {
        isWelcomed = true
        stagedBytes = staged
        if !areRulesKnown { memory.rules = nil }
        switch standing {
        case .settled:
            isSettled = true
            return compareEarly()
        case .rollForward(let token):
            phase = .settling
            nextToken = token
            return [.queryApplied]
        case .commitPending:
            phase = .settling
            nextToken = memory.token
            return [.commit(generation: memory.generation, token: memory.token)]
        }
    }

    /// Lets the vm scan with the rules it has while the laptop is still scanning.
    private mutating func compareEarly() -> [Action] {
        guard laptop == nil else { return compareNow() }
        guard memory.rules != nil else { return [] }
        isComparing = true
        return [.compare]
    }

    private mutating func rolledForward(_ records: [Difference], isLast: Bool) -> [Action] {
        recovered += records
        guard isLast else { return [] }
        var tree = memory.archive
        ArchiveUpdate.apply(recovered, to: &tree)
        let changed = differences(from: memory.archive, to: tree)
        memory.archive = tree
        memory.generation += 1
        memory.token = nextToken
        return [
            .appendArchive(
                generation: memory.generation,
                token: memory.token,
                tree: tree,
                changed
            )
        ]
    }

    private mutating func scanned(
        _ tree: Tree,
        _ rules: RuleSet,
        _ problems: [PushReport.Unsyncable],
        _ hashedFiles: Int
    ) throws -> [Action] {
        laptop = tree
        self.rules = rules
        report.problems = problems
        report.hashedFiles = hashedFiles
        report.entries = tree.count
        report.treeDigest = tree.rootDigest
        guard isSettled else { return [] }
        return isComparing || rootTree != nil ? try checkRules() : compareNow()
    }

    /// Both are ready and nothing was asked yet: tell the rules if the vm lacks them, and compare.
    private mutating func compareNow() -> [Action] {
        guard let rules else { return [] }
        phase = .comparing
        isComparing = true
        let isKnown = memory.rules == rules.digest
        memory.rules = rules.digest
        return isKnown ? [.compare] : [.sendRules(rules), .compare]
    }

    /// An early comparison counts only if the rules stayed what they were.
    private mutating func checkRules() throws -> [Action] {
        guard let rules else { return [] }
        guard memory.rules == rules.digest else {
            if isComparing { comparesToSkip += 1 }
            rootTree = nil
            return compareNow()
        }
        phase = .comparing
        guard let rootTree else { return [] }
        return try startWalk(rootTree)
    }

    private mutating func compared(_ digest: Digest, isComplete: Bool) throws -> [Action] {
        if comparesToSkip > 0 {
            comparesToSkip -= 1
            return []
        }
        isComparing = false
        rootTree = digest
        report.isCompared = isComplete
        guard laptop != nil, case .comparing = phase else { return [] }
        return try startWalk(digest)
    }

    private mutating func startWalk(_ digest: Digest) throws -> [Action] {
        guard let laptop else { return [] }
        var walk = VMTreeWalk(known: [memory.archive, laptop])
        let asked = walk.start(rootDigest: digest)
        if asked.isEmpty { return try planned(vm: walk.finish(rootDigest: digest)) }
        phase = .walking(walk, rootDigest: digest)
        return [.list(asked)]
    }

    private mutating func listed(
        _ path: RelativePath,
        _ children: [(name: [UInt8], state: EntryState)],
        isLast: Bool
    ) throws -> [Action] {
        guard case .walking(var walk, let digest) = phase else {
            throw SyncError(.protocolViolation, "the receiver sent a listing out of turn")
        }
        phase = .starting
        let asked = try walk.listed(path, children, isLast: isLast)
        if asked.isEmpty && walk.isComplete {
            return try planned(vm: walk.finish(rootDigest: digest))
        }
        phase = .walking(walk, rootDigest: digest)
        return asked.isEmpty ? [] : [.list(asked)]
    }
}

// MARK: - The plan and its batch

extension PushSession {
    private mutating func planned(vm: Tree) throws -> [Action] {
        guard let laptop else { return [] }
        plan = reconcile(archive: memory.archive, laptop: laptop, vm: vm, mode: options.mode)
        report.take(plan)
        report.plannedContentBytes = plan.toVM.reduce(0) { $0 + contentBytes(of: $1) }
        agreedTree = memory.archive
        ArchiveUpdate.apply(plan.agreed, to: &agreedTree)
        if options.purpose == .plan {
            report.verdict = plan.toVM.isEmpty ? currentVerdict(vm.rootDigest) : .planned
            return finish()
        }
        if let halt = HaltPolicy.check(
            plan: plan,
            archive: memory.archive,
            laptop: laptop,
            accepted: options.acceptedDeletions
        ) {
            throw halt
        }
        if plan.toVM.isEmpty && plan.agreed.isEmpty {
            report.verdict = currentVerdict(vm.rootDigest)
            return finish()
        }
        nextToken = drawToken()
        phase = .intending
        let links = plan.toVM.filter(\.needsTarget).map(\.path)
        return links.isEmpty ? [intent] : [.readLinks(links)]
    }

    private var intent: Action {
        .writeIntent(generation: memory.generation + 1, token: nextToken)
    }

    /// A link whose target is not what the scan saw is left to the next pass.
    private mutating func linksRead(_ targets: [RelativePath: [UInt8]]) -> [Action] {
        var changes: [Change] = []
        for var change in plan.toVM {
            if change.needsTarget {
                guard let target = targets[change.path], .link(to: target) == change.new else {
                    report.refuseForNow(change.path)
                    continue
                }
                change.linkTarget = target
            }
            changes.append(change)
        }
        plan.toVM = changes
        return [intent]
    }

    /// Announces the batch; content follows at once unless something may be there already.
    private mutating func began() throws -> [Action] {
        phase = .sending
        // What may be on the vm already is asked for first, and then for the whole batch.
        asksFirst =
            !plan.toVM.isEmpty
            && (stagedBytes > 0 || plan.toVM.contains { $0.source != nil })
        var actions: [Action] = [
            .begin(
                generation: memory.generation + 1,
                token: nextToken,
                contentBytes: report.plannedContentBytes,
                asksFirst: asksFirst
            )
        ]
        if !plan.toVM.isEmpty { actions.append(.sendChanges(plan.toVM)) }
        awaitsAnswers = asksFirst
        if !asksFirst {
            let eager = plan.toVM.indices.filter {
                contentBytes(of: plan.toVM[$0]) > 0
            }
            actions += queueContent(eager.map { UInt32($0) })
        }
        return actions + endWhenSent()
    }

    private mutating func needed(_ ranges: [Range<UInt32>], isLast: Bool) -> [Action] {
        if isLast { awaitsAnswers = false }
        let ids = ranges.flatMap { Array($0) }.filter { Int($0) < plan.toVM.count }
        return queueContent(ids) + endWhenSent()
    }

    private mutating func queueContent(_ ids: [UInt32]) -> [Action] {
        guard !ids.isEmpty else { return [] }
        contentQueued += 1
        return [.sendContent(ids)]
    }

    private mutating func sent(_ rawBytes: UInt64) -> [Action] {
        contentDone += 1
        report.sentContentBytes += rawBytes
        return endWhenSent()
    }

    private mutating func endWhenSent() -> [Action] {
        guard case .sending = phase, contentDone == contentQueued, !awaitsAnswers else {
            return []
        }
        phase = .finishing
        return [.end(changeCount: plan.toVM.count)]
    }

    private mutating func ended(_ rootDigest: Digest?) throws -> [Action] {
        guard case .finishing = phase, let laptop else {
            throw SyncError(.protocolViolation, "the receiver ended a batch out of turn")
        }
        let refused = takeOutcomes()
        for (index, change) in plan.toVM.enumerated() where !refused.contains(UInt32(index)) {
            ArchiveUpdate.apply(change, from: laptop, to: &agreedTree)
        }
        agreedTree.rehash()
        report.appliedCount = plan.toVM.count - refused.count
        report.verdict = rootDigest.map(currentVerdict) ?? .pushed
        phase = .archiving
        let changed = differences(from: memory.archive, to: agreedTree)
        memory.archive = agreedTree
        memory.generation += 1
        memory.token = nextToken
        report.generation = memory.generation
        return [
            .appendArchive(
                generation: memory.generation,
                token: nextToken,
                tree: agreedTree,
                changed
            )
        ]
    }

    private mutating func takeOutcomes() -> Set<UInt32> {
        var refused: Set<UInt32> = []
        for outcome in outcomes where Int(outcome.id) < plan.toVM.count {
            guard refused.insert(outcome.id).inserted else { continue }
            report.take(outcome, of: plan.toVM[Int(outcome.id)], base: memory.archive)
        }
        return refused
    }

    private mutating func archived() -> [Action] {
        if case .archiving = phase { phase = .committing }
        return [.commit(generation: memory.generation, token: memory.token)]
    }

    private mutating func committed() throws -> [Action] {
        switch phase {
        case .settling:
            isSettled = true
            phase = .starting
            return compareEarly()
        case .committing: return finish()
        default:
            throw SyncError(.protocolViolation, "the receiver committed out of turn")
        }
    }

    private mutating func finish() -> [Action] {
        phase = .finished
        return [.finish(report)]
    }

    private func currentVerdict(_ vmRoot: Digest) -> PushReport.Verdict {
        report.isCompared && vmRoot == laptop?.rootDigest ? .inSync : .pushed
    }
}

extension Change {
    fileprivate var needsTarget: Bool {
        new?.kind == .link && linkTarget == nil
    }
}

/// The bytes of content a change may bring: those of a new file.
private func contentBytes(of change: Change) -> UInt64 {
    guard let new = change.new, new.kind == .file else { return 0 }
    if case .move = change.source { return 0 }
    return new.size
}
