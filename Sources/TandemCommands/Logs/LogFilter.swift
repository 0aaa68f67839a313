import TandemDaemon

/// Which lines are shown.
struct LogFilter: Sendable {
    /// RFC 3339 in UTC or the beginning of one, such as `2026-03-01T09`.
    var since: String?
    var until: String?
    /// The lowest level.
    var level: String?

    /// Whether a line is shown; one that cannot be read is shown whatever the level.
    func shows(_ line: LogLine) -> Bool {
        if let since, line.time < since { return false }
        // A beginning stands for all that begins so.
        if let until, line.time > until, !line.time.hasPrefix(until) { return false }
        guard let level, let own = line.level,
            let least = LogLine.levels.firstIndex(of: level),
            let index = LogLine.levels.firstIndex(of: own)
        else { return true }
        return index >= least
    }

    /// A moment as people write it: a duration before now, or a time in UTC or its beginning.
    ///
    /// - Returns: nil for what is neither.
    static func moment(_ text: String, now: Int64) -> String? {
        // A bare number is no duration here: 2026 is a year.
        if text.contains(where: \.isLetter), let duration = DurationText.parse(text) {
            let (seconds, attoseconds) = duration.components
            let past = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
            return Timestamp.text(now.subtractingReportingOverflow(past).partialValue)
        }
        let pattern = "0000-00-00T00:00:00.000000"
        let digits = text.hasSuffix("Z") ? text.dropLast() : text[...]
        let fits = zip(digits, pattern).allSatisfy { character, wanted in
            wanted == "0" ? character.isASCII && character.isNumber : character == wanted
        }
        guard fits, (4...pattern.count).contains(digits.count) else { return nil }
        return String(digits)
    }
}
