/// An image by its SHA-256, as `podman image inspect` and `podman images --digests` write it.
package struct ImageID: Hashable, Sendable, CustomStringConvertible, Codable {
    /// 64 hexadecimal digits, lower case.
    package let hex: String

    private static let algorithm = "sha256:"

    /// Reads `sha256:` and 64 digits, or the digits alone.
    package init?(_ text: String) {
        let digits =
            text.hasPrefix(Self.algorithm) ? text.dropFirst(Self.algorithm.count) : text[...]
        let isHex = digits.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
            default: false
            }
        }
        guard digits.utf8.count == 64, isHex else { return nil }
        hex = String(digits)
    }

    package var description: String { Self.algorithm + hex }

    /// Enough of it for people to tell two apart, as Podman shows it.
    package var short: String { String(hex.prefix(12)) }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let image = ImageID(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no image digest")
            )
        }
        self = image
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
