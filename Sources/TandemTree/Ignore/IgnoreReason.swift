/// Why an entry is ignored, or kept against an earlier rule.
public struct IgnoreReason: Hashable, Sendable {
    /// Whose line it is; nil for names that no line speaks about: Tandem's own and `.git`.
    public var file: RuleFile.Kind?
    /// The directory of the file.
    public var directory: RelativePath
    /// The line's number, from 1; 0 where there is no line.
    public var line: Int
    /// The line.
    public var pattern: [UInt8]
    /// What the line matched: the entry itself or a directory above it.
    public var matched: RelativePath
    /// Whether the entry is ignored; false if the line begins with `!`.
    public var isIgnored: Bool
}

extension RuleSet {
    /// The rule that decides about a path; nil where none does and the entry is synced.
    /// - Parameters:
    ///   - path: the entry.
    ///   - isDirectory: whether it is a directory.
    /// - Returns: the reason; that of the first ignored directory on the way down.
    public func explain(_ path: RelativePath, isDirectory: Bool) -> IgnoreReason? {
        IgnoreMatcher(rules: self).explain(path, isDirectory: isDirectory)
    }
}

extension IgnoreMatcher {
    /// The rule that decides about a path below the current directory.
    ///
    /// Only rules known beforehand are found below the current directory.
    /// - Parameters:
    ///   - path: the entry, from the current directory.
    ///   - isDirectory: whether it is a directory.
    /// - Returns: the reason; that of the first ignored directory on the way down.
    public func explain(_ path: RelativePath, isDirectory: Bool) -> IgnoreReason? {
        var matcher = self
        let components = path.components
        for (index, name) in components.enumerated() {
            let isLast = index == components.count - 1
            let reason = unsafe name.withUnsafeBytes {
                unsafe matcher.reason(for: $0, isDirectory: isLast ? isDirectory : true)
            }
            if isLast || reason?.isIgnored == true { return reason }
            matcher.enter(directory: name)
        }
        return nil
    }

    private func reason(for name: UnsafeRawBufferPointer, isDirectory: Bool) -> IgnoreReason? {
        let here = RelativePath(trusted: Array(path.dropLast()))
        let matched = unsafe here.appending(name)
        if unsafe isReserved(name) {
            return IgnoreReason(
                file: nil,
                directory: here,
                line: 0,
                pattern: [],
                matched: matched,
                isIgnored: true
            )
        }
        guard let found = unsafe decider(of: name, isDirectory: isDirectory) else { return nil }
        return IgnoreReason(
            file: found.kind,
            directory: RelativePath(trusted: Array(path.prefix(max(found.base - 1, 0)))),
            line: found.pattern.line,
            pattern: found.pattern.text,
            matched: matched,
            isIgnored: !found.pattern.keeps
        )
    }
}
