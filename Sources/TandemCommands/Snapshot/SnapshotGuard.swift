import ArgumentParser
import Dispatch
import TandemConfiguration
import TandemProject
import TandemSnapshots
import TandemSystem

/// Asks for a snapshot before an act that may lose something.
struct SnapshotGuard: Sendable {
    /// What came of it.
    enum Outcome: Sendable, Hashable {
        case taken(id: String)
        /// There is none, with the reason.
        case none(String)

        /// One sentence for people.
        func sentence(before act: String) -> String {
            switch self {
            case .taken(let id): "snapshot \(id) of the vm was taken before \(act)"
            case .none(let reason): "no snapshot was taken before \(act): \(reason)"
            }
        }
    }

    /// How long an act waits; a snapshot that takes longer is finished behind it.
    static let patience = Duration.seconds(60)

    private let take: @Sendable (String, DispatchTime) throws -> SnapshotInfo

    /// A guard of a pair whose vm may or may not have a snapshot daemon.
    init(_ entry: PairEntry, in context: CommandContext) {
        take = { act, deadline in
            let access = try SnapshotAccess(entry, try SnapshotChoice.parse([]), in: context)
            let request = SnapshotRequest.take(reason: .act, label: "before \(act)")
            return try access.snapshot(request, until: deadline)
        }
    }

    init(_ take: @escaping @Sendable (String, DispatchTime) throws -> SnapshotInfo) {
        self.take = take
    }

    /// Asks for a snapshot and waits a bounded time for it.
    ///
    /// - Parameters:
    ///   - act: what is about to be done, as words after "before".
    ///   - wait: how long, however slow the network or the tree.
    /// - Returns: the snapshot, or why there is none.
    func before(_ act: String, wait: Duration = Self.patience) -> Outcome {
        let (seconds, attoseconds) = wait.components
        let nanoseconds = Int(clamping: seconds &* 1_000_000_000 + attoseconds / 1_000_000_000)
        let deadline = DispatchTime.now() + .nanoseconds(nanoseconds)
        let answer = Monitor<Outcome?>(nil)
        let take = take
        WorkerThread.start("tandem-guard") {
            let outcome: Outcome
            do {
                outcome = .taken(id: try take(act, deadline).shortID)
            } catch let error as CommandError {
                outcome = .none(error.what)
            } catch {
                outcome = .none("\(error)")
            }
            answer.change { $0 = outcome }
        }
        return answer.wait(until: deadline) { $0 }
            ?? .none("it was not done within \(Quantities.duration(wait))")
    }
}

extension CommandContext {
    /// Asks for a snapshot of the vm before an act, where the pair's configuration wants one.
    ///
    /// - Parameters:
    ///   - act: of what kind it is.
    ///   - what: the act as words after "before"; the snapshot's label.
    ///   - entry: the pair.
    ///   - isQuiet: whether nothing is said of the snapshot.
    /// - Throws: `CommandError` where the configuration requires one and there is none; the act
    ///   must not be done then.
    func snapshot(
        before act: ConfiguredMoment,
        as what: String,
        of entry: PairEntry,
        isQuiet: Bool
    ) throws {
        // What waits for approval, or is wrong, changes nothing: the settings in force hold.
        let watch = try? configurationWatch(of: entry)
        _ = try? watch?.start(isAgent: false)
        let guarded = watch?.settings.guarded ?? GuardedActs()
        guard guarded.covers(act) else { return }
        let outcome = SnapshotGuard(entry, in: self).before(what)
        if case .none(let reason) = outcome, guarded.isRequired {
            throw CommandError(
                .halted,
                "no snapshot could be taken before \(what), and tandem.yml requires one: \(reason)",
                at: "pair \(entry.name): \(entry.destination)",
                next: "start tandem-snapshot on the vm, or set snapshots: before-acts: wanted"
            )
        }
        if !isQuiet { console.note(StyledText(outcome.sentence(before: what))) }
    }
}
