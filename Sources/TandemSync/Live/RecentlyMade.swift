import TandemTree

/// What the last cycles made on each side, for a moment.
///
/// A move may be seen, or done, in two steps: what is new is there first, what is old goes later,
/// when the first step is agreed already. Times are monotonic nanoseconds.
struct RecentlyMade: Sendable {
    private struct Step {
        var changes: [Change]
        var side: Side
        var until: UInt64
    }

    private var steps: [Step] = []

    /// A user who copies a tree and then removes it, or two sweeps of a polled directory.
    private static let patience: UInt64 = 10_000_000_000
    /// Beyond it a move in two steps is asked about: a list of all is not kept for it.
    private static let capacity = 65_536

    /// Notes what was applied on a side.
    mutating func note(_ changes: [Change], on side: Side, _ now: UInt64) {
        steps.removeAll { $0.until <= now }
        guard changes.contains(where: { $0.expected == nil && $0.new != nil }) else { return }
        let count = steps.reduce(changes.count) { $0 + $1.changes.count }
        guard count <= Self.capacity else { return }
        steps.append(Step(changes: changes, side: side, until: now + Self.patience))
    }

    /// What was made on a side a moment ago, and stands on the other side still.
    ///
    /// - Parameters:
    ///   - side: where it was made.
    ///   - source: the other side's tree now.
    ///   - now: the time.
    /// - Returns: each value once for each path.
    func states(on side: Side, as source: Tree, _ now: UInt64) -> [EntryState] {
        var paths: Set<RelativePath> = []
        return steps.filter { $0.side == side && $0.until > now }.flatMap(\.changes)
            .compactMap { change in
                // What moved took its source along, and makes up for nothing else.
                if case .move = change.source { return nil }
                guard change.expected == nil, let new = change.new,
                    source.state(at: change.path)?.withoutDirectoryDigest == new,
                    paths.insert(change.path).inserted
                else { return nil }
                return new
            }
    }
}
