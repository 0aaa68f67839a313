/// Reads and writes durations as people type them: `90`, `10s`, `1h30m`, `250ms`.
package enum DurationText {
    /// Longer than anyone waits; keeps sums far from overflow.
    package static let maximumSeconds: Int64 = 365 * 24 * 3600

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Reads a duration, nil when the text is none; a bare number counts seconds.
    package static func parse(_ text: String) -> Duration? {
        if let seconds = Int64(text), text.utf8.first != UInt8(ascii: "+") {
            return (0...maximumSeconds).contains(seconds) ? .seconds(seconds) : nil
        }
        var total: Int64 = 0
        var rest = text[...]
        var largest = Int64.max
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let name = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard let value = Int64(digits), value <= maximumSeconds,
                let unit = units.first(where: { $0.name == name })?.milliseconds, unit < largest
            else { return nil }
            total += value * unit
            largest = unit
            rest = rest.dropFirst(digits.count + name.count)
        }
        guard !text.isEmpty, total <= maximumSeconds * 1000 else { return nil }
        return .milliseconds(total)
    }
}
