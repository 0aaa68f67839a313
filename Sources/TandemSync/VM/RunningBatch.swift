import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// A batch between Begin and Ended: the changes it was told, and the content that came for them.
final class RunningBatch {
    private let begin: Begin
    private let pair: OpenPair
    private let session: ReceiverSession
    /// Let go before the tree takes the outcome over, so that the tree is not held twice.
    private var opened: Batch?
    private var changes: [Change] = []
    private var stagedFiles: UInt64 = 0
    private var stagedBytes: UInt64 = 0

    /// Notes the generation durably and makes room for the batch.
    init(_ begin: Begin, _ pair: OpenPair, _ session: ReceiverSession) throws {
        self.begin = begin
        self.pair = pair
        self.session = session
        try pair.begin(begin.point)
        CrashPoint.reach("receive.after-begun")
        opened = try pair.makeBatch(announcing: begin)
    }

    private func batch() throws -> Batch {
        guard let opened else { throw Failure(.violation, "the batch has ended") }
        return opened
    }

    /// Takes changes and answers which contents it needs.
    func add(_ run: ChangeRun) throws {
        let needed = try batch().add(run.changes, startingAt: run.firstID)
        changes += run.changes
        guard begin.askFirst else { return }
        let isLast = UInt32(changes.count) == begin.changes
        for message in Need.messages(for: needed) {
            guard case .need(var need) = message else { continue }
            need.last = need.last && isLast
            if isLast || !need.ranges.isEmpty { session.send(.need(need)) }
        }
    }

    /// Writes content and gives the laptop as much credit again.
    func write(_ pack: DataPack) throws {
        let batch = try batch()
        for record in pack.records {
            try unsafe pack.withContent(of: record) { bytes in
                try unsafe batch.write(record.id, offset: record.offset, bytes)
            }
        }
        stagedBytes += UInt64(pack.contentBytes)
        session.topUp(pack.cost)
        session.endpoint.count { $0.contentBytes += UInt64(pack.contentBytes) }
    }

    /// Applies the batch and answers what was left undone, durably noted before it is said.
    func finish(changes announced: UInt32) throws {
        guard announced == UInt32(changes.count), announced == begin.changes else {
            throw Failure(.violation, "the batch announced other changes than it brought")
        }
        let all = records(of: changes.indices)
        try pair.plan(all)
        CrashPoint.reach("receive.planned")
        let outcome = try batch().finish()
        opened = nil
        CrashPoint.reach("receive.before-ended")
        let applied =
            outcome.refusals.isEmpty
            ? nil : records(of: outcome.applied.map { Int($0) })
        let root = try pair.end(outcome, applied: applied)
        CrashPoint.reach("receive.after-ended")
        let refused = outcome.refusals.map { changes[Int($0.id)].path }
        try pair.lookAgain(at: refused, answer: session.send)
        answer(outcome, pair.tree?.rootDigest ?? root)
    }

    /// Leaves what is staged for the next session.
    func abandon() { opened?.abandon() }

    /// What the laptop's archive shall take, a directory before what is in it.
    private func records(of positions: some Sequence<Int>) -> [Difference] {
        var moved: [Difference] = []
        var records: [Difference] = []
        for position in positions {
            let change = changes[position]
            if case .move(let source) = change.source {
                moved.append(Difference(path: source, old: change.new, new: nil))
                records += pair.subtree(at: source, as: change)
            } else {
                records.append(change.difference)
            }
        }
        return (records + moved).sorted { $0.path < $1.path }
    }

    private func answer(_ outcome: BatchOutcome, _ root: Digest?) {
        let items = outcome.refusals.map(OutcomeItem.init)
        var start = 0
        while start < items.count {
            let end = min(start + Limits.itemsInFrame, items.count)
            session.send(.outcome(Array(items[start..<end])))
            start = end
        }
        session.endpoint.count {
            $0.appliedChanges += UInt64(outcome.applied.count)
            $0.refusedChanges += UInt64(outcome.refusals.count)
        }
        session.send(
            .ended(
                Ended(
                    generation: begin.point.generation,
                    applied: UInt32(outcome.applied.count),
                    root: root
                )
            )
        )
    }
}

extension OutcomeItem {
    /// A refusal of the file layer in the words of the wire.
    init(_ refusal: ChangeRefusal) {
        self.init(
            id: refusal.id,
            reason: RefusalReason(refusal.reason),
            found: refusal.found
        )
    }
}

extension RefusalReason {
    init(_ reason: ChangeRefusal.Reason) {
        switch reason {
        case .changed: self = .changed
        case .notEmpty: self = .notEmpty
        case .parentMissing: self = .noParent
        case .sourceChanged: self = .sourceChanged
        case .missingContent: self = .contentMissing
        case .wrongContent: self = .digestMismatch
        case .noSpace: self = .noSpace
        case .notPermitted: self = .permission
        case .ioError: self = .inputOutput
        case .unsupported: self = .unsupported
        case .otherDevice: self = .unsupported
        }
    }
}
