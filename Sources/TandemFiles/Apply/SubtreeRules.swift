import TandemTree

/// The ignore rules as they hold in one directory.
struct SubtreeRules: Sendable {
    /// What the rules say of an entry.
    enum Verdict {
        /// It is synced, so the other side knows of it.
        case known
        /// It is ignored, and somebody may need it.
        case ignored
        /// It is ignored, and can always be made again.
        case garbage
    }

    private var matcher: IgnoreMatcher

    /// What the catalogue calls garbage, wherever it lies; logs are ignored and no garbage.
    private static let garbage: IgnoreMatcher = {
        let lines = GarbageCatalogue.kinds.flatMap(\.patterns).map { Array($0.utf8) }
        let content = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
        var rules = RuleSet()
        rules.add(RuleFile(directory: .root, kind: .catalogue, content: content))
        return IgnoreMatcher(rules: rules)
    }()

    /// Stands in the directory at `path`.
    init(_ rules: RuleSet?, at path: RelativePath = .root) {
        matcher = IgnoreMatcher(rules: rules ?? .standard)
        for name in path.components { matcher.enter(directory: name) }
    }

    func verdict(_ name: [UInt8], isDirectory: Bool) -> Verdict {
        guard matcher.isIgnored(name: name, isDirectory: isDirectory) else { return .known }
        let reason = Self.garbage.explain(RelativePath(trusted: name), isDirectory: isDirectory)
        return reason?.file == .catalogue ? .garbage : .ignored
    }

    /// The rules in a directory of this one.
    func entering(_ name: [UInt8]) -> SubtreeRules {
        var inner = self
        inner.matcher.enter(directory: name)
        return inner
    }
}
