import TandemTree

/// How far each change of a batch is, in columns.
struct Ledger: Sendable {
    enum Status: UInt8, Sendable {
        /// Its content is not there yet.
        case waiting
        /// Its value is staged whole, or it needs none.
        case ready
        /// Its value seems to stand at its path already; nothing is staged.
        case present
        case refused
        case applied
    }

    private(set) var statuses: [Status] = []
    /// Inode and times of the staged value.
    private(set) var stamps: [Stamp] = []
    private(set) var refusals: [Int: (reason: ChangeRefusal.Reason, found: EntryState?)] = [:]

    var count: Int { statuses.count }

    mutating func append(_ status: Status, stamp: Stamp = .zero) {
        statuses.append(status)
        stamps.append(stamp)
    }

    mutating func set(_ position: Int, _ status: Status, stamp: Stamp? = nil) {
        statuses[position] = status
        if let stamp { stamps[position] = stamp }
    }

    mutating func refuse(_ position: Int, _ reason: ChangeRefusal.Reason, found: EntryState? = nil)
    {
        statuses[position] = .refused
        if refusals[position] == nil { refusals[position] = (reason, found) }
    }

    /// Refuses a change that nobody has refused before, and all staged beneath it.
    mutating func refuse(
        _ range: Range<Int>,
        _ reason: ChangeRefusal.Reason,
        found: EntryState? = nil
    ) {
        for position in range where statuses[position] != .refused {
            refuse(position, reason, found: position == range.lowerBound ? found : nil)
        }
    }
}
