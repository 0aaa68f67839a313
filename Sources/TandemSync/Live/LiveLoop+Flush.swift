import Dispatch
import TandemProtocol
import TandemSystem
import TandemTree

/// A flush that waits: a barrier, passed when all that was saved before it is on the other side.
///
/// It does not wait for the tree to rest: what both sides are found to hold once the flush has begun
/// is planned, and when that plan is done the flush is answered, whatever has changed since.
struct PendingFlush {
    enum Stage: Equatable {
        /// Until there is a session that can be asked.
        case waiting
        /// Until the vm has said all that happened there.
        case draining
        /// Until a plan made after this one is done.
        case planned(after: UInt64)
    }

    let ticket: Ticket<FlushResult>
    private(set) var stage = Stage.waiting
    /// What the plans so far left undone each time; nil before the first.
    private var owed: Set<Key>?
    private var plansSeen = 0
    private var lastPlan: UInt64 = 0
    private var hasKnownBoth = false
    private var rounds = 0

    private struct Key: Hashable {
        var path: RelativePath
        var side: Side
    }

    /// Plans after which what was undone in all of them is told instead of waited for: some seconds.
    private static let patience = 12
    private static let mostRounds = 5
    /// What is told when a side cannot look at everything.
    static let incomplete = "not everything could be looked at"

    init(ticket: Ticket<FlushResult>) {
        self.ticket = ticket
    }

    /// The session has ended: the next one is asked anew.
    mutating func restart() { self = PendingFlush(ticket: ticket) }

    mutating func asked() { stage = .draining }

    /// Goes back to asking both sides; false when that was done often enough.
    mutating func asksAgain() -> Bool {
        rounds += 1
        guard rounds < Self.mostRounds else { return false }
        stage = .waiting
        return true
    }

    /// Both sides have said all that happened before; `plan` is the last plan made without that.
    mutating func drained(_ plan: UInt64) {
        if stage == .draining { stage = .planned(after: plan) }
    }

    /// Takes a finished plan into account.
    ///
    /// - Parameters:
    ///   - session: after the plan.
    ///   - isLaptopKnown: whether everything on the laptop was looked at.
    /// - Returns: what keeps the barrier from being passed, nothing when it is; nil to go on waiting.
    mutating func passed(_ session: borrowing LiveSession, isLaptopKnown: Bool) -> [String]? {
        guard case .planned(let first) = stage, session.finishedPlans > max(first, lastPlan) else {
            return nil
        }
        lastPlan = session.finishedPlans
        plansSeen += 1
        let undone = session.undone.filter { change in
            owed?.contains(Key(path: change.path, side: change.side)) ?? true
        }
        owed = Set(undone.map { Key(path: $0.path, side: $0.side) })
        hasKnownBoth = hasKnownBoth || session.knowsVM && isLaptopKnown
        if undone.isEmpty && hasKnownBoth { return [] }
        guard plansSeen >= Self.patience else { return nil }
        let sentences = undone.map { "\($0.path): refused on the \($0.side): \($0.reason)" }
        return sentences + (hasKnownBoth ? [] : [Self.incomplete])
    }
}

extension LiveLoop {
    /// How long a flush waits for the kernel's queue to run dry.
    private static let drainSeconds = 5

    func flush(_ ticket: Ticket<FlushResult>) {
        if case .halted(let error) = board.status.phase {
            return ticket.answer(.broken(error))
        }
        if isPaused {
            let error = SyncError(.interrupted, "the pair is paused", hint: "`tandem resume`")
            return ticket.answer(.broken(error))
        }
        flushes.append(PendingFlush(ticket: ticket))
    }

    /// The vm has said all that happened there; so has the laptop, but for what is in doubt.
    func drained() throws {
        guard let side else { return }
        let isChanged = try side.settleDoubts()
        // What is planned anew from now on knows all of it; a session at rest knew it already.
        let plans = session?.plans ?? 0
        for index in flushes.indices { flushes[index].drained(plans) }
        if isChanged { try laptopChanged() }
    }

    /// Goes on with what waits, after each event.
    func answerWaiting() {
        answerPlans()
        guard !flushes.isEmpty || !settling.isEmpty, session != nil else { return }
        answerResolutions()
        do {
            answerFlushes()
            try askForFlushes()
        } catch {
            fail(error as? SyncError ?? SyncError(.failed, "\(error)"))
        }
    }

    /// Has both sides say all that happened, once for all flushes that begin.
    private func askForFlushes() throws {
        guard flushes.contains(where: { $0.stage == .waiting }), let session, session.isCompared,
            !flushes.contains(where: { $0.stage == .draining }), let side
        else { return }
        let deadline = DispatchTime.now() + .seconds(Self.drainSeconds)
        let isChanged = try side.drain(until: deadline)
        try send(.drain)
        for index in flushes.indices where flushes[index].stage == .waiting {
            flushes[index].asked()
        }
        if isChanged { try laptopChanged() }
    }

    private func answerFlushes() {
        var left: [PendingFlush] = []
        for var flush in flushes {
            if let result = result(of: &flush) {
                flush.ticket.answer(result)
            } else {
                left.append(flush)
            }
        }
        flushes = left
    }

    /// How a flush ended; nil while it goes on.
    private func result(of flush: inout PendingFlush) -> FlushResult? {
        guard case .planned = flush.stage, let session, let side else { return nil }
        let listed = board.status.openEnds
        if session.isAtRest, let lastRest, !lastRest.isSettling {
            if lastRest.isInSync { return .inSync(lastRest.treeDigest) }
            if !listed.isEmpty { return .attention(listed) }
            // Something is in doubt for a moment, or for good: both sides are asked once more.
            return flush.asksAgain() ? nil : .attention([PendingFlush.incomplete])
        }
        guard let open = flush.passed(session, isLaptopKnown: side.isKnown) else { return nil }
        return (open + listed).isEmpty ? .durable : .attention(open + listed)
    }
}

extension LiveSession {
    /// Whether both sides are compared and nothing is left to do now.
    var isAtRest: Bool {
        if case .resting = phase { return !isStale }
        return false
    }

    /// Whether both sides were compared: what is told of them from now on is added to that.
    var isCompared: Bool {
        switch phase {
        case .starting, .settling, .comparing, .walking, .halted: false
        case .resting, .intending, .applying, .archiving, .committing: true
        }
    }
}

extension LiveStatus {
    /// What keeps the sides from being the same for good, line by line.
    fileprivate var openEnds: [String] {
        conflicts.map { "\($0.conflict.path): \($0.conflict.reason.sentence)" }
            + problems.map { "\($0.path): \($0.reason)" }
    }
}
