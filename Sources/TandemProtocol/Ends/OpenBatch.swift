import TandemTree

/// A batch between Begin and Ended, as far as the wire shows it.
struct OpenBatch: Hashable, Sendable {
    private let begin: Begin
    private var order = ChangeOrder()
    private var seen: UInt32 = 0
    /// The size of all files among the changes seen: content beyond it belongs to none of them.
    private var fileBytes: UInt64 = 0
    private var contentBytes: UInt64 = 0
    private var needEnd: UInt32 = 0
    private var needIsComplete: Bool
    private var outcomeEnd: UInt32 = 0
    private var isSent = false

    init(_ begin: Begin) {
        self.begin = begin
        needIsComplete = !begin.askFirst
    }

    mutating func changes(_ run: ChangeRun) throws(ProtocolError) {
        for change in run.changes { try order.check(change) }
        let bytes = run.changes.reduce(UInt64(0)) { $0.addingCapped($1.fileBytes) }
        try changes(firstID: run.firstID, count: run.changes.count, fileBytes: bytes)
    }

    mutating func changes(
        firstID: UInt32,
        count: Int,
        fileBytes bytes: UInt64
    ) throws(ProtocolError) {
        guard !isSent, firstID == seen else { throw ProtocolError(.wrongOrder, "Changes") }
        guard count <= begin.changes - seen else {
            throw ProtocolError(.tooMany, "Changes beyond the announced")
        }
        seen += UInt32(count)
        fileBytes = fileBytes.addingCapped(bytes)
    }

    mutating func data(highestID: UInt32, contentBytes bytes: UInt64) throws(ProtocolError) {
        guard !isSent else { throw ProtocolError(.wrongOrder, "Data") }
        guard highestID < seen else {
            throw ProtocolError(.outOfRange, "Data for a change not announced")
        }
        guard bytes <= fileBytes - contentBytes else {
            throw ProtocolError(.contentExceeded, "Data")
        }
        contentBytes += bytes
    }

    mutating func end(changes: UInt32) throws(ProtocolError) {
        guard !isSent, seen == begin.changes, needIsComplete else {
            throw ProtocolError(.wrongOrder, "End")
        }
        guard changes == seen else { throw ProtocolError(.badValue, "End.changes") }
        isSent = true
    }

    mutating func need(_ need: Need) throws(ProtocolError) {
        guard !needIsComplete else { throw ProtocolError(.wrongOrder, "Need") }
        if let first = need.ranges.first, let last = need.ranges.last {
            guard first.lowerBound >= needEnd, last.upperBound <= seen else {
                throw ProtocolError(.outOfRange, "Need")
            }
            needEnd = last.upperBound
        }
        needIsComplete = need.last
    }

    mutating func outcome(_ items: [OutcomeItem]) throws(ProtocolError) {
        guard let first = items.first, let last = items.last else { return }
        guard first.id >= outcomeEnd, last.id < seen else {
            throw ProtocolError(.outOfRange, "Outcome")
        }
        outcomeEnd = last.id + 1
    }

    func ended(_ ended: Ended) throws(ProtocolError) {
        guard isSent else { throw ProtocolError(.wrongOrder, "Ended") }
        guard ended.generation == begin.point.generation, ended.applied <= begin.changes else {
            throw ProtocolError(.badValue, "Ended")
        }
    }
}

extension UInt64 {
    /// The sum, or the largest file size where the sum is beyond it.
    func addingCapped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? Limits.fileSize : Swift.min(sum, Limits.fileSize)
    }
}
