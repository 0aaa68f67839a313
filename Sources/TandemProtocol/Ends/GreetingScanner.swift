/// Finds the receiver's greeting behind whatever a login shell printed first.
///
///     00 54 41 4e 44 45 4d 0a    marker: NUL, "TANDEM", line feed
///     u8, u8                     lowest and highest version
struct GreetingScanner: Hashable, Sendable {
    static let marker: [UInt8] = [0x00, 0x54, 0x41, 0x4e, 0x44, 0x45, 0x4d, 0x0a]
    /// What is kept of the bytes before the marker, to show what stood in the way.
    private static let keptPreamble = 512

    private var matched = 0
    private var lowest: UInt8?
    private var seen = 0
    private(set) var preamble: [UInt8] = []

    static func greeting(_ versions: VersionRange) -> [UInt8] {
        marker + [versions.lowest, versions.highest]
    }

    /// Takes one byte; gives the versions when the greeting is whole.
    mutating func take(_ byte: UInt8) throws(ProtocolError) -> VersionRange? {
        if matched == Self.marker.count { return try takeVersion(byte) }
        guard seen < Limits.greetingSearch else {
            throw ProtocolError(.noGreeting, "\(seen) bytes searched")
        }
        seen += 1
        keep(byte)
        // Only the first byte of the marker is NUL, so a mismatch can restart at that byte alone.
        if byte == Self.marker[matched] {
            matched += 1
        } else {
            matched = byte == Self.marker[0] ? 1 : 0
        }
        if matched == Self.marker.count { dropMarker() }
        return nil
    }

    private mutating func takeVersion(_ byte: UInt8) throws(ProtocolError) -> VersionRange? {
        guard let lowest else {
            lowest = byte
            return nil
        }
        guard let range = VersionRange(lowest: lowest, highest: byte) else {
            throw ProtocolError(.badValue, "greeting versions")
        }
        return range
    }

    private mutating func keep(_ byte: UInt8) {
        if preamble.count < Self.keptPreamble { preamble.append(byte) }
    }

    private mutating func dropMarker() {
        let before = seen - Self.marker.count
        if preamble.count > before { preamble.removeLast(preamble.count - before) }
    }
}
