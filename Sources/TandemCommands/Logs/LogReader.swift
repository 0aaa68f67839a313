import Foundation
import TandemDaemon
import TandemTree

/// One line of a daemon's log.
struct LogLine: Hashable, Sendable {
    /// The levels, from the quietest up.
    static let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    var log: String
    /// RFC 3339 in UTC, so that text sorts by time; of a bad line the time of the one before it.
    var time: String
    /// Nil for a line that is no log event.
    var level: String?
    var bytes: [UInt8]

    /// Reads a line; any bytes are one.
    init(_ bytes: [UInt8], of log: String, after time: String) {
        self.log = log
        self.bytes = bytes
        self.time = time
        let fields = Self.fields(bytes)
        guard let stamp = fields["time"] as? String, let level = fields["level"] as? String,
            Self.isTime(stamp)
        else { return }
        self.time = stamp
        self.level = level
    }

    /// The line's fields; none where it is no JSON object.
    var fields: [String: Any] { Self.fields(bytes) }

    private static func fields(_ bytes: [UInt8]) -> [String: Any] {
        guard bytes.first == UInt8(ascii: "{") else { return [:] }
        let object = try? JSONSerialization.jsonObject(with: Data(bytes))
        return object as? [String: Any] ?? [:]
    }

    private static func isTime(_ text: String) -> Bool {
        text.utf8.count >= 20 && text.hasSuffix("Z")
            && text.utf8.prefix(19).enumerated().allSatisfy { index, byte in
                switch index {
                case 4, 7: byte == UInt8(ascii: "-")
                case 10: byte == UInt8(ascii: "T")
                case 13, 16: byte == UInt8(ascii: ":")
                default: byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
                }
            }
    }
}

/// Reads one log piece by piece, each line once, across rotations.
struct LogReader: Sendable {
    let name: String
    private(set) var position = LogPosition()
    /// The time of the last line that had one.
    private var time = ""
    /// Files that were rotated away before they were read.
    private(set) var skippedFiles: UInt64 = 0

    init(_ name: String) { self.name = name }

    /// A piece of a file, as the script tells it.
    struct Piece {
        var number: UInt64
        var offset: UInt64
        /// The file's size when it was read.
        var size: UInt64
        var isCurrent: Bool
        var bytes: [UInt8]
    }

    /// Takes a piece; the lines that are whole in it.
    ///
    /// What follows the last line feed is read again with the next piece, unless the file is rotated
    /// and ends there.
    mutating func take(_ piece: Piece) -> [LogLine] {
        if position.number > 0, piece.number > position.number {
            skippedFiles += piece.number - position.number
        }
        position = LogPosition(number: piece.number, offset: piece.offset)
        var rest = piece.bytes[...]
        var lines: [LogLine] = []
        while let feed = rest.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(line(Array(rest[..<feed])))
            rest = rest[(feed + 1)...]
        }
        let whole = piece.offset + UInt64(piece.bytes.count - rest.count)
        position.offset = whole
        guard !piece.isCurrent, piece.offset + UInt64(piece.bytes.count) >= piece.size else {
            return lines
        }
        if !rest.isEmpty { lines.append(line(Array(rest))) }
        position = LogPosition(number: piece.number + 1, offset: 0)
        return lines
    }

    private mutating func line(_ bytes: [UInt8]) -> LogLine {
        let line = LogLine(bytes, of: name, after: time)
        time = line.time
        return line
    }
}
