/// A moment of this machine's clock as people and log readers write it.
package enum Timestamp {
    /// Appends RFC 3339 in UTC with microseconds, such as `2026-03-01T09:08:07.000123Z`.
    ///
    /// - Parameters:
    ///   - nanoseconds: since 1970; before it too.
    ///   - bytes: what the text is appended to.
    package static func append(_ nanoseconds: Int64, to bytes: inout [UInt8]) {
        let (seconds, fraction) = divide(nanoseconds, by: 1_000_000_000)
        let (days, second) = divide(seconds, by: 86_400)
        let (year, month, day) = civil(fromDays: days)
        append(year, digits: 4, to: &bytes, then: "-")
        append(month, digits: 2, to: &bytes, then: "-")
        append(day, digits: 2, to: &bytes, then: "T")
        append(second / 3600, digits: 2, to: &bytes, then: ":")
        append(second / 60 % 60, digits: 2, to: &bytes, then: ":")
        append(second % 60, digits: 2, to: &bytes, then: ".")
        append(fraction / 1000, digits: 6, to: &bytes, then: "Z")
    }

    /// The same as a string.
    package static func text(_ nanoseconds: Int64) -> String {
        var bytes: [UInt8] = []
        append(nanoseconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Year, month and day of a day count from 1970-01-01 in the proleptic Gregorian calendar.
    ///
    /// The year is taken to begin in March, so that the leap day is its last
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
    package static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = divide(days + 719_468, by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// Quotient and remainder rounded down, so that the remainder is never negative.
    private static func divide(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func append(
        _ number: Int64,
        digits: Int,
        to bytes: inout [UInt8],
        then mark: Unicode.Scalar
    ) {
        let text = String(number)
        for _ in 0..<max(0, digits - text.utf8.count) { bytes.append(UInt8(ascii: "0")) }
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: mark))
    }
}
