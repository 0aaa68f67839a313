package import TandemTree

/// A path on the control socket: text where its bytes are UTF-8, else the bytes themselves.
package struct WirePath: Codable, Hashable, Sendable {
    package var path: RelativePath

    package init(_ path: RelativePath) {
        self.path = path
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let bytes: [UInt8]
        if let text = try? container.decode(String.self) {
            bytes = Array(text.utf8)
        } else {
            bytes = try container.decode([UInt8].self)
        }
        guard let path = try? bytes.isEmpty ? .root : RelativePath(validating: bytes) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not a path below a root"
            )
        }
        self.path = path
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let text = String(validating: path.bytes, as: UTF8.self) {
            try container.encode(text)
        } else {
            try container.encode(path.bytes)
        }
    }
}

/// What stands at a path, on the control socket.
package struct WireState: Codable, Hashable, Sendable {
    package var kind: UInt8
    package var executable: Bool
    package var size: UInt64
    /// The digest's bytes, in hexadecimal.
    package var digest: String

    package init(_ state: EntryState) {
        kind = state.kind.rawValue
        executable = state.executable
        size = state.size
        digest = state.digest.hex
    }

    /// The state, where this is one.
    package var state: EntryState? {
        guard let kind = EntryKind(rawValue: kind), let digest = Self.digest(digest) else {
            return nil
        }
        return EntryState(kind: kind, executable: executable, size: size, digest: digest)
    }

    private static func digest(_ hex: String) -> Digest? {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return Digest(bytes: bytes[...])
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
