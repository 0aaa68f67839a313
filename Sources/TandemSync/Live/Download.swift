import TandemFiles
import TandemProtocol
import TandemTree

/// The laptop's half of a batch: contents that come from the vm, staged, then swapped in.
///
/// Link targets come first, because a change carries them; then the files' contents.
final class Download: ContentSink {
    let changes: [Change]
    private var batch: Batch?
    /// For each change of the batch, its number in the plan.
    private var numbers: [UInt32] = []
    /// For each item of the order of contents, its number in the batch.
    private var ordered: [UInt32] = []
    /// Where the targets of links go.
    let targets = LinkTargets()
    /// The numbers of the changes that are links, in the order their targets are ordered.
    private let linkNumbers: [Int]
    private(set) var outcomes: [PushSession.Outcome] = []

    init(_ changes: [Change]) {
        self.changes = changes
        linkNumbers = changes.indices.filter { changes[$0].lacksTarget }
        targets.expect(linkNumbers.count)
    }

    /// The links whose targets must be had first, as items of an order.
    var links: [Fetch.Item] {
        linkNumbers.compactMap { number in
            changes[number].new.map { Fetch.Item(path: changes[number].path, state: $0) }
        }
    }

    /// Bytes that the contents may take.
    var contentBytes: UInt64 { changes.reduce(0) { $0 + $1.contentBytes } }

    /// Announces the changes to a batch; gives the contents that must come.
    func begin(_ batch: Batch) throws -> [Fetch.Item] {
        self.batch = batch
        var kept: [Change] = []
        var targets = targets.bytes[...]
        for (index, change) in changes.enumerated() {
            var change = change
            if change.lacksTarget {
                guard let target = targets.popFirst(), .link(to: target) == change.new else {
                    refuse(UInt32(index), .changedWhileSent)
                    continue
                }
                change.linkTarget = target
            }
            numbers.append(UInt32(index))
            kept.append(change)
        }
        ordered = try batch.add(kept, startingAt: 0)
        return ordered.compactMap { number in
            let change = kept[Int(number)]
            return change.new.map { Fetch.Item(path: change.path, state: $0) }
        }
    }

    /// Stages a piece of the content of an item of the order.
    func take(_ item: UInt32, _ offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws {
        guard let batch, Int(item) < ordered.count else { return }
        try unsafe batch.write(ordered[Int(item)], offset: offset, bytes)
    }

    /// Applies what is staged; gives what the tree must take and the paths that were refused.
    func finish() throws -> (BatchOutcome, refused: [RelativePath]) {
        guard let batch else { return (BatchOutcome(), []) }
        let outcome = try batch.finish()
        self.batch = nil
        for refusal in outcome.refusals {
            let item = OutcomeItem(refusal)
            refuse(numbers[Int(refusal.id)], PushSession.Outcome(item).reason)
        }
        return (outcome, outcomes.map { changes[Int($0.id)].path })
    }

    /// Refuses everything: the batch could not be opened.
    func refuseAll(_ reason: String) {
        outcomes = []
        for index in changes.indices { refuse(UInt32(index), .failed(reason)) }
    }

    private func refuse(_ number: UInt32, _ reason: PushSession.Outcome.Reason) {
        outcomes.append(PushSession.Outcome(id: number, reason: reason))
    }

    /// Leaves what is staged for the next batch.
    func abandon() {
        batch?.abandon()
        batch = nil
    }
}

/// The targets of the links of an order, in its order; empty where one did not come.
final class LinkTargets: ContentSink {
    private(set) var bytes: [[UInt8]] = []

    /// Makes room for so many.
    func expect(_ count: Int) { bytes = Array(repeating: [], count: count) }

    func take(_ item: UInt32, _ offset: UInt64, _ piece: UnsafeRawBufferPointer) {
        guard Int(item) < bytes.count, offset == UInt64(bytes[Int(item)].count),
            bytes[Int(item)].count + piece.count <= Limits.linkTarget
        else { return }
        unsafe bytes[Int(item)].append(contentsOf: piece)
    }
}
