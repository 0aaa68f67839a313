package import TandemTree

/// A change that a side refused, and that waits before it is tried again.
package struct PutOffChange: Sendable, Hashable {
    package var path: RelativePath
    /// The side that refused it.
    package var side: Side
    /// Why, in a sentence.
    package var reason: String
}

/// What was refused, so that a cycle does not try the same again and again, as a value.
///
/// What merely changed under way is tried again at once, then soon; what a side cannot do waits, each
/// time longer. Either is over when a side's value is another one.
struct PutOffChanges: Sendable {
    private struct Entry: Sendable {
        var change: PutOffChange
        var expected: EntryState?
        var new: EntryState?
        var attempts: Int
        var isTransient: Bool
        var retryAt: UInt64

        /// Whether it has lasted so long that a person is told.
        var isLasting: Bool { !isTransient || attempts >= PutOffChanges.lastingAttempts }
    }

    /// Tries without a wait: a file that is written to while it is sent.
    private static let quickAttempts = 3
    /// The first wait after those: what a look again at the side may need.
    private static let soon: UInt64 = 20_000_000
    /// Some three seconds of attempts.
    private static let lastingAttempts = 10
    private static let firstWait: UInt64 = 2_000_000_000
    private static let longestWait: UInt64 = 60_000_000_000

    private struct Key: Hashable, Sendable {
        var path: RelativePath
        var side: Side
    }

    private var entries: [Key: Entry] = [:]

    /// What waits and will not go by itself soon, in the order of the paths.
    var lasting: [PutOffChange] {
        entries.values.filter(\.isLasting).map(\.change).sorted { $0.path < $1.path }
    }

    /// Whether something is tried again soon.
    var isSettling: Bool { entries.values.contains { !$0.isLasting } }

    /// When the first of what waits is due.
    var nextRetry: UInt64? {
        entries.values.lazy.filter { $0.retryAt > 0 }.map(\.retryAt).min()
    }

    /// Notes a refusal.
    mutating func refused(_ change: Change, on side: Side, _ reason: Reason, now: UInt64) {
        let key = Key(path: change.path, side: side)
        var attempts = 1
        if let known = entries[key], known.expected == change.expected, known.new == change.new {
            attempts = known.attempts + 1
        }
        entries[key] = Entry(
            change: PutOffChange(path: change.path, side: side, reason: reason.sentence),
            expected: change.expected,
            new: change.new,
            attempts: attempts,
            isTransient: reason.isTransient,
            retryAt: Self.retry(after: attempts, reason.isTransient, now: now)
        )
    }

    /// When to try again; 0 is at once.
    private static func retry(after attempts: Int, _ isTransient: Bool, now: UInt64) -> UInt64 {
        guard isTransient else {
            return now + min(longestWait, firstWait << UInt64(min(attempts - 1, 5)))
        }
        let beyond = attempts - quickAttempts
        guard beyond >= 0 else { return 0 }
        return now + min(longestWait, soon << UInt64(min(beyond, 12)))
    }

    /// Forgets what went through.
    mutating func applied(_ change: Change, on side: Side) {
        guard !entries.isEmpty else { return }
        entries[Key(path: change.path, side: side)] = nil
    }

    /// The changes that may be tried now; what waits takes with it what stands in it.
    mutating func admit(_ changes: [Change], for side: Side, now: UInt64) -> [Change] {
        guard entries.contains(where: { $0.key.side == side }) else { return changes }
        forgetWhatIsOver(changes, side)
        var output: [Change] = []
        var withheld: RelativePath?
        for change in changes {
            if let withheld, change.path.isDescendant(of: withheld) { continue }
            if let entry = entries[Key(path: change.path, side: side)], entry.retryAt > now {
                withheld = change.path
                continue
            }
            output.append(change)
        }
        return output
    }

    /// A change that is planned no more, or with other values, starts anew.
    private mutating func forgetWhatIsOver(_ changes: [Change], _ side: Side) {
        var planned: [RelativePath: Change] = [:]
        for change in changes where entries[Key(path: change.path, side: side)] != nil {
            planned[change.path] = change
        }
        for (key, entry) in entries where key.side == side {
            let now = planned[key.path]
            if now == nil || now?.expected != entry.expected || now?.new != entry.new {
                entries[key] = nil
            }
        }
    }

    /// Why a change was refused, and whether the next plan will know better.
    struct Reason: Sendable {
        var sentence: String
        var isTransient: Bool

        init(_ outcome: PushSession.Outcome.Reason) {
            switch outcome {
            case .conflict:
                (sentence, isTransient) = ("it changed meanwhile", true)
            case .changedWhileSent:
                (sentence, isTransient) = ("it changed while it was sent", true)
            case .overtaken(let text):
                (sentence, isTransient) = (text, true)
            case .failed(let text):
                (sentence, isTransient) = (text, false)
            }
        }
    }
}
