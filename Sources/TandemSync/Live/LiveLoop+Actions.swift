import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

// MARK: - What to do

extension LiveLoop {
    func perform(_ action: LiveSession.Action) throws {
        switch action {
        case .queryApplied: try send(.appliedQuery)
        case .commit(let generation, let token):
            let token = try LineageToken.checked(token)
            try send(.commit(LineagePoint(generation: generation, token: token)))
        case .compare(let sendsRules): try compare(sendsRules: sendsRules)
        case .list(let paths): try sendLists(paths)
        case .readLinks(let paths): try readLinks(paths)
        case .writeIntent(let generation, let token, let toLaptop):
            try writeIntent(GenerationMark(generation: generation, token: token), toLaptop)
        case .begin(let batch): try begin(batch)
        case .sendChanges(let changes):
            for frame in try ChangesPacker.frames(changes) { try link?.send(frame) }
        case .sendContent(let ids): sendContent(ids)
        case .end(let count): try send(.end(changes: UInt32(count)))
        case .applyOnLaptop(let changes, let generation, _, let displacesLive):
            try apply(changes, generation: generation, displacesLive: displacesLive)
        case .appendArchive(let generation, let token, let tree, let differences):
            try append(GenerationMark(generation: generation, token: token), tree, differences)
        case .done(let report): done(report)
        case .conflicts(let conflicts):
            let settled = session?.settledByPlan ?? []
            board.take(conflicts, settled: settled, now: time.wall) { side?.modified($0) }
            try askTimes(of: conflicts)
        case .rest(let rest): takeRest(rest)
        case .halt(let error):
            board.enter(.halted(error), .attention, error.message)
            board.tell(.halted(error))
            answerBroken(error)
        }
    }

    private func writeIntent(_ mark: GenerationMark, _ toLaptop: [Difference]) throws {
        noteBusy()
        CrashPoint.reach("live.before-intent")
        let notes = IntentNotes(boot: boot, toLaptop: toLaptop)
        try side?.state.writeIntent(
            mark,
            notes,
            after: session?.memory.mark ?? GenerationMark(generation: 0, token: [])
        )
        (intent, self.notes) = (mark.token, notes)
        CrashPoint.reach("live.after-intent")
        try tell(.intentWritten)
    }

    func send(_ message: LaptopMessage) throws {
        guard let link else { throw SyncError(.unreachable, "nothing is connected") }
        try link.send(message)
    }

    /// Something is to be done, and was noticed at this time or shortly before.
    private func noteBusy() { busySince = busySince ?? dirtySince ?? time.monotonic }

    private func compare(sendsRules: Bool) throws {
        guard let side else { return }
        noteBusy()
        if sendsRules {
            for message in RulesChunk.chunks(of: side.rules.encode()) { try send(message) }
        }
        if !hasWatch {
            hasWatch = true
            try send(.watch)
        }
        try send(.compare)
    }

    private func sendLists(_ paths: [RelativePath]) throws {
        let sorted = paths.sorted()
        var start = 0
        while start < sorted.count {
            let end = min(start + Limits.itemsInFrame / 16, sorted.count)
            try send(.list(Array(sorted[start..<end])))
            start = end
        }
    }

    private func readLinks(_ paths: [RelativePath]) throws {
        guard let side else { return }
        var targets: [RelativePath: [UInt8]] = [:]
        for path in paths {
            targets[path] = try? fileSystem.linkTarget(path, below: side.state.root)
        }
        try tell(.linksRead(targets))
    }

    private func begin(_ batch: LiveSession.Batch) throws {
        let point = LineagePoint(
            generation: batch.generation,
            token: try LineageToken.checked(batch.token)
        )
        try send(
            .begin(
                Begin(
                    point: point,
                    changes: UInt32(batch.changeCount),
                    contentBytes: batch.contentBytes,
                    askFirst: batch.asksFirst,
                    displacesLive: batch.displacesLive
                )
            )
        )
        let toLaptop = session?.changesToLaptop.count ?? 0
        board.note {
            $0.pendingToVM = batch.changeCount
            $0.pendingToLaptop = toLaptop
            $0.treeDigest = nil
            $0.phase = .syncing(toVM: batch.changeCount, toLaptop: toLaptop)
            $0.verdict = .working
            $0.headline = "syncing"
        }
        CrashPoint.reach("live.after-begin")
    }

    private func sendContent(_ ids: [UInt32]) {
        guard let session, let side, let link else { return }
        let sender = self.sender ?? makeSender(side, link)
        self.sender = sender
        let changes = session.changesToVM
        sender.send(
            ids.compactMap { id in
                guard let new = changes[Int(id)].new, new.kind == .file else { return nil }
                return .init(id: id, path: changes[Int(id)].path, size: new.size)
            }
        )
    }

    private func makeSender(_ side: LaptopSide, _ link: LaptopLink) -> ContentSender {
        let (attempt, events) = (attempt, events)
        let sender = ContentSender(
            root: side.state.root,
            fileSystem: fileSystem,
            isCompressed: link.allowsCompression,
            emit: { link.sendContent($0) },
            progress: { _, _ in },
            finished: { events.put(.contentSent(attempt: attempt, $0)) }
        )
        sender.start()
        return sender
    }

    /// Records a generation: everything both sides hold of it is durable first.
    private func append(
        _ mark: GenerationMark,
        _ tree: Tree,
        _ differences: [Difference]
    ) throws {
        guard let side else { return }
        CrashPoint.reach("live.before-archive")
        try side.flush()
        try side.append(mark, differences, whole: tree)
        intent = nil
        CrashPoint.reach("live.after-archive")
        board.note { $0.generation = mark.generation }
        try tell(.archived)
    }

    /// Tells what a recorded cycle did.
    func tell(_ report: CycleReport) {
        let changes = LiveChange.list(report)
        guard !changes.isEmpty else { return }
        board.tell(
            .batch(
                LiveBatch(
                    generation: report.generation,
                    tree: report.tree,
                    since: busySince ?? time.monotonic,
                    changes: changes
                )
            )
        )
    }

    private func done(_ report: CycleReport) {
        answerResolutions(settledBy: report.resolved)
        tell(report)
        if let dirtySince {
            let lag = time.monotonic - min(dirtySince, time.monotonic)
            board.note { $0.lagNanoseconds = lag }
        }
        dirtySince = nil
        backoff.reset()
    }

    private func takeRest(_ rest: Rest) {
        lastRest = rest
        // What was put off belongs to what went before, however much later it is done.
        if rest.putOff.isEmpty && !rest.isSettling { busySince = nil }
        sessionRetryAt = rest.retryAt
        dirtySince = nil
        backoff.reset()
        let now = time.wall
        board.note { status in
            status.vmEntries = rest.vmEntries
            status.pendingToVM = 0
            status.pendingToLaptop = 0
            status.vmOnly = rest.vmOnly
            status.laptopOnly = rest.laptopOnly
            status.treeDigest = rest.isInSync ? rest.treeDigest : nil
            status.laptopWatch = side?.report
            status.problems = side?.problems ?? []
            let known = Set(status.problems.map(\.path))
            status.problems += rest.problems.filter { !known.contains($0.path) }
                .map { .init(path: $0.path, reason: $0.reason.sentence) }
            status.problems += rest.putOff.map {
                .init(path: $0.path, reason: "refused on the \($0.side): \($0.reason)")
            }
            if rest.isInSync { status.lastSync = now }
        }
        let problems = board.status.problems.count
        let needsPerson = rest.conflicts > 0 || problems > 0
        board.enter(.watching, needsPerson ? .attention : .ok, rest.headline(problems: problems))
        side?.keepNowAndThen { flushes.isEmpty && settling.isEmpty && events.isEmpty }
    }
}

// MARK: - The laptop's half

extension LiveLoop {
    private func apply(
        _ changes: [Change],
        generation: UInt64,
        displacesLive: Bool
    ) throws {
        let download = Download(changes)
        self.download = download
        let links = download.links
        guard !links.isEmpty else {
            return try stage(download, generation, displacesLive)
        }
        try order(
            ContentOrder(
                items: links,
                sink: download.targets,
                finish: { [unowned self] in try stage(download, generation, displacesLive) }
            )
        )
    }

    private func stage(
        _ download: Download,
        _ generation: UInt64,
        _ displacesLive: Bool
    ) throws {
        guard let side else { return }
        let needed: [Fetch.Item]
        do {
            let batch = try side.begin(
                generation: generation,
                contentBytes: download.contentBytes,
                displacesLive: displacesLive
            )
            needed = try download.begin(batch)
        } catch let error as ApplyError {
            download.refuseAll("\(error)")
            return try applied(download)
        }
        guard !needed.isEmpty else { return try swap(download) }
        try order(
            ContentOrder(
                items: needed,
                sink: download,
                finish: { [unowned self] in try swap(download) }
            )
        )
    }

    private func swap(_ download: Download) throws {
        guard let side else { return }
        try announceFollowed(in: download.changes)
        CrashPoint.reach("live.before-swaps")
        do {
            let (outcome, refused) = try download.finish()
            try side.take(outcome, refused: refused)
        } catch let error as ApplyError {
            throw SyncError(.failed, "the laptop could not apply a batch: \(error)")
        }
        lookAtFollowed()
        CrashPoint.reach("live.after-swaps")
        try applied(download)
    }

    private func applied(_ download: Download) throws {
        self.download = nil
        try tell(.laptopApplied(download.outcomes))
    }
}

extension LiveChange {
    /// What a cycle did, change by change.
    static func list(_ report: CycleReport) -> [LiveChange] {
        func made(_ change: Change, _ put: Kind, _ removed: Kind) -> LiveChange {
            LiveChange(
                path: change.path,
                kind: change.new == nil ? removed : put,
                bytes: change.new?.kind == .file ? change.new?.size ?? 0 : 0,
                source: change.moveSource,
                reason: change.moveSource.map { "renamed from \($0)" }
            )
        }
        var list = report.toVM.map { made($0, .sent, .removedOnVM) }
        list += report.toLaptop.map { made($0, .received, .removedOnLaptop) }
        list += report.refused.map {
            LiveChange(path: $0.path, kind: .refused, bytes: 0, reason: $0.reason)
        }
        list += report.resolved.map {
            LiveChange(path: $0, kind: .resolved, bytes: 0, reason: "as a person said")
        }
        return list
    }
}

extension Change {
    fileprivate var moveSource: RelativePath? {
        if case .move(let source) = source { return source }
        return nil
    }
}

extension Rest {
    /// One line for people.
    func headline(problems: Int) -> String {
        if isInSync && vmOnly == 0 && laptopOnly == 0 { return "in sync" }
        var parts: [String] = []
        func add(_ count: Int, _ one: String, _ many: String) {
            if count > 0 { parts.append(count == 1 ? "1 \(one)" : "\(count) \(many)") }
        }
        add(conflicts, "conflict", "conflicts")
        add(problems, "problem", "problems")
        add(vmOnly, "entry stays on the vm", "entries stay on the vm")
        add(laptopOnly, "entry stays on the laptop", "entries stay on the laptop")
        return parts.isEmpty
            ? "synced; not everything was looked at" : parts.joined(separator: ", ")
    }
}
