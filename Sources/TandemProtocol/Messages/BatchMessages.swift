package import TandemTree

/// A piece of the laptop's encoded rule set.
///
///     varint, bytes the piece
///     u8            1 if it is the last
package struct RulesChunk: Hashable, Sendable {
    package var bytes: [UInt8]
    package var last: Bool

    package init(bytes: [UInt8], last: Bool) {
        self.bytes = bytes
        self.last = last
    }

    /// Cuts an encoded rule set into messages.
    package static func chunks(of ruleSet: [UInt8]) -> [LaptopMessage] {
        var messages: [LaptopMessage] = []
        var start = 0
        repeat {
            let end = min(start + Limits.ruleChunk, ruleSet.count)
            let chunk = RulesChunk(bytes: Array(ruleSet[start..<end]), last: end == ruleSet.count)
            messages.append(.rules(chunk))
            start = end
        } while start < ruleSet.count
        return messages
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(counted: self.bytes)
        bytes.append(flag: last)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        bytes = try reader.counted("Rules.bytes", atMost: Limits.ruleChunk)
        last = try reader.flag("Rules.last")
    }
}

/// Opens a batch toward a generation; in a session of purpose restore, one that makes none.
///
///     varint, 16    generation and its token; generation 0 in a restore
///     varint        changes that will follow
///     varint        bytes of the files they create or replace: what the vm reserves
///     u8            flags: +1 the laptop waits for Need before it sends content, +2 what the batch
///                   displaces was never agreed: the shelf keeps it until a person decides
package struct Begin: Hashable, Sendable {
    package var point: LineagePoint
    package var changes: UInt32
    package var contentBytes: UInt64
    package var askFirst: Bool
    package var displacesLive: Bool

    private static let askFlag: UInt8 = 1
    private static let liveFlag: UInt8 = 2

    package init(
        point: LineagePoint,
        changes: UInt32,
        contentBytes: UInt64,
        askFirst: Bool,
        displacesLive: Bool = false
    ) {
        self.point = point
        self.changes = changes
        self.contentBytes = contentBytes
        self.askFirst = askFirst
        self.displacesLive = displacesLive
    }

    func append(to bytes: inout [UInt8]) {
        point.append(to: &bytes)
        bytes.appendVarint(changes)
        bytes.appendVarint(contentBytes)
        bytes.append((askFirst ? Self.askFlag : 0) | (displacesLive ? Self.liveFlag : 0))
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        point = try LineagePoint(&reader, "Begin.point")
        changes = try reader.number("Begin.changes", atMost: Limits.changesInBatch)
        contentBytes = try reader.number("Begin.contentBytes", atMost: Limits.fileSize)
        let flags = try reader.byte("Begin.flags")
        guard flags & ~(Self.askFlag | Self.liveFlag) == 0 else {
            throw ProtocolError(.badValue, "Begin.flags")
        }
        askFirst = flags & Self.askFlag != 0
        displacesLive = flags & Self.liveFlag != 0
    }
}

/// Consecutive changes of a batch; the first has number `firstID`.
///
///     varint        number of the first change
///     varint        how many
///     changes       as ChangeCodec writes them
package struct ChangeRun: Hashable, Sendable {
    package var firstID: UInt32
    package var changes: [Change]

    package init(firstID: UInt32, changes: [Change]) {
        self.firstID = firstID
        self.changes = changes
    }

    func append(to bytes: inout [UInt8]) throws(ProtocolError) {
        bytes.appendVarint(firstID)
        bytes.appendVarint(count: changes.count)
        var paths = PathWriter()
        for change in changes {
            try ChangeCodec.validate(change)
            ChangeCodec.append(change, &paths, to: &bytes)
        }
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        firstID = try reader.number("Changes.firstID", atMost: Limits.changesInBatch)
        let count = try reader.count("Changes.count")
        var paths = PathReader()
        changes = []
        for _ in 0..<count {
            changes.append(try ChangeCodec.read(&reader, &paths))
        }
    }
}

/// The changes whose content the vm wants sent, by number.
///
///     varint        how many ranges
///     per range     varint first number minus the end of the range before, varint length
///     u8            1 if no further Need follows in this batch
package struct Need: Hashable, Sendable {
    /// Ascending, not empty and not touching.
    package var ranges: [Range<UInt32>]
    package var last: Bool

    package init(ranges: [Range<UInt32>], last: Bool) {
        self.ranges = ranges
        self.last = last
    }

    /// Gathers ascending change numbers into messages.
    package static func messages(for ids: some Sequence<UInt32>) -> [VMMessage] {
        var ranges: [Range<UInt32>] = []
        for id in ids {
            if let open = ranges.last, open.upperBound == id {
                ranges[ranges.count - 1] = open.lowerBound..<(id + 1)
            } else {
                ranges.append(id..<(id + 1))
            }
        }
        var messages: [VMMessage] = []
        while ranges.count > Limits.itemsInFrame {
            messages.append(.need(Need(ranges: Array(ranges[..<Limits.itemsInFrame]), last: false)))
            ranges.removeFirst(Limits.itemsInFrame)
        }
        return messages + [.need(Need(ranges: ranges, last: true))]
    }

    func append(to bytes: inout [UInt8]) throws(ProtocolError) {
        bytes.appendVarint(count: ranges.count)
        var end: UInt32 = 0
        for range in ranges {
            guard range.lowerBound > end || end == 0, !range.isEmpty else {
                throw ProtocolError(.unsorted, "Need.ranges")
            }
            bytes.appendVarint(range.lowerBound - end)
            bytes.appendVarint(range.upperBound - range.lowerBound)
            end = range.upperBound
        }
        bytes.append(flag: last)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        let count = try reader.count("Need.count")
        ranges = []
        var end: UInt32 = 0
        for index in 0..<count {
            let gap = try reader.number("Need.first", atMost: Limits.changesInBatch - end)
            guard gap > 0 || index == 0 else { throw ProtocolError(.badValue, "Need.first") }
            let first = end + gap
            let length = try reader.number("Need.length", atMost: Limits.changesInBatch - first)
            guard length > 0 else { throw ProtocolError(.badValue, "Need.length") }
            end = first + length
            ranges.append(first..<end)
        }
        last = try reader.flag("Need.last")
    }
}

/// How far the vm is with a batch: three varints.
package struct Progress: Hashable, Sendable {
    package var stagedFiles: UInt64
    package var stagedBytes: UInt64
    package var applied: UInt64

    package init(stagedFiles: UInt64, stagedBytes: UInt64, applied: UInt64) {
        self.stagedFiles = stagedFiles
        self.stagedBytes = stagedBytes
        self.applied = applied
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(stagedFiles)
        bytes.appendVarint(stagedBytes)
        bytes.appendVarint(applied)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        stagedFiles = try reader.varint("Progress.stagedFiles")
        stagedBytes = try reader.varint("Progress.stagedBytes")
        applied = try reader.varint("Progress.applied")
    }
}
