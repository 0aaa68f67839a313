import TandemTree

// MARK: - Coming to know the vm's tree

extension LiveSession {
    mutating func welcomed(
        _ standing: PushSession.Standing,
        areRulesKnown: Bool,
        _ laptop: Laptop
    ) -> [Action] {
        if !areRulesKnown { memory.rules = nil }
        switch standing {
        case .settled: return compare(laptop)
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

    /// Has the vm look at everything under the laptop's rules.
    mutating func compare(_ laptop: Laptop) -> [Action] {
        phase = .comparing
        isVMInDoubt = false
        (reported, reportedRoot) = ([], nil)
        let sendsRules = memory.rules != laptop.rules
        memory.rules = laptop.rules
        vmRules = laptop.rules
        return [.compare(sendsRules: sendsRules)]
    }

    mutating func compared(
        _ digest: Digest,
        _ entries: UInt64,
        isComplete: Bool,
        _ laptop: Laptop
    ) throws -> [Action] {
        guard case .comparing = phase else {
            throw SyncError(.protocolViolation, "the receiver told its tree out of turn")
        }
        isVMComplete = isComplete
        vmEntries = entries
        var walk = VMTreeWalk(known: [laptop.tree, memory.archive, vm])
        let questions = walk.start(rootDigest: digest, entries: entries)
        return try go(on: walk, digest, questions, laptop)
    }

    mutating func listed(
        _ path: RelativePath,
        _ children: [(name: [UInt8], state: EntryState)],
        isLast: Bool,
        _ laptop: Laptop
    ) throws -> [Action] {
        guard case .walking(var walk, let digest) = phase else {
            throw SyncError(.protocolViolation, "the receiver listed a directory out of turn")
        }
        // The walk is taken out of the phase, so that it is not copied.
        phase = .comparing
        let questions = try walk.listed(path, children, isLast: isLast)
        return try go(on: walk, digest, questions, laptop)
    }

    private mutating func go(
        on walk: consuming VMTreeWalk,
        _ digest: Digest,
        _ questions: [RelativePath],
        _ laptop: Laptop
    ) throws -> [Action] {
        guard walk.isComplete else {
            phase = .walking(walk, rootDigest: digest)
            return questions.isEmpty ? [] : [.list(questions)]
        }
        if let reportedRoot {
            // A vm that is worked on is never listed as it was announced; the reports make up for it.
            vm = walk.finish(with: reported)
            vmEntries = UInt64(vm.count)
            (reported, self.reportedRoot) = ([], nil)
            guard vm.rootDigest == reportedRoot else { return compare(laptop) }
        } else {
            vm = try walk.finish(rootDigest: digest)
        }
        shareTrees(laptop)
        phase = .resting
        isStale = true
        return goOn(laptop)
    }

    /// The vm reports what changed there.
    ///
    /// Before its tree is listed a report says nothing new: the vm looks at everything then. While
    /// it is listed, the reports are kept.
    mutating func observed(
        _ changes: [Difference],
        root: Digest?,
        isComplete: Bool,
        _ laptop: Laptop
    ) -> [Action] {
        switch phase {
        case .starting, .settling, .comparing: return []
        case .walking(var walk, let digest):
            // The walk is taken out of the phase, so that it is not copied.
            phase = .comparing
            walk.allow(changes.count)
            phase = .walking(walk, rootDigest: digest)
            reported += changes
            if let root { (reportedRoot, isVMComplete) = (root, isComplete) }
            return []
        case .resting, .intending, .applying, .archiving, .committing, .halted: break
        }
        ArchiveUpdate.apply(changes, to: &vm)
        sharing.note(changes.count)
        // A report in parts is a whole once its last part is here.
        guard let root else { return [] }
        isVMComplete = isComplete
        vmEntries = UInt64(vm.count)
        isVMInDoubt = root != vm.rootDigest
        return changed(laptop)
    }
}
