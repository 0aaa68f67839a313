import Foundation

/// A moment as the person's own clock shows it; the same form in every locale.
enum LocalTime {
    private static let style = Date.ISO8601FormatStyle(
        dateSeparator: .dash,
        dateTimeSeparator: .space,
        timeSeparator: .colon,
        timeZone: .current
    ).year().month().day().time(includingFractionalSeconds: false)

    /// `2026-03-01 09:08:07`, from nanoseconds since 1970.
    static func text(_ nanoseconds: Int64) -> String {
        let seconds = Double(nanoseconds) / Double(Quantities.nanosecondsPerSecond)
        return Date(timeIntervalSince1970: seconds).formatted(style)
    }
}
