import Dispatch
import TandemProtocol
import TandemSystem
import TandemTree

/// A flush that waits.
struct PendingFlush {
    enum Stage {
        /// Until there is a session that has compared both sides.
        case waiting
        /// Until the vm has said all that happened there.
        case draining
        /// Until nothing is left to do.
        case drained
    }

    var ticket: Ticket<FlushResult>
    var stage = Stage.waiting
}

/// Resolutions that wait for the plan that settles them.
struct PendingResolution {
    /// Those that are not settled yet.
    var paths: [RelativePath]
    var ticket: Ticket<SyncError?>
}

// MARK: - Commands

extension LiveLoop {
    /// How long a flush waits for the kernel's queue to run dry.
    private static let drainSeconds = 5

    func handle(_ command: LoopEvent.Command) throws {
        switch command {
        case .stop: isStopped = true
        case .pause: pause()
        case .resume: try resume()
        case .reconnect: reconnectNow()
        case .use(let settings): try use(settings)
        case .accept(let count): try tell(.acceptDeletions(count))
        case .flush(let ticket): flush(ticket)
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

    // MARK: Flush

    private func flush(_ ticket: Ticket<FlushResult>) {
        if case .halted(let error) = board.status.phase {
            return ticket.answer(.broken(error))
        }
        if isPaused {
            let error = SyncError(.interrupted, "the pair is paused", hint: "`tandem resume`")
            return ticket.answer(.broken(error))
        }
        flushes.append(PendingFlush(ticket: ticket))
    }

    func drained() {
        for index in flushes.indices {
            if case .draining = flushes[index].stage { flushes[index].stage = .drained }
        }
    }

    /// Goes on with what waits, after each event.
    func answerWaiting() {
        guard !flushes.isEmpty || !settling.isEmpty, let session, session.isAtRest else { return }
        answerResolutions()
        answerFlushes()
    }

    private func answerFlushes() {
        guard let lastRest, !lastRest.isSettling, let side, !side.isInDoubt else { return }
        if flushes.contains(where: { $0.stage == .waiting }) {
            do {
                let deadline = DispatchTime.now() + .seconds(Self.drainSeconds)
                let isChanged = try side.drain(until: deadline)
                try send(.drain)
                for index in flushes.indices { flushes[index].stage = .draining }
                if isChanged { try laptopChanged() }
            } catch {
                fail(error as? SyncError ?? SyncError(.failed, "\(error)"))
            }
            return
        }
        let result: FlushResult =
            lastRest.isInSync
            ? .inSync(lastRest.treeDigest) : .attention(lastRest.sentences(board.status))
        flushes.removeAll { flush in
            guard flush.stage == .drained else { return false }
            flush.ticket.answer(result)
            return true
        }
    }

    /// Nothing will come of what waits.
    func answerBroken(_ error: SyncError) {
        for flush in flushes { flush.ticket.answer(.broken(error)) }
        flushes = []
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
        settling.append(PendingResolution(paths: resolutions.map(\.path), ticket: ticket))
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

    private func answerResolutions() {
        let open = Set(board.status.conflicts.map(\.conflict.path))
        for resolution in settling {
            let left = resolution.paths.filter { open.contains($0) }
            guard let first = left.first else {
                resolution.ticket.answer(nil)
                continue
            }
            resolution.ticket.answer(
                SyncError(
                    .failed,
                    "\(left.count) of \(resolution.paths.count) conflicts stand as they were, "
                        + "\(first) among them: a side changed since it was shown",
                    hint: "look again with `tandem conflicts`"
                )
            )
        }
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

extension LiveSession {
    /// Whether both sides are compared and nothing is left to do now.
    var isAtRest: Bool {
        if case .resting = phase { return !isStale }
        return false
    }
}

extension Rest {
    /// What keeps the sides from being the same, line by line.
    func sentences(_ status: LiveStatus) -> [String] {
        status.conflicts.map { "\($0.conflict.path): \($0.conflict.reason.sentence)" }
            + status.problems.map { "\($0.path): \($0.reason)" }
    }
}
