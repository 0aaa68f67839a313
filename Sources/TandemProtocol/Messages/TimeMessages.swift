package import TandemTree

/// When entries of the vm were modified: what Times asks and Modified answers.
///
/// Times names paths like List, but never the root. Modified has one item for each, in their order:
///
///     varint        how many
///     per item      u8 [8]  1 and nanoseconds since 1970 (signed, little-endian), or 0: nothing is there
enum TimesCodec {
    static func append(_ times: [Int64?], to bytes: inout [UInt8]) {
        bytes.appendVarint(count: times.count)
        for time in times {
            bytes.append(flag: time != nil)
            if let time { bytes.appendFixed64(UInt64(bitPattern: time)) }
        }
    }

    static func read(_ reader: inout ByteReader) throws(ProtocolError) -> [Int64?] {
        var times: [Int64?] = []
        for _ in 0..<(try reader.count("Modified.count")) {
            guard try reader.flag("Modified.isThere") else {
                times.append(nil)
                continue
            }
            times.append(Int64(bitPattern: try reader.fixed64("Modified.time")))
        }
        return times
    }
}

extension LaptopMessage {
    /// Cuts a question for times into messages that each fit a frame.
    ///
    /// - Parameter paths: strictly ascending; the root is not among them.
    /// - Returns: the messages in the order of the paths; none for no path.
    package static func times(of paths: [RelativePath]) -> [LaptopMessage] {
        var messages: [LaptopMessage] = []
        var start = 0
        while start < paths.count {
            var (end, bytes) = (start, 0)
            while end < paths.count, end - start < Limits.itemsInFrame, bytes < Limits.packedFrame {
                bytes += paths[end].bytes.count
                end += 1
            }
            messages.append(.times(Array(paths[start..<end])))
            start = end
        }
        return messages
    }
}
