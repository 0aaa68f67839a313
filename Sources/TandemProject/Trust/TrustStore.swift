import TandemConfiguration
import TandemDaemon
package import TandemSystem
import TandemTree

/// Keeps a pair's trust and the approved content in the pair's state directory.
///
/// The content is kept, and not its digest alone, because it stays in force while other content
/// waits. What cannot be read is nothing approved: then everything waits.
package struct TrustStore: Sendable {
    /// The names in the state directory.
    package static let fileName = "configuration-trust"
    package static let contentName = "approved-tandem.yml"

    /// As the format has it.
    private static let longest = 1 << 20

    private let directory: String

    /// Works in a state directory that is there.
    package init(stateDirectory: String) {
        directory = stateDirectory
    }

    private var file: String { "\(directory)/\(Self.fileName)" }
    private var contentFile: String { "\(directory)/\(Self.contentName)" }

    /// Reads the trust and the content it approves; nil where either is missing or damaged.
    package func load() -> (trust: ConfigurationTrust, content: [UInt8]?)? {
        guard let bytes = try? AtomicFile.read(file, limit: Self.longest),
            let trust = ConfigurationTrust(decoding: bytes)
        else { return nil }
        guard let approved = trust.approved else { return (trust, nil) }
        guard let content = try? AtomicFile.read(contentFile, limit: Self.longest),
            Configuration.digest(of: content) == approved
        else { return nil }
        return (trust, content)
    }

    /// Keeps the trust, durably, and the content that it approves.
    ///
    /// - Parameters:
    ///   - trust: what holds from now on.
    ///   - content: the approved content; nil leaves what is kept.
    /// - Throws: `SystemError`; what held before then still does, or everything waits.
    package func save(
        _ trust: ConfigurationTrust,
        content: [UInt8]?
    ) throws(SystemError) {
        // The content first: without its trust it is nothing, and the reverse would be a lie.
        if let content { try AtomicFile.write(content, to: contentFile) }
        try AtomicFile.write(trust.encoded, to: file)
    }
}

extension ConfigurationTrust {
    private static let version = "tandem configuration trust 1"
    private static let none = "-"

    /// One line for the version and one for each digest.
    var encoded: [UInt8] {
        var lines = [Self.version]
        if let approved { lines.append("approved \(approved.hex)") }
        if let pending {
            lines.append("pending \(pending.origin.rawValue) \(pending.digest?.hex ?? Self.none)")
        }
        lines += arrived.map { "arrived \($0.hex)" }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// Reads what `encoded` wrote; nil for anything else.
    init?(decoding bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self), text.hasSuffix("\n") else {
            return nil
        }
        var lines = text.split(separator: "\n")
        guard lines.first.map(String.init) == Self.version else { return nil }
        lines.removeFirst()
        var (approved, pending, arrived): (Digest?, Pending?, [Digest]) = (nil, nil, [])
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            switch (words.first, words.count) {
            case ("approved", 2):
                guard let digest = Self.digest(words[1]) else { return nil }
                approved = digest
            case ("pending", 3):
                guard let origin = Origin(rawValue: words[1]) else { return nil }
                let digest = words[2] == Self.none ? nil : Self.digest(words[2])
                guard digest != nil || words[2] == Self.none else { return nil }
                pending = Pending(digest: digest, origin: origin)
            case ("arrived", 2):
                guard let digest = Self.digest(words[1]) else { return nil }
                arrived.append(digest)
            default: return nil
            }
        }
        self.init(approved: approved, pending: pending, arrived: arrived)
    }

    private static func digest(_ hex: String) -> Digest? {
        var bytes: [UInt8] = []
        var rest = Array(hex.utf8)[...]
        while !rest.isEmpty {
            let pair = rest.prefix(2)
            rest = rest.dropFirst(2)
            guard pair.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                let byte = UInt8(String(decoding: pair, as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(byte)
        }
        return Digest(bytes: bytes)
    }
}
