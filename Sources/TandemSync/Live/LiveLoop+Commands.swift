import Dispatch
import TandemProtocol
import TandemSystem
import TandemTree

/// Resolutions that wait for the plan that settles them.
struct PendingResolution {
    /// Those that are not settled yet.
    var paths: [RelativePath]
    /// The last plan that did not know of them.
    var plan: UInt64
    var ticket: Ticket<SyncError?>
}

// MARK: - Commands

extension LiveLoop {
    func handle(_ command: LoopEvent.Command) throws {
        switch command {
        case .stop: isStopped = true
        case .pause: pause()
        case .resume: try resume()
        case .reconnect: reconnectNow()
        case .use(let settings): try use(settings)
        case .accept(let count): try tell(.acceptDeletions(count))
        case .flush(let ticket): flush(ticket)
        case .plan(let isReset, let ticket): plan(isReset: isReset, ticket)
        case .resolve(let resolutions, let ticket): try resolve(resolutions, ticket)
        case .contents(let path, let side, let limit, let ticket):
            try contents(path, side, limit, ticket)
        }
    }

    private func pause() {
        guard !isPaused else { return }
        isPaused = true
        retryAt = nil
        dropLink(isOrderly: true)
        closeSide()
        board.enter(.paused, .attention, "paused")
        answerBroken(SyncError(.interrupted, "the pair is paused", hint: "run `tandem resume`"))
    }

    private func resume() throws {
        isPaused = false
        backoff.reset()
        retryAt = nil
        if side == nil { try open() } else if link == nil { startConnecting() }
    }

    private func use(_ settings: LiveSettings) throws {
        let mayWrite = self.settings.modes.mayWriteLaptop
        self.settings = settings
        guard let side else { return }
        guard settings.modes.mayWriteLaptop == mayWrite else {
            // The root gets or loses its own area: open it anew.
            dropLink(isOrderly: true)
            closeSide()
            return try open()
        }
        try side.use(settings)
        try tell(.use(.init(modes: settings.modes)))
    }

    /// Nothing will come of what waits.
    func answerBroken(_ error: SyncError) {
        for flush in flushes { flush.ticket.answer(.broken(error)) }
        flushes = []
        // A plan that is halted is known, and is what is asked for then.
        answerPlans()
        for pending in planning { pending.ticket.answer(.failure(error)) }
        planning = []
        for resolution in settling { resolution.ticket.answer(error) }
        settling = []
    }

    // MARK: Conflicts

    private func resolve(_ resolutions: [Resolution], _ ticket: Ticket<SyncError?>) throws {
        guard session != nil else {
            let error = SyncError(
                .unreachable,
                "the vm is not connected; nothing was settled",
                hint: "try again when `tandem status` says it is"
            )
            return ticket.answer(error)
        }
        settling.append(
            PendingResolution(
                paths: resolutions.map(\.path),
                plan: session?.plans ?? 0,
                ticket: ticket
            )
        )
        try tell(.resolve(resolutions))
    }

    /// Answers those whose every conflict a cycle settled; others may keep both sides busy for long.
    func answerResolutions(settledBy paths: [RelativePath]) {
        guard !settling.isEmpty, !paths.isEmpty else { return }
        for index in settling.indices { settling[index].paths.removeAll { paths.contains($0) } }
        for resolution in settling where resolution.paths.isEmpty {
            resolution.ticket.answer(nil)
        }
        settling.removeAll { $0.paths.isEmpty }
    }

    /// Answers those that a finished plan has looked at; what a side refused is tried once more.
    func answerResolutions() {
        guard !settling.isEmpty, let session else { return }
        let open = Set(board.status.conflicts.map(\.conflict.path))
        let waiting = Set(session.undone.map(\.path))
        settling.removeAll { resolution in
            guard session.finishedPlans > resolution.plan,
                !resolution.paths.contains(where: { waiting.contains($0) })
            else { return false }
            let left = resolution.paths.filter { open.contains($0) }
            resolution.ticket.answer(left.first.map { Self.unsettled($0, left.count, resolution) })
            return true
        }
    }

    private static func unsettled(
        _ first: RelativePath,
        _ count: Int,
        _ resolution: PendingResolution
    ) -> SyncError {
        SyncError(
            .failed,
            "\(count) of \(resolution.paths.count) conflicts stand as they were, "
                + "\(first) among them: a side changed since it was shown",
            hint: "look again with `tandem conflicts`"
        )
    }

    /// What waited for a plan of a session that has ended was not settled by it.
    func dropResolutions() {
        let error = SyncError(
            .unreachable,
            "the link was lost before the conflicts were settled",
            hint: "look again with `tandem conflicts`"
        )
        for resolution in settling { resolution.ticket.answer(error) }
        settling = []
    }

    private func contents(
        _ path: RelativePath,
        _ whose: Side,
        _ limit: Int,
        _ ticket: Ticket<Result<[UInt8]?, SyncError>>
    ) throws {
        if whose == .laptop {
            return ticket.answer(
                Result { try side?.content(of: path, limit: limit) }
                    .mapError { SyncError(.failed, "\(path) cannot be read: \($0)") }
            )
        }
        guard let session else {
            return ticket.answer(.failure(SyncError(.unreachable, "the vm is not connected")))
        }
        guard let state = session.vmTree.state(at: path), [.file, .link].contains(state.kind)
        else { return ticket.answer(.success(nil)) }
        guard state.size <= UInt64(max(limit, 0)) else {
            let text = "\(path) has \(state.size) bytes, more than \(limit)"
            return ticket.answer(.failure(SyncError(.failed, text)))
        }
        guard state.size > 0 else { return ticket.answer(.success([])) }
        let collected = Collected()
        try order(
            ContentOrder(
                items: [Fetch.Item(path: path, state: state)],
                sink: collected,
                finish: { ticket.answer(collected.result(path, state)) }
            )
        )
    }
}

/// A content that is gathered in memory.
private final class Collected: ContentSink {
    private var bytes: [UInt8] = []

    func take(_ item: UInt32, _ offset: UInt64, _ piece: UnsafeRawBufferPointer) {
        guard offset == UInt64(bytes.count) else { return }
        unsafe bytes.append(contentsOf: piece)
    }

    func result(_ path: RelativePath, _ state: EntryState) -> Result<[UInt8]?, SyncError> {
        guard ContentHasher.digest(of: bytes) == state.digest else {
            return .failure(
                SyncError(.failed, "\(path) changed on the vm", hint: "look again")
            )
        }
        return .success(bytes)
    }
}
