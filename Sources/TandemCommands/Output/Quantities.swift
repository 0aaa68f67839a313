/// Numbers as people read them; the same in every locale, so that scripts and tests can rely on it.
package enum Quantities {
    static let nanosecondsPerSecond: Int64 = 1_000_000_000

    /// `18,204`.
    package static func count(_ value: some BinaryInteger) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index).isMultiple(of: 3) { grouped.append(",") }
            grouped.append(digit)
        }
        return value < 0 ? "-\(grouped)" : grouped
    }

    /// `1 change`, `18,204 changes`, `2 entries`.
    package static func count(
        _ value: some BinaryInteger,
        _ singular: String,
        _ plural: String? = nil
    ) -> String {
        "\(count(value)) \(value == 1 ? singular : plural ?? "\(singular)s")"
    }

    /// `812 B`, `9.1 kB`, `412 MB`: decimal units, two or three digits.
    package static func bytes(_ value: UInt64) -> String {
        guard value >= 1000 else { return "\(value) B" }
        var unit = 0
        var size = Double(value)
        let names = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        // 999.5 would be shown as 1000 of the smaller unit.
        while size >= 999.5, unit + 1 < names.count {
            size /= 1000
            unit += 1
        }
        return "\(size < 9.95 ? tenths(size) : String(Int(size.rounded()))) \(names[unit])"
    }

    /// `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d`.
    package static func duration(_ duration: Duration) -> String {
        let (whole, fraction) = duration.components
        let attoseconds = 1e18
        let seconds = Double(whole) + Double(fraction) / attoseconds
        if seconds < 9.95 { return "\(tenths(max(seconds, 0))) s" }
        let rounded = Int64(seconds.rounded())
        switch rounded {
        case ..<60: return "\(rounded) s"
        case ..<3600: return parts(rounded / 60, "min", rounded % 60, "s")
        case ..<86_400: return parts(rounded / 3600, "h", rounded % 3600 / 60, "min")
        default: return parts(rounded / 86_400, "d", rounded % 86_400 / 3600, "h")
        }
    }

    /// `74 ms`, `0.8 ms`, `1.4 s`: what passes between a change and its arrival.
    package static func latency(_ nanoseconds: UInt64) -> String {
        let inMillisecond = 1_000_000.0
        let milliseconds = Double(nanoseconds) / inMillisecond
        if milliseconds < 9.95 { return "\(tenths(milliseconds)) ms" }
        guard milliseconds < 999.5 else {
            return duration(.nanoseconds(Int64(clamping: nanoseconds)))
        }
        return "\(Int(milliseconds.rounded())) ms"
    }

    /// How long ago a wall-clock time was, from two stamps in nanoseconds since 1970.
    package static func ago(_ then: Int64, now: Int64) -> String {
        let (difference, overflow) = now.subtractingReportingOverflow(then)
        guard !overflow, difference >= 0 else { return "just now" }
        let seconds = difference / nanosecondsPerSecond
        switch seconds {
        case 0: return "just now"
        case ..<60: return "\(seconds) s ago"
        case ..<3600: return "\(seconds / 60) min ago"
        case ..<172_800: return "\(seconds / 3600) h ago"
        default: return "\(seconds / 86_400) days ago"
        }
    }

    private static func parts(
        _ big: Int64,
        _ bigUnit: String,
        _ small: Int64,
        _ unit: String
    ) -> String {
        small == 0 ? "\(big) \(bigUnit)" : "\(big) \(bigUnit) \(small) \(unit)"
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
