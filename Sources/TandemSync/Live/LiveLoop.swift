import Dispatch
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// The loop of one pair: it waits for what happens, lets the session decide, and performs it.
///
/// Everything here is used by the loop's own thread. Threads of the link, the watch and the content
/// hand over through `events`; what belongs to a link that has ended is told by its attempt's number.
final class LiveLoop {
    let pair: LaptopPair
    let connect: @Sendable () throws -> any ByteLink
    let events: BoundedQueue<LoopEvent>
    let board: LiveBoard
    let following: FollowedFile?
    let fileSystem: any FileSystem = RealFileSystem()
    let time = SystemTime()
    var settings: LiveSettings

    var side: LaptopSide?
    var memory: PushSession.Memory?
    /// The token of a generation whose intent is written and that is not in the archive.
    var intent: [UInt8]?
    /// What was noted with that intent.
    var notes = IntentNotes()
    /// The machine's present run, which is one for as long as this process lives.
    private(set) lazy var boot = IntentNotes.currentBoot(reading: fileSystem)
    var link: LaptopLink?
    var session: LiveSession?
    var attempt: UInt64 = 0
    /// When the attempt to connect that runs began, in monotonic nanoseconds; nil while none does.
    var connectingSince: UInt64?
    /// When the receiver welcomed the link that stands, in monotonic nanoseconds.
    var linkedSince: UInt64?
    var hasWatch = false
    var sender: ContentSender?
    var download: Download?
    var orders = OrderQueue()
    var times = TimeQuestions()

    var backoff = Backoff()
    /// When to connect or open again, in monotonic nanoseconds; nil while that is not waited for.
    var retryAt: UInt64?
    var sessionRetryAt: UInt64?
    var isPaused = false
    var isStopped = false
    var flushes: [PendingFlush] = []
    var settling: [PendingResolution] = []
    var planning: [PendingPlan] = []
    var lastRest: Rest?
    /// The overflows of the laptop's watch that were told.
    private var toldOverflows = 0
    /// When the change that is being synced was noticed.
    var dirtySince: UInt64?
    /// When the pair last had nothing left to do, in monotonic nanoseconds; nil while it has not.
    var busySince: UInt64?
    var lastSeenFollowed: Digest?

    init(
        pair: LaptopPair,
        settings: LiveSettings,
        connect: @escaping @Sendable () throws -> any ByteLink,
        events: BoundedQueue<LoopEvent>,
        board: LiveBoard,
        following: FollowedFile?
    ) {
        self.pair = pair
        self.settings = settings
        self.connect = connect
        self.events = events
        self.board = board
        self.following = following
    }

    /// Runs until it is stopped.
    func run() {
        attemptOrFail { try open() }
        while !isStopped {
            let event = events.take(until: nextDeadline)
            attemptOrFail {
                if let event { try handle(event) }
                try doWhatIsDue()
            }
        }
        dropLink(isOrderly: true)
        closeSide()
        board.enter(.stopped, .attention, "stopped")
    }

    private func attemptOrFail(_ body: () throws -> Void) {
        do {
            try body()
            answerWaiting()
        } catch {
            fail(error as? SyncError ?? SyncError(.failed, "\(error)"))
        }
    }

    // MARK: Time

    private var nextDeadline: DispatchTime {
        let times = [retryAt, sessionRetryAt, isPaused ? nil : side?.nextLook]
        guard let next = times.compactMap(\.self).min() else { return .distantFuture }
        let now = time.monotonic
        return .now() + .nanoseconds(Int(clamping: next - min(now, next)))
    }

    private func doWhatIsDue() throws {
        let now = time.monotonic
        if let retryAt, retryAt <= now {
            self.retryAt = nil
            if side == nil { try open() } else { startConnecting() }
        }
        if let side, let look = side.nextLook, look <= now {
            if try side.look() { try laptopChanged() }
        }
        if let due = sessionRetryAt, due <= now {
            sessionRetryAt = nil
            try tell(.retry)
        }
    }

    // MARK: What happened

    private func handle(_ event: LoopEvent) throws {
        switch event {
        case .noticed(let batch):
            guard let side else { return }
            dirtySince = dirtySince ?? time.monotonic
            if batch.needsFullScan { tellOverflows(side) }
            if try side.look(at: batch) { try laptopChanged() }
        case .connected(let attempt, let result):
            guard attempt == self.attempt else {
                if case .success(let link) = result { link.close() }
                return
            }
            connectingSince = nil
            try connected(try result.get())
        case .message(let attempt, let message):
            if attempt == self.attempt { try handle(message) }
        case .linkEnded(let attempt, let error):
            if attempt == self.attempt { throw error }
        case .contentSent(let attempt, let bytes):
            if attempt == self.attempt { try tell(.contentSent(rawBytes: bytes)) }
        case .command(let command): try handle(command)
        }
    }

    func laptopChanged() throws {
        guard let side else { return }
        board.note {
            $0.laptopEntries = side.entries
            $0.problems = side.problems
            $0.laptopWatch = side.report
        }
        lookAtFollowed()
        try tell(.laptopChanged)
    }

    /// Says once that events were lost, as the look that makes up for it may take long.
    private func tellOverflows(_ side: LaptopSide) {
        let report = side.report
        guard report.overflows > toldOverflows else { return }
        toldOverflows = report.overflows
        board.tell(.notice("laptop: \(report.overflowSentence)"))
    }

    /// Lets the session decide about an event, and performs what it says.
    func tell(_ event: LiveSession.Event) throws {
        guard let side, session != nil else { return }
        // Taken out, so that the session's trees are not copied when they change.
        let actions = try session?.handle(event, laptop: side.laptop) ?? []
        for action in actions { try perform(action) }
    }
}

// MARK: - Opening and failing

extension LiveLoop {
    /// Opens the laptop's side, reads it whole, and connects.
    func open() throws {
        guard side == nil, !isPaused else { return }
        board.enter(.scanning(entries: 0), .working, "scanning")
        let events = events
        let side = try LaptopSide(
            pair: pair,
            settings: settings,
            fileSystem: fileSystem,
            notice: { events.put(.noticed($0)) }
        )
        self.side = side
        let archive = side.takeArchive()
        memory = PushSession.Memory(
            archive: archive.tree,
            generation: archive.mark.generation,
            token: archive.mark.token,
            rules: nil
        )
        (intent, notes) = (archive.intent?.token, archive.notes)
        let board = board
        try side.scanAll { progress in
            board.note { $0.phase = .scanning(entries: progress.entries) }
        }
        board.note {
            $0.laptopEntries = side.entries
            $0.problems = side.problems
            $0.laptopWatch = side.report
            $0.generation = archive.mark.generation
        }
        lookAtFollowed()
        toldOverflows = 0
        if !side.report.isOrdinary { board.tell(.notice("laptop: \(side.report)")) }
        startConnecting()
    }

    func closeSide() {
        side?.close()
        side = nil
        memory = nil
    }

    func dropLink(isOrderly: Bool = false) {
        attempt += 1
        connectingSince = nil
        linkedSince = nil
        sender?.stop()
        sender = nil
        download?.abandon()
        download = nil
        orders = OrderQueue()
        times = TimeQuestions()
        if let session {
            // Durable on both sides and recorded: only the vm's last word is missing.
            if let report = session.unconfirmed { tell(report) }
            memory = session.memory
        }
        session = nil
        dropResolutions()
        sessionRetryAt = nil
        link?.close(isOrderly: isOrderly)
        link = nil
        hasWatch = false
        lastRest = nil
        busySince = busySince ?? time.monotonic
        for index in flushes.indices { flushes[index].restart() }
        board.note {
            $0.isConnected = false
            // What the vm holds now is not known.
            $0.treeDigest = nil
        }
    }

    /// Ends what cannot go on, says why, and plans what may help.
    func fail(_ error: SyncError) {
        var error = error
        // A loop needs nobody to push again.
        if error.hint == LinkEnd.again { error.hint = "it is tried again by itself" }
        let wasConnected = link != nil
        let now = time.monotonic
        let stood = now - min(now, linkedSince ?? now)
        dropLink()
        if wasConnected { board.tell(.linkDown(error)) }
        let response = LiveFailure(error)
        if response.reopens { closeSide() }
        guard let wait = response.wait(&backoff, spread: .random(in: 0...1), stood) else {
            board.enter(.halted(error), .attention, error.message)
            board.tell(.halted(error))
            answerBroken(error)
            return
        }
        retryAt = time.monotonic + wait
        let at = time.wall + Int64(clamping: wait)
        let verdict = response.verdict(after: backoff.failures)
        let phase: LivePhase =
            response.isHalt ? .halted(error) : .waiting(error, retryAt: at)
        board.enter(phase, verdict, error.message)
        if response.isHalt { board.tell(.halted(error)) }
        if verdict == .broken { answerBroken(error) }
    }
}

/// What a failure means for the pair: whether waiting helps, and what must be opened anew.
struct LiveFailure {
    private let error: SyncError

    /// How often a root that is not there is looked for, in nanoseconds.
    private static let rootWait: UInt64 = 5_000_000_000
    /// How often what a person must mend is tried again, in nanoseconds.
    private static let brokenWait: UInt64 = 60_000_000_000
    /// Attempts that may fail before a person is told: a reboot takes longer than one.
    private static let quietAttempts = 3

    init(_ error: SyncError) {
        self.error = error
    }

    var isHalt: Bool { error.code == .halted || error.code == .amnesia }

    /// Whether the laptop's side is in doubt: its disk, its root or its records.
    var reopens: Bool {
        switch error.code {
        case .unreachable, .busy, .version, .noSpace, .protocolViolation, .timedOut: false
        case .halted, .amnesia, .permission, .configuration, .interrupted, .failed: true
        }
    }

    /// How long to wait; nil where only a person can go on.
    func wait(_ backoff: inout Backoff, spread: Double, _ stood: UInt64) -> UInt64? {
        switch error.code {
        case .amnesia: return nil
        case .halted: return Self.rootWait
        case .permission, .configuration, .version:
            _ = backoff.failed(spread: spread)
            return Self.brokenWait
        // Only a link that ended by itself: what fails late would fail as late again.
        case .unreachable: return backoff.failed(spread: spread, stood: stood)
        case .busy, .noSpace, .protocolViolation, .timedOut, .interrupted, .failed:
            return backoff.failed(spread: spread)
        }
    }

    func verdict(after failures: Int) -> LiveVerdict {
        switch error.code {
        case .permission, .configuration, .version: .broken
        case .halted, .amnesia, .noSpace: .attention
        default: failures > Self.quietAttempts ? .attention : .working
        }
    }
}
