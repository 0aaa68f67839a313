/// Says which kind of garbage a name is.
///
/// Patterns of garbage speak of names alone, never of where they stand.
public struct GarbageClassifier: Sendable {
    /// The kinds it knows, by number.
    public let kinds: [GarbageKind]
    /// The kind of each line of the rules.
    private let kindOfLine: [Int]
    private let matcher: IgnoreMatcher

    /// Knows the catalogue, or the kinds that are given.
    public init(_ kinds: [GarbageKind] = GarbageCatalogue.kinds) {
        self.kinds = kinds
        var lines: [UInt8] = []
        var numbers: [Int] = []
        for (number, kind) in kinds.enumerated() {
            for pattern in kind.patterns {
                lines.append(contentsOf: pattern.utf8)
                lines.append(UInt8(ascii: "\n"))
                numbers.append(number)
            }
        }
        kindOfLine = numbers
        var rules = RuleSet()
        rules.add(RuleFile(directory: .root, kind: .catalogue, content: lines))
        matcher = IgnoreMatcher(rules: rules)
    }

    /// Knows the catalogue and further patterns, as one kind of their own.
    public init(adding patterns: [String]) {
        let own = GarbageKind("configured", patterns, "what tandem.yml calls garbage")
        self.init(GarbageCatalogue.kinds + (patterns.isEmpty ? [] : [own]))
    }

    /// The number of the kind that a name is of; nil for what is no garbage.
    public func kind(named name: [UInt8], isDirectory: Bool) -> Int? {
        let found = unsafe name.withUnsafeBytes {
            unsafe matcher.decider(of: $0, isDirectory: isDirectory)
        }
        guard let pattern = found?.pattern, !pattern.keeps, pattern.line > 0,
            pattern.line <= kindOfLine.count
        else { return nil }
        return kindOfLine[pattern.line - 1]
    }

    /// The kind of an entry, and whether it is so only because it lies in a garbage directory.
    public func kind(
        of path: RelativePath,
        isDirectory: Bool
    ) -> (kind: GarbageKind, isInside: Bool)? {
        let names = path.components
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            if let number = kind(named: name, isDirectory: !isLast || isDirectory) {
                return (kinds[number], !isLast)
            }
        }
        return nil
    }
}

extension GarbageCatalogue {
    private static let classifier = GarbageClassifier()

    /// The kind of an entry, and whether it is so only because it lies in a garbage directory.
    public static func kind(
        of path: RelativePath,
        isDirectory: Bool
    ) -> (kind: GarbageKind, isInside: Bool)? {
        classifier.kind(of: path, isDirectory: isDirectory)
    }
}
