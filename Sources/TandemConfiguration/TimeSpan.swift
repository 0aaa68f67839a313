/// Time spans as people write them: `90s`, `1h30m`, `14d`.
package enum TimeSpan {
    private static let units: [(name: Character, seconds: Int)] = [
        ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]
    /// Longer than anything waits or is kept; keeps sums far from overflow.
    private static let most = 10 * 365 * 86_400

    /// Reads a span as seconds, units from the largest down; nil where it is none, or nothing.
    static func parse(_ text: String) -> Int? {
        var total = 0
        var rest = text[...]
        var last = Int.max
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            guard let name = rest.popFirst(), let value = Int(digits), value <= most,
                let unit = units.first(where: { $0.name == name }), unit.seconds < last
            else { return nil }
            last = unit.seconds
            total += value * unit.seconds
        }
        return (1...most).contains(total) ? total : nil
    }

    /// The shortest text that means exactly this many seconds.
    package static func text(_ seconds: Int) -> String {
        var rest = seconds
        var text = ""
        for unit in units where rest >= unit.seconds {
            text += "\(rest / unit.seconds)\(unit.name)"
            rest %= unit.seconds
        }
        return text.isEmpty ? "0s" : text
    }
}
