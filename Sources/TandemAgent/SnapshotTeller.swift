import Dispatch
import TandemDaemon
import TandemProject
import TandemSync
import TandemSystem

/// Tells the snapshot daemon of a pair's vm what `tandem.yml` wishes of it.
///
/// It tells on threads of its own and holds nothing of the pair: a vm that does not answer keeps
/// neither the look at the configuration nor the pair's lock.
final class SnapshotTeller: Sendable {
    /// How long telling may take, after the login.
    private static let seconds = 20
    /// An empty file of the pair's state: the daemon may go by a wish of this laptop's.
    private static let markName = "snapshots-told"

    private let telling: Monitor<SnapshotTelling>
    private let tell: @Sendable (SnapshotWish, DispatchTime) throws -> Void
    private let news: @Sendable (PairNews) -> Void
    private let mark: String

    init(_ setup: LivePair.Setup, news: @escaping @Sendable (PairNews) -> Void) {
        tell = setup.tellSnapshots
        self.news = news
        mark = "\(setup.pair.stateDirectory)/\(Self.markName)"
        telling = Monitor(SnapshotTelling(mayHold: Self.isMarked(mark)))
    }

    private static func isMarked(_ mark: String) -> Bool {
        do throws(SystemError) {
            return try AtomicFile.read(mark, limit: 0) != nil
        } catch {
            // To tell once more is harmless; not to take a wish back is not.
            return true
        }
    }

    /// Tells what is wished, where the daemon does not know yet; never waits.
    func look(_ wish: SnapshotWish, isConnected: Bool) {
        let now = DispatchTime.now().uptimeNanoseconds
        let next = telling.change { $0.next(wish, isConnected: isConnected, now: now) }
        guard let next else { return }
        WorkerThread.start("tandem-wish") { [self] in
            let failure = failure(of: next)
            let now = DispatchTime.now().uptimeNanoseconds
            let sentence = telling.change { $0.ended(next, failure, now: now) }
            if let sentence { news(.settings([sentence])) }
        }
    }

    /// Tells it and keeps the mark; gives what went wrong.
    private func failure(of wish: SnapshotWish) -> String? {
        do {
            // Before it is told: a wish that is taken back later has to be taken back there, too.
            if !wish.isEmpty { try AtomicFile.write([], to: mark) }
            try tell(wish, .now() + .seconds(Self.seconds))
            if wish.isEmpty { try AtomicFile.remove(mark) }
            return nil
        } catch {
            return "\(error)"
        }
    }
}
