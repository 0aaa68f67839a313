/// When the changes of a tree that was reported dirty are acted on.
///
/// The first event of a quiet tree is acted on at once; what follows closely is gathered until it
/// has been quiet for a moment, or for long enough; and while git works the tree is left to settle.
/// Times are monotonic nanoseconds. After each event, and when `wait` is over, ask `tick`.
package struct Debouncer: Hashable, Sendable {
    /// How long what is waited for.
    package struct Patience: Hashable, Sendable {
        /// A burst is over when nothing came for so long; a tree is quiet after the same time.
        package var quiet: UInt64 = 20_000_000
        /// A burst that does not end is acted on all the same.
        package var longest: UInt64 = 500_000_000
        /// While git holds its lock: it is given up on when nothing came for so long.
        package var locked: UInt64 = 10_000_000_000
        /// Amid a rebase that holds no lock: it may be stepping on, or wait for a person.
        package var amid: UInt64 = 1_000_000_000
        /// The most that git delays anything.
        package var longestGit: UInt64 = 120_000_000_000
        /// How often git is looked at meanwhile: it says nothing when it is done.
        package var gitLook: UInt64 = 50_000_000

        package init() {}
    }

    /// What happened.
    package enum Event: Hashable, Sendable {
        /// Something was reported dirty at this time.
        case dirty(UInt64)
        /// What `GitQuiet` says of what is dirty; to be told after each `dirty` and before `tick`.
        case git(GitActivity)
    }

    /// What to do.
    package enum Verdict: Hashable, Sendable {
        /// Nothing is dirty.
        case idle
        /// Ask again at this time, after looking at git, or after the next event.
        case wait(until: UInt64)
        /// Act on all that is dirty; the tree is clean again.
        case fire
    }

    private let patience: Patience
    private var pendingSince: UInt64?
    private var isFirst = false
    private var lastEvent: UInt64?
    private var git = GitActivity.none
    /// What was fired last did not wait for git to end.
    package private(set) var gaveUpOnGit = false

    package init(_ patience: Patience = Patience()) {
        self.patience = patience
    }

    /// Whether something is dirty.
    package var isPending: Bool { pendingSince != nil }

    /// Takes an event.
    package mutating func handle(_ event: Event) {
        switch event {
        case .dirty(let now):
            if pendingSince == nil {
                pendingSince = now
                isFirst = lastEvent.map { now >= $0 + patience.quiet } ?? true
            }
            lastEvent = max(now, lastEvent ?? 0)
        case .git(let activity):
            git = activity
        }
    }

    /// What to do now.
    package mutating func tick(_ now: UInt64) -> Verdict {
        guard let since = pendingSince, let last = lastEvent else { return .idle }
        let due = due(since: since, last: last)
        guard now >= due else {
            return .wait(until: git == .none ? due : min(due, now + patience.gitLook))
        }
        gaveUpOnGit = git == .locked
        pendingSince = nil
        // What comes right after belongs to the same burst.
        lastEvent = now
        return .fire
    }

    /// Notes that all that is dirty was taken by somebody who could not wait.
    package mutating func clear() {
        pendingSince = nil
    }

    private func due(since: UInt64, last: UInt64) -> UInt64 {
        switch git {
        case .none:
            isFirst ? since : min(last + patience.quiet, since + patience.longest)
        case .amid: min(last + patience.amid, since + patience.longestGit)
        case .locked: min(last + patience.locked, since + patience.longestGit)
        }
    }
}
