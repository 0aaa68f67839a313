import TandemProtocol
import TandemTree

/// What the vm was asked of the values that are in conflict there: when each was modified.
///
/// A value is asked for once for as long as it stands in a conflict of the session.
struct TimeQuestions {
    /// A value of the vm's at a path.
    struct Value: Hashable {
        var path: RelativePath
        var state: EntryState
    }

    /// Whether the vm answers: one of an earlier build does not know the question.
    private let areAnswered: Bool
    private var known: [RelativePath: EntryState] = [:]
    /// What has no answer yet, oldest first.
    private var open: [Value] = []

    init(areAnswered: Bool = false) {
        self.areAnswered = areAnswered
    }

    /// Takes the conflicts of a plan.
    ///
    /// - Parameter conflicts: all that are open.
    /// - Returns: what to say to the vm about those whose value there is new.
    mutating func ask(_ conflicts: [Conflict]) -> [LaptopMessage] {
        guard areAnswered else { return [] }
        var standing: [RelativePath: EntryState] = [:]
        var wanted: [Value] = []
        for conflict in conflicts {
            // What was deleted has no time.
            guard let state = conflict.vm, standing[conflict.path] == nil else { continue }
            standing[conflict.path] = state
            if known[conflict.path] != state {
                wanted.append(Value(path: conflict.path, state: state))
            }
        }
        known = standing
        wanted.sort { $0.path < $1.path }
        open += wanted
        return LaptopMessage.times(of: wanted.map(\.path))
    }

    /// Ends the oldest questions; both ends of a session see to it that there are so many.
    mutating func answered(_ count: Int) -> [Value] {
        defer { open.removeFirst(min(count, open.count)) }
        return Array(open.prefix(count))
    }
}

extension LiveLoop {
    /// Asks when the vm's values of these conflicts were modified, where that is not known.
    ///
    /// A plan tells its conflicts before it begins a batch, so the answer never waits for one.
    func askTimes(of conflicts: [Conflict]) throws {
        for message in times.ask(conflicts) { try send(message) }
    }

    func modified(_ answer: [Int64?]) {
        board.take(Array(zip(times.answered(answer.count), answer)))
    }
}
