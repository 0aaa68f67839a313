import Dispatch
import TandemFiles
import TandemSystem
import TandemTree

/// The thread that takes a watcher's events, gathers bursts, lets git finish, and hands them over.
///
/// The first event of a quiet tree is handed over at once. `drain` is for the one consumer's thread.
final class WatchFeed: Sendable {
    private struct State {
        var wantsDrain = false
        var drained: WatchBatch?
        var isStopped = false
    }

    private let watcher: any TreeWatcher
    private let monitor = Monitor(State())
    private let deliver: @Sendable (WatchBatch) -> Void
    private let time: any TimeSource

    /// Starts watching; every change made from now on is handed over.
    convenience init(
        root: SyncRoot,
        rules: RuleSet?,
        budget: WatchBudget,
        fileSystem: any FileSystem,
        time: any TimeSource = SystemTime(),
        deliver: @escaping @Sendable (WatchBatch) -> Void
    ) throws {
        let watcher = try Watching.start(
            root: root,
            rules: rules,
            budget: budget,
            fileSystem: fileSystem
        )
        let git = GitQuiet(fileSystem: fileSystem, root: root)
        self.init(watcher, git, time: time, deliver: deliver)
    }

    init(
        _ watcher: any TreeWatcher,
        _ git: GitQuiet,
        time: any TimeSource = SystemTime(),
        deliver: @escaping @Sendable (WatchBatch) -> Void
    ) {
        self.watcher = watcher
        self.time = time
        self.deliver = deliver
        WorkerThread.start("tandem-watch") { self.run(git) }
    }

    /// How the root is watched.
    var report: WatchReport { watcher.report }

    /// Watches what other rules let through.
    func use(_ rules: RuleSet) { watcher.update(rules) }

    /// Gives all that happened before the call and was not handed over yet, without waiting for a
    /// burst to end or for git.
    ///
    /// - Returns: what is to be looked at; nil when the deadline passed first.
    func drain(until deadline: DispatchTime) -> WatchBatch? {
        guard watcher.drain(until: deadline) else { return nil }
        monitor.change { $0.wantsDrain = true }
        watcher.wake()
        _ = monitor.wait(until: deadline) { $0.drained != nil || $0.isStopped ? true : nil }
        return monitor.change { state in
            state.wantsDrain = false
            defer { state.drained = nil }
            return state.drained
        }
    }

    /// Ends the watching.
    func stop() {
        monitor.change { $0.isStopped = true }
        watcher.close()
    }

    private func run(_ git: GitQuiet) {
        var gathered = Gathered(git: git)
        var deadline = DispatchTime.distantFuture
        while let batch = take(until: deadline) {
            gathered.add(batch, now: time.monotonic)
            deadline = answerDrain(&gathered) ? .distantFuture : pass(on: &gathered)
        }
        monitor.change { $0.isStopped = true }
    }

    /// Gives a drain that waits all there is; false when none waits.
    ///
    /// What was taken last may be older than the drain, so what the watcher has by now is taken too.
    private func answerDrain(_ gathered: inout Gathered) -> Bool {
        guard monitor.look({ $0.wantsDrain }) else { return false }
        if let rest = watcher.next(until: .now()) { gathered.add(rest, now: time.monotonic) }
        monitor.change { state in
            state.wantsDrain = false
            state.drained = gathered.takeAll()
        }
        return true
    }

    /// What came until the deadline, an empty batch when nothing did; nil when this is stopped.
    private func take(until deadline: DispatchTime) -> WatchBatch? {
        if let batch = watcher.next(until: deadline) { return batch }
        return monitor.look { $0.isStopped } ? nil : WatchBatch()
    }

    /// Hands over what is due; gives the time to look again.
    private func pass(on gathered: inout Gathered) -> DispatchTime {
        let now = time.monotonic
        switch gathered.tick(now) {
        case .idle: return .distantFuture
        case .wait(let until):
            return .now() + .nanoseconds(Int(clamping: until - min(now, until)))
        case .fire:
            deliver(gathered.takeAll())
            return .distantFuture
        }
    }
}

/// What has come and was not handed over yet.
private struct Gathered {
    private var batch = WatchBatch()
    private var debouncer = Debouncer()
    private var git: GitQuiet

    init(git: GitQuiet) {
        self.git = git
    }

    mutating func add(_ new: WatchBatch, now: UInt64) {
        guard !new.isEmpty else { return }
        batch.add(new)
        debouncer.handle(.dirty(now))
    }

    mutating func tick(_ now: UInt64) -> Debouncer.Verdict {
        guard debouncer.isPending else { return .idle }
        debouncer.handle(.git(git.activity(around: batch.dirty + batch.listings)))
        let verdict = debouncer.tick(now)
        if verdict == .fire, debouncer.gaveUpOnGit { git.disregardLocks() }
        return verdict
    }

    mutating func takeAll() -> WatchBatch {
        // Not made anew: what comes right after belongs to the same burst.
        debouncer.clear()
        defer { batch = WatchBatch() }
        return batch
    }
}
