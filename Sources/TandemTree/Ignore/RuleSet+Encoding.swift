/// Why bytes are not a rule set.
public enum RuleSetDecodingError: Error, Hashable, Sendable {
    /// A later version of Tandem wrote them, or they are something else.
    case unknownVersion
    /// They end too early.
    case cutOff
    /// Bytes follow the last source.
    case trailingBytes
    /// A flag or a kind is unknown.
    case unknownKind
    /// A directory is no valid path.
    case badPath(PathError)
    /// The sources are not in order, or one stands there twice.
    case unsorted
}

/// One byte version, one byte flags, u32 count; for each source u8 kind, u32 length and bytes of
/// the directory, u32 length and bytes of the content. Integers are little endian.
extension RuleSet {
    private static let version: UInt8 = 1
    private static let gitFlag: UInt8 = 1
    private static let ownRulesFlag: UInt8 = 2

    /// The set as bytes that `init(decoding:)` reads.
    public func encode() -> [UInt8] {
        let flags = (includesGit ? Self.gitFlag : 0) | (collectsGitRules ? 0 : Self.ownRulesFlag)
        var output: [UInt8] = [Self.version, flags]
        Self.append(files.count, to: &output)
        for file in files {
            output.append(file.kind.rawValue)
            Self.append(file.directory.bytes.count, to: &output)
            output.append(contentsOf: file.directory.bytes)
            Self.append(file.content.count, to: &output)
            output.append(contentsOf: file.content)
        }
        return output
    }

    /// Reads what `encode()` wrote; any other bytes are an error.
    /// - Parameter bytes: the whole of it.
    /// - Throws: `RuleSetDecodingError`.
    public init(decoding bytes: [UInt8]) throws(RuleSetDecodingError) {
        var rest = bytes[...]
        guard rest.popFirst() == Self.version else { throw .unknownVersion }
        guard let flags = rest.popFirst() else { throw .cutOff }
        guard flags & ~(Self.gitFlag | Self.ownRulesFlag) == 0 else { throw .unknownKind }
        self.init(
            includesGit: flags & Self.gitFlag != 0,
            collectsGitRules: flags & Self.ownRulesFlag == 0
        )
        let count = try Self.takeNumber(&rest)
        // Nothing is reserved for `count`: each source costs its bytes.
        for _ in 0..<count {
            guard let raw = rest.popFirst() else { throw .cutOff }
            guard let kind = RuleFile.Kind(rawValue: raw) else { throw .unknownKind }
            let directory = try Self.takePath(&rest)
            let content = try Self.takeBytes(&rest)
            let file = RuleFile(directory: directory, kind: kind, content: content)
            if let last = files.last, !Self.comes(last, before: file) { throw .unsorted }
            files.append(file)
        }
        guard rest.isEmpty else { throw .trailingBytes }
    }

    private static func append(_ number: Int, to output: inout [UInt8]) {
        let value = UInt32(clamping: number)
        for shift in [0, 8, 16, 24] as [UInt32] {
            output.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    private static func takeNumber(
        _ rest: inout ArraySlice<UInt8>
    ) throws(RuleSetDecodingError) -> Int {
        guard rest.count >= 4 else { throw .cutOff }
        var value = 0
        for shift in [0, 8, 16, 24] { value |= Int(rest.removeFirst()) << shift }
        return value
    }

    private static func takeBytes(
        _ rest: inout ArraySlice<UInt8>
    ) throws(RuleSetDecodingError) -> [UInt8] {
        let count = try takeNumber(&rest)
        guard count <= rest.count else { throw .cutOff }
        defer { rest.removeFirst(count) }
        return Array(rest.prefix(count))
    }

    private static func takePath(
        _ rest: inout ArraySlice<UInt8>
    ) throws(RuleSetDecodingError) -> RelativePath {
        let bytes = try takeBytes(&rest)
        do {
            return try RelativePath(validating: bytes)
        } catch {
            throw .badPath(error)
        }
    }
}
