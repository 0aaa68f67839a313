import TandemTree

/// One pair as the command line keeps it.
package struct PairEntry: Hashable, Sendable {
    /// What the user calls it.
    package var name: String
    /// The random name that both sides know, 16 bytes.
    package var id: [UInt8]
    /// The laptop root, absolute.
    package var root: String
    package var destination: Destination
    package var connection: ConnectionSettings

    package init(
        name: String,
        id: [UInt8],
        root: String,
        destination: Destination,
        connection: ConnectionSettings
    ) {
        self.name = name
        self.id = id
        self.root = root
        self.destination = destination
        self.connection = connection
    }

    /// The id in hexadecimal, for directories and JSON.
    package var hexID: String { Hex.text(id) }

    /// Who it is, for JSON.
    package var document: PairDocument {
        PairDocument(
            name: name,
            id: hexID,
            root: escaped(root.utf8),
            vm: escaped(destination.description.utf8)
        )
    }
}

/// Bytes as hexadecimal digits, and back.
enum Hex {
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index..<index + 2], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16), !pair.hasPrefix("+") else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
