import Synchronization
import TandemTree

/// A pair's status, as the loop writes it and anybody reads it, and the events for whoever listens.
final class LiveBoard: Sendable {
    private let current = Mutex(LiveStatus())
    private let observer: @Sendable (LiveEvent) -> Void

    init(observer: @escaping @Sendable (LiveEvent) -> Void) {
        self.observer = observer
    }

    var status: LiveStatus { current.withLock { $0 } }

    func tell(_ event: LiveEvent) { observer(event) }

    /// Changes the status without a word.
    func note(_ body: (inout LiveStatus) -> Void) { current.withLock { body(&$0) } }

    /// Goes to another phase.
    func enter(_ phase: LivePhase, _ verdict: LiveVerdict, _ headline: String) {
        note {
            $0.phase = phase
            $0.verdict = verdict
            $0.headline = headline
        }
        observer(.phase(phase))
    }

    /// Takes the conflicts of a plan, and tells which are new and which are over.
    ///
    /// - Parameters:
    ///   - conflicts: those of the plan.
    ///   - settled: those that a person settles with this plan.
    ///   - now: the time, in nanoseconds since 1970.
    ///   - modified: when the laptop's value at a path was modified.
    func take(
        _ conflicts: [Conflict],
        settled: [RelativePath],
        now: Int64,
        modified: (RelativePath) -> Int64?
    ) {
        var opened: [ConflictView] = []
        let closed = current.withLock { status -> [RelativePath] in
            let known = Dictionary(
                status.conflicts.map { ($0.conflict.path, $0) },
                uniquingKeysWith: { first, _ in first }
            )
            var views: [ConflictView] = []
            for conflict in conflicts {
                if var view = known[conflict.path] {
                    if view.conflict != conflict {
                        if view.conflict.vm != conflict.vm { view.vmModified = nil }
                        view.conflict = conflict
                        view.laptopModified = modified(conflict.path)
                    }
                    views.append(view)
                    continue
                }
                let view = ConflictView(
                    conflict: conflict,
                    firstSeen: now,
                    laptopModified: modified(conflict.path),
                    generation: status.generation
                )
                opened.append(view)
                views.append(view)
            }
            let open = Set(conflicts.map(\.path))
            status.conflicts = views
            status.areConflictsKnown = true
            return known.keys.filter { !open.contains($0) }.sorted()
        }
        let settled = Set(settled)
        for path in closed {
            observer(.conflictClosed(path, isSettled: settled.contains(path)))
        }
        for view in opened { observer(.conflictOpened(view)) }
    }

    /// Takes what the vm said of when its values were modified; what is no such conflict any more
    /// is passed over.
    func take(_ times: [(value: TimeQuestions.Value, modified: Int64?)]) {
        let told = Dictionary(times.map { ($0.value, $0.modified) }, uniquingKeysWith: { $1 })
        let isNews = current.withLock { status in
            var isNews = false
            for (index, view) in status.conflicts.enumerated() {
                guard let state = view.conflict.vm,
                    let modified = told[.init(path: view.conflict.path, state: state)],
                    modified != view.vmModified
                else { continue }
                status.conflicts[index].vmModified = modified
                isNews = true
            }
            return isNews
        }
        if isNews { observer(.conflictTimes) }
    }
}
