import Dispatch
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// One pass of a push: the threads, the link and the loop that performs the session's actions.
final class PushPass {
    private let owner: PushRun
    private let state: LaptopState
    private let events: BoundedQueue<PushEvent>
    private var session: PushSession
    private var link: LaptopLink?
    private var sender: ContentSender?
    private var tree: Tree?
    private var rules: Digest?
    private var report: PushReport?
    private let sent: SentCounts

    init(owner: PushRun, state: LaptopState, events: BoundedQueue<PushEvent>) {
        self.owner = owner
        self.state = state
        self.events = events
        sent = SentCounts(observer: owner.observer)
        session = PushSession(
            memory: .init(
                archive: state.archive.tree,
                generation: state.archive.mark.generation,
                token: state.archive.mark.token,
                rules: state.rules
            ),
            options: owner.options,
            drawToken: { LineageToken.random().bytes }
        )
    }

    /// Runs the pass to its report.
    func run() throws -> PushReport {
        startScan()
        startConnection()
        defer { tearDown() }
        while report == nil {
            guard let event = events.take() else { break }
            try handle(event)
        }
        guard var report else { throw SyncError(.failed, "the push ended without a result") }
        report.wireBytesUp = link?.sentBytes ?? 0
        report.wireBytesDown = link?.receivedBytes ?? 0
        return report
    }

    private func startScan() {
        let scanner = Scanner(fileSystem: owner.fileSystem, window: state.window)
        let root = state.root
        let previous = state.index
        let observer = owner.observer
        let events = events
        let rules = RuleSource.collect(owner.options.ignore)
        WorkerThread.start("tandem-scan") {
            do {
                let result = try scanner.scan(root: root, previous: previous, rules: rules) {
                    observer(.scanning(entries: $0.entries, hashedBytes: $0.hashedBytes))
                }
                events.put(.scanned(.success(result)))
            } catch {
                events.put(.scanned(.failure(error)))
            }
        }
    }

    private func startConnection() {
        owner.observer(.connecting)
        let connect = owner.connect
        let events = events
        WorkerThread.start("tandem-connect") {
            do {
                events.put(.connected(.success(try connect())))
            } catch {
                events.put(.connected(.failure(error)))
            }
        }
    }

    private func tearDown() {
        sender?.stop()
        link?.close(isOrderly: report != nil)
        events.close()
    }
}

// MARK: - What happened

extension PushPass {
    private func handle(_ event: PushEvent) throws {
        switch event {
        case .scanned(let result): try scanned(result)
        case .connected(let result): try connected(result)
        case .message(let message): try handle(message)
        case .linkEnded(let error): throw error
        case .contentSent(let bytes): try perform(session.handle(.contentSent(rawBytes: bytes)))
        case .cancelled:
            throw SyncError(.interrupted, "interrupted; what was sent is kept on the vm")
        }
    }

    private func scanned(_ result: Result<ScanResult, any Error>) throws {
        let scan: ScanResult
        do {
            scan = try result.get()
        } catch {
            throw SyncError(.halted, "\(error)", hint: "nothing was applied on the vm")
        }
        tree = scan.tree
        rules = scan.rules.digest
        if scan.statistics.hashedFiles > 0 || scan.tree.rootDigest != state.index?.rootDigest {
            state.keep(scan.tree, rules: scan.rules.digest)
        }
        let problems = scan.problems.map {
            PushReport.Unsyncable(path: $0.path, reason: $0.reason.sentence)
        }
        owner.observer(.comparing)
        try perform(
            session.handle(
                .scanned(
                    scan.tree,
                    scan.rules,
                    problems,
                    hashedFiles: scan.statistics.hashedFiles
                )
            )
        )
    }

    private func connected(_ result: Result<any ByteLink, any Error>) throws {
        let events = events
        let link = LaptopLink(try result.get(), versions: owner.pair.versions) { incoming in
            switch incoming {
            case .message(let message): events.put(.message(message))
            case .ended(let error): events.put(.linkEnded(error))
            }
        }
        self.link = link
        try link.send(
            .hello(
                Hello(
                    versions: owner.pair.versions,
                    pair: try PairID.checked(owner.pair.id),
                    purpose: .push,
                    claim: state.claim,
                    rules: state.rules,
                    client: ClientText.own
                )
            )
        )
    }

    private func handle(_ message: VMMessage) throws {
        switch message {
        case .welcome(let welcome): try welcomed(welcome)
        case .rootTree(let root):
            try perform(
                session.handle(
                    .rootTree(root.digest, entries: root.entries, isComplete: root.complete)
                )
            )
        case .listing(let listing): try listed(listing)
        case .applied(let applied):
            try perform(session.handle(.applied(applied.items, isLast: applied.last)))
        case .need(let need):
            try perform(session.handle(.need(need.ranges, isLast: need.last)))
        case .outcome(let items):
            try perform(session.handle(.outcomes(items.map(PushSession.Outcome.init))))
        case .ended(let ended): try perform(session.handle(.ended(rootDigest: ended.root)))
        case .committed:
            CrashPoint.reach("push.committed")
            try perform(session.handle(.committed))
        case .progress(let progress):
            owner.observer(.applying(applied: Int(progress.applied), of: session.changes.count))
        case .failure(let failure): throw SyncError(failure)
        case .bye: throw SyncError(.unreachable, "the receiver ended the session")
        case .credit, .ping, .pong, .shelfItems, .restored, .observed, .content, .fetched,
            .drained, .notice, .modified:
            break
        }
    }

    private func welcomed(_ welcome: Welcome) throws {
        owner.observer(.connected(receiver: welcome.receiver))
        let standing = try PushSession.Standing(
            Lineage.decide(state.claim, welcome.lineage),
            intent: state.archive.intent?.token
        )
        try perform(
            session.handle(
                .welcomed(
                    standing,
                    areRulesKnown: welcome.rulesKnown,
                    stagedBytes: welcome.stagedBytes
                )
            )
        )
    }

    private func listed(_ listing: Listing) throws {
        guard listing.end != .missing else {
            throw SyncError(.failed, "the vm's tree changed while it was compared; push again")
        }
        let children = listing.items.map { (name: $0.name, state: $0.state) }
        try perform(
            session.handle(
                .listing(listing.path, children, isLast: listing.end == .complete)
            )
        )
    }
}

// MARK: - What to do

extension PushPass {
    private func perform(_ actions: [PushSession.Action]) throws {
        for action in actions { try perform(action) }
    }

    private func perform(_ action: PushSession.Action) throws {
        switch action {
        case .sendRules(let rules):
            for message in RulesChunk.chunks(of: rules.encode()) { try send(message) }
        case .compare: try send(.compare)
        case .list(let paths): try sendLists(paths)
        case .queryApplied: try send(.appliedQuery)
        case .readLinks(let paths):
            try perform(session.handle(.linksRead(readLinks(paths))))
        case .writeIntent(let generation, let token):
            CrashPoint.reach("push.before-intent")
            try state.writeIntent(
                GenerationMark(generation: generation, token: token),
                after: session.memory.mark
            )
            CrashPoint.reach("push.after-intent")
            try perform(session.handle(.intentWritten))
        case .begin(let generation, let token, let contentBytes, let asksFirst):
            try begin(generation, token, contentBytes, asksFirst)
        case .sendChanges(let changes): try sendChanges(changes)
        case .sendContent(let ids): sendContent(ids)
        case .end(let count): try send(.end(changes: UInt32(count)))
        case .appendArchive(let generation, let token, let tree, let differences):
            CrashPoint.reach("push.before-archive")
            let mark = GenerationMark(generation: generation, token: token)
            try state.append(mark, differences, whole: tree)
            CrashPoint.reach("push.after-archive")
            try perform(session.handle(.archived))
        case .commit(let generation, let token):
            owner.observer(.committing)
            let token = try LineageToken.checked(token)
            try send(.commit(LineagePoint(generation: generation, token: token)))
        case .finish(let report): self.report = report
        }
    }

    private func send(_ message: LaptopMessage) throws {
        guard let link else { throw SyncError(.failed, "nothing is connected yet") }
        try link.send(message)
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

    /// The targets of links that are still there.
    private func readLinks(_ paths: [RelativePath]) -> [RelativePath: [UInt8]] {
        var targets: [RelativePath: [UInt8]] = [:]
        for path in paths {
            targets[path] = try? owner.fileSystem.linkTarget(path, below: state.root)
        }
        return targets
    }

    private func begin(
        _ generation: UInt64,
        _ token: [UInt8],
        _ contentBytes: UInt64,
        _ asksFirst: Bool
    ) throws {
        sent.expect(files: session.changes.count { $0.bringsContent }, bytes: contentBytes)
        let point = LineagePoint(
            generation: generation,
            token: try LineageToken.checked(token)
        )
        try send(
            .begin(
                Begin(
                    point: point,
                    changes: UInt32(session.changes.count),
                    contentBytes: contentBytes,
                    askFirst: asksFirst
                )
            )
        )
        CrashPoint.reach("push.after-begin")
    }

    private func sendChanges(_ changes: [Change]) throws {
        let frames: [PackedFrame]
        do {
            frames = try ChangesPacker.frames(changes)
        } catch {
            throw SyncError(.failed, "the changes cannot be written: \(error)")
        }
        for frame in frames { try link?.send(frame) }
    }

    private func sendContent(_ ids: [UInt32]) {
        let sender = self.sender ?? makeSender()
        self.sender = sender
        let changes = session.changes
        sender.send(
            ids.compactMap { id in
                guard let new = changes[Int(id)].new, new.kind == .file else { return nil }
                return .init(id: id, path: changes[Int(id)].path, size: new.size)
            }
        )
    }

    private func makeSender() -> ContentSender {
        let link = link
        let events = events
        let sender = ContentSender(
            root: state.root,
            fileSystem: owner.fileSystem,
            isCompressed: link?.allowsCompression ?? false,
            emit: { frame in link?.sendContent(frame) ?? false },
            progress: { [sent] files, bytes in sent.add(files: files, bytes: bytes) },
            finished: { events.put(.contentSent($0)) }
        )
        sender.start()
        return sender
    }
}

extension Change {
    fileprivate var bringsContent: Bool {
        guard let new, new.kind == .file, new.size > 0 else { return false }
        return source == nil
    }
}
