import TandemDaemon
import TandemTree

/// Log lines for a terminal and for a script.
struct DaemonLogText {
    /// Time, daemon, level, message, then the rest; a bad line is shown as it is, escaped.
    static func line(_ line: LogLine) -> StyledText {
        let log = line.log + String(repeating: " ", count: max(0, 8 - line.log.count))
        guard let level = line.level else {
            let text = String(decoding: line.bytes, as: UTF8.self)
            let shown = text.utf8.elementsEqual(line.bytes) ? text : escaped(line.bytes)
            return StyledText("\(log) ? ", .warning) + StyledText(shown)
        }
        var fields = line.fields
        let message = fields["message"] as? String ?? ""
        for key in ["time", "level", "logger", "message"] { fields[key] = nil }
        let rest = fields.keys.sorted().map { " \($0)=\(text(fields[$0] ?? ""))" }.joined()
        let word = level + String(repeating: " ", count: max(0, 8 - level.count))
        return StyledText("\(line.time) ", .faint) + StyledText("\(log) ")
            + StyledText(word, tone(level)) + StyledText("\(message)\(rest)")
    }

    private static func text(_ value: Any) -> String {
        let text = "\(value)"
        return text.contains(" ") || text.isEmpty ? "\"\(text)\"" : text
    }

    private static func tone(_ level: String) -> Tone {
        switch level {
        case "warning": .warning
        case "error", "critical": .bad
        default: .plain
        }
    }

    /// The line's own object with the daemon's name in front; a bad line as a string of its own.
    static func json(_ line: LogLine) -> String {
        var object = JSONLine()
        object.add("log", line.log)
        guard line.level != nil else {
            object.add("bad", escaped(line.bytes))
            return String(decoding: object.finished(newline: false), as: UTF8.self)
        }
        let head = object.bytes + [UInt8(ascii: ",")]
        // What the daemon wrote escapes itself; another writer's line may not.
        return escaped(head + line.bytes.dropFirst())
    }
}
