/// Numbers for the hour, day, week and month a moment falls into, in UTC.
///
/// Two moments share a number exactly when they share the period; before 1970 as well.
enum SnapshotPeriod {
    static func hour(_ time: Int64) -> Int64 { floor(time, 3600) }

    static func day(_ time: Int64) -> Int64 { floor(time, 86_400) }

    /// Weeks begin on Monday (ISO 8601); 1970-01-01 was a Thursday.
    static func week(_ time: Int64) -> Int64 { floor(day(time) + 3, 7) }

    /// Months since March of the year 0.
    ///
    /// The year is taken to begin in March, so that the leap day is its last
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
    static func month(_ time: Int64) -> Int64 {
        let days = day(time) + 719_468
        let era = floor(days, 146_097)
        let dayOfEra = days - era * 146_097
        let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        return (era * 400 + year) * 12 + (5 * dayOfYear + 2) / 153
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
