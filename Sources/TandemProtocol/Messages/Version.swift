/// The protocol versions one side speaks.
package struct VersionRange: Hashable, Sendable, CustomStringConvertible {
    package let lowest: UInt8
    package let highest: UInt8

    /// What this code speaks.
    package static let own = VersionRange(only: Limits.version)

    private init(only version: UInt8) {
        lowest = version
        highest = version
    }

    /// Fails unless `1 <= lowest <= highest`.
    package init?(lowest: UInt8, highest: UInt8) {
        guard lowest >= 1, lowest <= highest else { return nil }
        self.lowest = lowest
        self.highest = highest
    }

    /// The highest version both speak.
    package func common(with other: VersionRange) -> UInt8? {
        let version = min(highest, other.highest)
        return version >= max(lowest, other.lowest) ? version : nil
    }

    package var description: String {
        lowest == highest ? "\(lowest)" : "\(lowest) to \(highest)"
    }
}

/// Two sides that share no version, and which of them is behind.
package struct VersionMismatch: Hashable, Sendable, CustomStringConvertible {
    package var laptop: VersionRange
    package var vm: VersionRange

    package init(laptop: VersionRange, vm: VersionRange) {
        self.laptop = laptop
        self.vm = vm
    }

    /// Whether it is the laptop's Tandem that must be upgraded; else it is the vm's.
    package var laptopIsOlder: Bool { laptop.highest < vm.lowest }

    package var description: String {
        let older = laptopIsOlder ? "laptop" : "vm"
        return "the laptop speaks protocol \(laptop), the vm \(vm): upgrade Tandem on the \(older)"
    }
}

/// What a side can do beyond the version's minimum; unknown bits are ignored.
package struct Capabilities: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The side unpacks Data that is compressed with zstd.
    package static let zstd = Capabilities(rawValue: 1)

    /// The side keeps a session of purpose sync: it watches, reports, and sends content.
    package static let live = Capabilities(rawValue: 2)

    /// The vm tells when an entry was modified: it knows Times.
    package static let times = Capabilities(rawValue: 4)

    /// What this code can do.
    package static let own: Capabilities = [.zstd, .live, .times]
}

extension ByteReader {
    mutating func versionRange(_ field: StaticString) throws(ProtocolError) -> VersionRange {
        let lowest = try byte(field)
        guard let range = VersionRange(lowest: lowest, highest: try byte(field)) else {
            throw ProtocolError(.badValue, field)
        }
        return range
    }
}
