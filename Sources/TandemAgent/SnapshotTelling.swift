import TandemProject

/// When the snapshot daemon of a pair's vm is told what `tandem.yml` wishes of it.
///
/// A value: the clock is a parameter, and what it decides somebody else does. Each wish is told once,
/// and again after the link was down, because the daemon may be another one by then.
struct SnapshotTelling: Sendable {
    /// The first wait after a failure, in nanoseconds; each further one doubles.
    ///
    /// Four attempts in ten minutes: fail2ban allows five refused logins by default.
    private static let first: UInt64 = 60_000_000_000
    /// The longest wait: each attempt is a login of its own.
    private static let longest: UInt64 = 600_000_000_000

    /// What the daemon took since the link stands.
    private var taken: SnapshotWish?
    private var wish: SnapshotWish?
    private var isConnected = false
    private var isUnderWay = false
    private var failures = 0
    private var notBefore: UInt64 = 0
    /// What a person was told of last, so that it is said once.
    private var said: String?
    /// Whether the daemon may go by an earlier wish: only then one that wishes nothing is told.
    private var mayHold: Bool

    init(mayHold: Bool) { self.mayHold = mayHold }

    /// What to tell now, after which `ended` is to be called; nil for nothing.
    mutating func next(_ wish: SnapshotWish, isConnected: Bool, now: UInt64) -> SnapshotWish? {
        if wish != self.wish {
            self.wish = wish
            (failures, notBefore) = (0, 0)
        }
        if isConnected, !self.isConnected { taken = nil }
        self.isConnected = isConnected
        guard isConnected, !isUnderWay, taken != wish, now >= notBefore else { return nil }
        guard !wish.isEmpty || mayHold else { return nil }
        (isUnderWay, mayHold) = (true, true)
        return wish
    }

    /// Notes how telling ended.
    ///
    /// - Parameters:
    ///   - wish: what was told.
    ///   - failure: why the daemon does not go by it; nil where it does.
    ///   - now: the moment.
    /// - Returns: a sentence for people, where it was not said before.
    mutating func ended(_ wish: SnapshotWish, _ failure: String?, now: UInt64) -> String? {
        isUnderWay = false
        if failure == nil {
            (taken, failures, mayHold) = (wish, 0, !wish.isEmpty)
            // A link that comes and goes is no reason for a login each time.
            notBefore = self.wish == wish ? now &+ Self.first : 0
        } else {
            notBefore = now &+ min(Self.longest, Self.first << UInt64(min(failures, 10)))
            failures += 1
        }
        let sentence = Self.sentence(wish, failure)
        guard sentence != said else { return nil }
        said = sentence
        return sentence
    }

    private static func sentence(_ wish: SnapshotWish, _ failure: String?) -> String {
        if let failure {
            return "the vm's snapshot daemon is not told yet what tandem.yml says of snapshots: "
                + "\(failure) (it is tried again by itself)"
        }
        guard !wish.isEmpty else {
            return "the vm's snapshot daemon goes by what it was started with again"
        }
        let wishes = wish.sentences(after: SnapshotWish()).joined(separator: "; ")
        return "the vm's snapshot daemon goes by tandem.yml: \(wishes)"
    }
}
