/// Numbers of bytes as people write them.
enum ByteSize {
    /// Decimal units as disks and links count, and binary ones by their own names (IEC 80000-13).
    private static let units: [(name: String, bytes: UInt64)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000),
        ("MB", 1_000_000), ("kB", 1000), ("KB", 1000), ("B", 1),
    ]

    /// Reads `2GB`, `512 MiB`, or with `perSecond` `20MB/s`; nil where it is neither.
    static func parse(_ text: String, perSecond: Bool) -> UInt64? {
        var rest = text[...]
        if perSecond {
            guard rest.hasSuffix("/s") else { return nil }
            rest = rest.dropLast(2)
        }
        guard let unit = units.first(where: { rest.hasSuffix($0.name) }) else { return nil }
        let digits = rest.dropLast(unit.name.count)
        let number = digits.hasSuffix(" ") ? digits.dropLast() : digits
        guard number.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = UInt64(number)
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// The shortest text that means exactly this many bytes.
    static func text(_ bytes: UInt64) -> String {
        let unit = units.first { bytes >= $0.bytes && bytes.isMultiple(of: $0.bytes) }
        return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "0B"
    }
}
