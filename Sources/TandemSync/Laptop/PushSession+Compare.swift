import TandemTree

// MARK: - Coming to know both trees

extension PushSession {
    mutating func welcomed(
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
    mutating func compareEarly() -> [Action] {
        guard laptop == nil else { return compareNow() }
        guard memory.rules != nil else { return [] }
        isComparing = true
        return [.compare]
    }

    mutating func rolledForward(_ records: [Difference], isLast: Bool) -> [Action] {
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

    mutating func scanned(
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
    mutating func compareNow() -> [Action] {
        guard let rules else { return [] }
        phase = .comparing
        isComparing = true
        let isKnown = memory.rules == rules.digest
        memory.rules = rules.digest
        return isKnown ? [.compare] : [.sendRules(rules), .compare]
    }

    /// An early comparison counts only if the rules stayed what they were.
    mutating func checkRules() throws -> [Action] {
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

    mutating func compared(_ digest: Digest, isComplete: Bool) throws -> [Action] {
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

    mutating func startWalk(_ digest: Digest) throws -> [Action] {
        guard let laptop else { return [] }
        var walk = VMTreeWalk(known: [memory.archive, laptop])
        let asked = walk.start(rootDigest: digest, entries: vmEntries)
        if asked.isEmpty { return try planned(vm: walk.finish(rootDigest: digest)) }
        phase = .walking(walk, rootDigest: digest)
        return [.list(asked)]
    }

    mutating func listed(
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
