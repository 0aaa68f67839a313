import TandemControl
import TandemDaemon
import TandemProject
import TandemStore
import TandemTree

/// What a piece of news becomes in the store, for listeners and in the log.
enum Journal {
    /// More paths of one batch than this are not worth their place in the store.
    static let notedChanges = 10_000
    /// More events of one batch than this no listener reads.
    static let toldChanges = 500

    static func records(of news: PairNews, at time: Int64) -> [ActivityRecord] {
        func record(
            _ path: RelativePath,
            _ action: ActivityRecord.Action,
            _ reason: String = "",
            _ generation: UInt64 = 0
        ) -> ActivityRecord {
            ActivityRecord(
                time: time,
                path: path,
                action: action,
                reason: reason,
                generation: generation
            )
        }
        switch news {
        case .batch(let generation, let changes):
            return changes.prefix(notedChanges).compactMap { change in
                change.action.map { record(change.path, $0, change.reason, generation) }
            }
        case .conflictOpened(let conflict):
            return [record(conflict.path, .conflicted, conflict.reason.sentence)]
        case .conflictClosed(let path, let how): return [record(path, .resolved, how)]
        case .problem(let path, let reason): return [record(path, .problem, reason)]
        case .hook(.ended(let result)):
            let action: ActivityRecord.Action = result.isGood ? .hook : .hookFailed
            return [record(.root, action, result.summary, result.run.generation)]
        case .phase, .linkUp, .linkDown, .halted, .hook(.started), .settings, .conflictSettled,
            .conflictTimes:
            return []
        }
    }

    static func concernsConflicts(_ news: PairNews) -> Bool {
        switch news {
        case .conflictOpened, .conflictClosed, .conflictSettled, .conflictTimes, .batch: true
        default: false
        }
    }

    static func events(
        of news: PairNews,
        pair: PairIdentity,
        at time: Int64
    ) -> [AgentEvent] {
        var event = AgentEvent(time: time, kind: .phase, pair: pair.id, name: pair.name)
        switch news {
        case .phase, .conflictTimes: return []
        case .batch(let generation, let changes):
            event.generation = generation
            var events = changes.prefix(toldChanges).map { change in
                var event = event
                event.kind = .change
                event.path = WirePath(change.path)
                event.text = change.action?.rawValue ?? "agreed"
                event.bytes = change.bytes
                return event
            }
            event.kind = .batch
            event.count = changes.count
            events.append(event)
            return events
        case .conflictOpened(let conflict):
            event.kind = .conflictOpened
            event.path = WirePath(conflict.path)
            event.text = conflict.reason.rawValue
        case .conflictClosed(let path, let how):
            event.kind = .conflictClosed
            event.path = WirePath(path)
            event.text = how
        case .conflictSettled(let path):
            event.kind = .conflictClosed
            event.path = WirePath(path)
            event.text = "settled"
        case .problem(let path, let reason):
            event.kind = .problem
            event.path = WirePath(path)
            event.text = reason
        case .hook(.started), .settings: return []
        case .hook(.ended(let result)):
            event.kind = .hook
            event.text = result.summary
            event.generation = result.run.generation
        case .linkUp(let receiver):
            event.kind = .linkUp
            event.text = receiver
        case .linkDown(let reason):
            event.kind = .linkDown
            event.text = reason
        case .halted(let reason):
            event.kind = .halted
            event.text = reason
        }
        return [event]
    }

    /// Lines for the log; none for what would flood it.
    static func lines(of news: PairNews) -> [String] {
        if case .hook(.ended(let result)) = news {
            let label = escaped(result.run.hook.label.utf8)
            return [result.sentence] + result.output.map { "hook \(label) wrote: \($0)" }
        }
        if case .settings(let sentences) = news {
            return sentences.map { "configuration: \(escaped($0.utf8))" }
        }
        return line(of: news).map { [$0] } ?? []
    }

    private static func line(of news: PairNews) -> String? {
        switch news {
        case .phase, .hook(.ended), .settings, .conflictTimes: nil
        case .hook(.started(let run)):
            "hook \(escaped(run.hook.label.utf8)) on the \(run.hook.side.rawValue) starts, "
                + "batch \(run.generation), \(run.changedCount) paths"
        case .batch(let generation, let changes):
            "generation \(generation): \(changes.count) changes"
        case .conflictOpened(let conflict): "conflict at \(conflict.path)"
        case .conflictClosed(let path, let how): "conflict at \(path) closed: \(how)"
        case .conflictSettled(let path): "conflict at \(path) is settled"
        case .problem(let path, let reason): "cannot sync \(path): \(reason)"
        case .linkUp(let receiver): "connected to \(receiver)"
        case .linkDown(let reason): "the link is down: \(reason)"
        case .halted(let reason): "halted: \(reason)"
        }
    }
}
