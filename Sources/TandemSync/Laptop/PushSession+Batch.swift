import TandemTree

// MARK: - The plan and its batch

extension PushSession {
    mutating func planned(vm: Tree) throws -> [Action] {
        guard let laptop else { return [] }
        plan = reconcile(
            archive: memory.archive,
            laptop: laptop,
            vm: vm,
            modes: options.modes
        )
        report.take(plan)
        report.nowIgnored = nowIgnored
        report.plannedContentBytes = plan.toVM.reduce(0) { $0 + $1.contentBytes }
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
        // What a cut push left in the stage goes with a batch, though it be an empty one.
        if plan.toVM.isEmpty && plan.agreed.isEmpty && stagedBytes == 0 {
            report.verdict = currentVerdict(vm.rootDigest)
            return finish()
        }
        nextToken = drawToken()
        phase = .intending
        let links = plan.toVM.filter(\.lacksTarget).map(\.path)
        return links.isEmpty ? [intent] : [.readLinks(links)]
    }

    /// What the archive forgets because a rule hides it now, and not because it is gone.
    private var nowIgnored: [RelativePath] {
        let gone = plan.agreed.filter { $0.new == nil }
        guard let rules, !gone.isEmpty else { return [] }
        let matcher = IgnoreMatcher(rules: rules)
        return gone.filter { difference in
            let isDirectory = difference.old?.kind == .directory
            return matcher.explain(difference.path, isDirectory: isDirectory)?.isIgnored == true
        }.map(\.path)
    }

    var intent: Action {
        .writeIntent(generation: memory.generation + 1, token: nextToken)
    }

    /// A link whose target is not what the scan saw is left to the next pass.
    mutating func linksRead(_ targets: [RelativePath: [UInt8]]) -> [Action] {
        var changes: [Change] = []
        for var change in plan.toVM {
            if change.lacksTarget {
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
    mutating func began() throws -> [Action] {
        phase = .sending
        // What may be on the vm already is asked for first, and then for the whole batch.
        asksFirst =
            !plan.toVM.isEmpty
            && (stagedBytes > 0 || plan.toVM.contains { $0.source != nil || $0.keepsContent })
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
                plan.toVM[$0].contentBytes > 0
            }
            actions += queueContent(eager.map { UInt32($0) })
        }
        return actions + endWhenSent()
    }

    mutating func needed(_ ranges: [Range<UInt32>], isLast: Bool) -> [Action] {
        if isLast { awaitsAnswers = false }
        let ids = ranges.flatMap { Array($0) }.filter { Int($0) < plan.toVM.count }
        return queueContent(ids) + endWhenSent()
    }

    mutating func queueContent(_ ids: [UInt32]) -> [Action] {
        guard !ids.isEmpty else { return [] }
        contentQueued += 1
        return [.sendContent(ids)]
    }

    mutating func sent(_ rawBytes: UInt64) -> [Action] {
        contentDone += 1
        report.sentContentBytes += rawBytes
        return endWhenSent()
    }

    mutating func endWhenSent() -> [Action] {
        guard case .sending = phase, contentDone == contentQueued, !awaitsAnswers else {
            return []
        }
        phase = .finishing
        return [.end(changeCount: plan.toVM.count)]
    }

    mutating func ended(_ rootDigest: Digest?) throws -> [Action] {
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

    mutating func takeOutcomes() -> Set<UInt32> {
        var refused: Set<UInt32> = []
        for outcome in outcomes where Int(outcome.id) < plan.toVM.count {
            guard refused.insert(outcome.id).inserted else { continue }
            report.take(outcome, of: plan.toVM[Int(outcome.id)], base: memory.archive)
        }
        return refused
    }

    mutating func archived() -> [Action] {
        if case .archiving = phase { phase = .committing }
        return [.commit(generation: memory.generation, token: memory.token)]
    }

    mutating func committed() throws -> [Action] {
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

    mutating func finish() -> [Action] {
        phase = .finished
        return [.finish(report)]
    }

    func currentVerdict(_ vmRoot: Digest) -> PushReport.Verdict {
        report.isCompared && report.problems.isEmpty && vmRoot == laptop?.rootDigest
            ? .inSync : .pushed
    }
}
