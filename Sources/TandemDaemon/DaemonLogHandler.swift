package import Logging

/// Turns log events into JSON lines: `time`, `level`, `logger`, `message`, then the metadata.
///
/// A metadata value whose key says that it is a secret is never written.
package struct DaemonLogHandler: LogHandler {
    private let log: DaemonLog
    private let label: String
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    /// The longest line; one that would be longer loses its metadata.
    static let maximumLineLength = 65_536
    /// How deep metadata may nest before the rest is left out.
    private static let maximumDepth = 8

    private static let secretWords = [
        "password", "passphrase", "secret", "token", "credential", "authorization", "private",
    ]
    private static let ownKeys: Set = ["time", "level", "logger", "message", "error", "cut"]

    init(log: DaemonLog, label: String, logLevel: Logger.Level) {
        self.log = log
        self.label = label
        self.logLevel = logLevel
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = head(of: event)
        let bare = line
        var values = metadata
        if let provided = metadataProvider?.get() { values.merge(provided) { $1 } }
        if let own = event.metadata { values.merge(own) { $1 } }
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            let name = Self.ownKeys.contains(key) ? "\(key)_" : key
            if case .string(let text) = value, !Self.isSecret(key) {
                line.add(name, text)
            } else {
                line.add(name) { Self.append(value, of: key, depth: 0, to: &$0) }
            }
        }
        if line.bytes.count >= Self.maximumLineLength {
            line = bare
            line.add("cut", true)
        }
        log.write(line.finished())
    }

    private func head(of event: LogEvent) -> JSONLine {
        var line = JSONLine()
        line.add("time", Timestamp.text(log.now))
        line.add("level", event.level.rawValue)
        line.add("logger", label)
        line.add("message", event.message.description)
        if let error = event.error { line.add("error", String(describing: error)) }
        return line
    }

    private static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return secretWords.contains { key.contains($0) }
    }

    private static func append(
        _ value: Logger.MetadataValue,
        of key: String,
        depth: Int,
        to bytes: inout [UInt8]
    ) {
        if isSecret(key) { return JSONLine.append("[secret]", to: &bytes) }
        if depth == maximumDepth { return JSONLine.append("[cut]", to: &bytes) }
        switch value {
        case .string(let text): JSONLine.append(text, to: &bytes)
        case .stringConvertible(let value): append(value, to: &bytes)
        case .array(let values):
            join(values, "[", "]", to: &bytes) { append($0, of: key, depth: depth + 1, to: &$1) }
        case .dictionary(let values):
            let pairs = values.sorted { $0.key < $1.key }
            join(pairs, "{", "}", to: &bytes) { pair, bytes in
                JSONLine.append(pair.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(pair.value, of: pair.key, depth: depth + 1, to: &bytes)
            }
        }
    }

    /// Numbers and booleans stay what they are; everything else is its description.
    private static func append(_ value: any CustomStringConvertible, to bytes: inout [UInt8]) {
        switch value {
        case let number as any FixedWidthInteger: bytes.append(contentsOf: "\(number)".utf8)
        case let number as Double where number.isFinite:
            bytes.append(contentsOf: number.description.utf8)
        case let flag as Bool: bytes.append(contentsOf: flag.description.utf8)
        default: JSONLine.append(value.description, to: &bytes)
        }
    }

    private static func join<Element>(
        _ elements: [Element],
        _ open: Unicode.Scalar,
        _ close: Unicode.Scalar,
        to bytes: inout [UInt8],
        _ body: (Element, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            body(element, &bytes)
        }
        bytes.append(UInt8(ascii: close))
    }
}
