/// A path below a root as bytes: `a/b/c`; the root itself is empty.
///
/// Never a `String`: that compares NFC and NFD spellings as equal and cannot hold invalid UTF-8.
public struct RelativePath: Hashable, Sendable {
    /// The longest name of one component (Linux and macOS NAME_MAX).
    public static let longestName = 255
    /// The longest path: what the protocol lets through; calls are made with one name at a time.
    public static let longestPath = 65_536

    /// The root.
    public static let root = RelativePath(trusted: [])

    static let separator = UInt8(ascii: "/")

    /// The bytes, components joined by `/`.
    public let bytes: [UInt8]

    /// Takes bytes that have been validated before.
    public init(trusted bytes: [UInt8]) { self.bytes = bytes }

    /// Takes bytes from anywhere and refuses what may not be a path below a root.
    public init(validating bytes: [UInt8]) throws(PathError) {
        guard bytes.count <= Self.longestPath else { throw .tooLong(bytes.count) }
        var start = 0
        while start < bytes.count || (start > 0 && start == bytes.count) {
            let end = bytes[start...].firstIndex(of: Self.separator) ?? bytes.count
            try Self.checkName(bytes[start..<end])
            if end == bytes.count { break }
            start = end + 1
        }
        self.bytes = bytes
    }

    /// Refuses what may not be the name of an entry.
    public static func checkName(_ name: some BidirectionalCollection<UInt8>) throws(PathError) {
        guard !name.isEmpty else { throw .emptyName }
        guard name.count <= longestName else { throw .nameTooLong(name.count) }
        var dots = 0
        for byte in name {
            if byte == 0 { throw .nulByte }
            if byte == separator { throw .separatorInName }
            if byte == UInt8(ascii: ".") { dots += 1 }
        }
        if dots == name.count && dots <= 2 { throw .dots }
        if ReservedName.isOwn(name) { throw .reserved }
    }

    /// Whether this is the root itself.
    public var isRoot: Bool { bytes.isEmpty }

    /// The last component; empty for the root.
    public var name: [UInt8] {
        guard let slash = bytes.lastIndex(of: Self.separator) else { return bytes }
        return Array(bytes[(slash + 1)...])
    }

    /// The directory that holds this entry; nil for the root.
    public var parent: RelativePath? {
        guard !bytes.isEmpty else { return nil }
        guard let slash = bytes.lastIndex(of: Self.separator) else { return .root }
        return RelativePath(trusted: Array(bytes[..<slash]))
    }

    /// The path of an entry named `name` in this directory.
    public func appending(_ name: some Collection<UInt8>) -> RelativePath {
        guard !bytes.isEmpty else { return RelativePath(trusted: Array(name)) }
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count + 1 + name.count)
        joined.append(contentsOf: bytes)
        joined.append(Self.separator)
        joined.append(contentsOf: name)
        return RelativePath(trusted: joined)
    }

    /// The names from the root down; none for the root.
    public var components: [[UInt8]] {
        bytes.split(separator: Self.separator).map { Array($0) }
    }

    /// How many names it has.
    public var depth: Int {
        bytes.isEmpty ? 0 : bytes.count { $0 == Self.separator } + 1
    }

    /// Whether this path lies strictly below `other`.
    public func isDescendant(of other: RelativePath) -> Bool {
        guard !other.isRoot else { return !isRoot }
        return bytes.count > other.bytes.count
            && bytes[other.bytes.count] == Self.separator
            && bytes.starts(with: other.bytes)
    }
}

extension RelativePath: Comparable {
    /// Component by component, so that a directory is directly followed by what is in it.
    public static func < (left: RelativePath, right: RelativePath) -> Bool {
        for (l, r) in zip(left.bytes, right.bytes) where l != r {
            // The separator sorts before every byte a name can hold.
            if l == separator { return true }
            if r == separator { return false }
            return l < r
        }
        return left.bytes.count < right.bytes.count
    }
}

extension RelativePath: CustomStringConvertible {
    /// The path as it may be shown.
    public var description: String { isRoot ? "." : escaped(bytes) }
}
