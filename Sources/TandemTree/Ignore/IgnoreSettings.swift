/// What the configuration of a pair says about ignoring; the files of the tree come on top of it.
///
/// Without a configuration the default holds, and gives the rules of `RuleSet.standard`.
public struct IgnoreSettings: Hashable, Sendable {
    /// What becomes of the root's `.git`; in directories below it stays where it is.
    public enum Git: String, Hashable, Sendable, CaseIterable {
        /// It stays where it is.
        case skip
        /// It goes from the laptop to the vm, never back.
        case push
    }

    /// Whether `.gitignore` files and `.git/info/exclude` count.
    public var usesGitignore: Bool
    /// What becomes of the root's `.git`.
    public var git: Git
    /// Whether the garbage catalogue counts; logs stay on their side either way.
    public var leavesGarbage: Bool
    /// Lines that overrule every file of the tree, in the syntax of gitignore(5).
    public var patterns: [String]
    /// Lines that make further garbage, in the same syntax.
    public var garbagePatterns: [String]

    /// Makes settings; each part has its default.
    public init(
        usesGitignore: Bool = true,
        git: Git = .skip,
        leavesGarbage: Bool = true,
        patterns: [String] = [],
        garbagePatterns: [String] = []
    ) {
        self.usesGitignore = usesGitignore
        self.git = git
        self.leavesGarbage = leavesGarbage
        self.patterns = patterns
        self.garbagePatterns = garbagePatterns
    }

    /// The rules that a scan starts with, and reads the files of the tree on top of.
    public var base: RuleSet {
        var rules = RuleSet(includesGit: git == .push, collectsGitRules: usesGitignore)
        let known = leavesGarbage ? GarbageCatalogue.rules : GarbageCatalogue.logRules
        let added = leavesGarbage ? Self.lines(garbagePatterns) : []
        rules.add(RuleFile(directory: .root, kind: .catalogue, content: known + added))
        if !patterns.isEmpty {
            let lines = Self.lines(patterns)
            rules.add(RuleFile(directory: .root, kind: .configuration, content: lines))
        }
        return rules
    }

    private static func lines(_ patterns: [String]) -> [UInt8] {
        patterns.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] }
    }
}

extension Tree {
    /// What of an agreed tree still counts under other rules.
    ///
    /// Compared with this instead of the whole archive, an entry that became ignored is neither
    /// gone nor new on either side: it is forgotten, and nothing is deleted for it.
    /// - Parameter rules: the rules of the present scan, all files of the tree collected.
    /// - Returns: the tree without what the rules ignore, rehashed.
    public func leavingOut(ignoredBy rules: RuleSet) -> Tree {
        var ignored: [RelativePath] = []
        var matcher = IgnoreMatcher(rules: rules)
        var pending: [(id: Tree.ID, leaves: Bool)] = childIDs(of: Tree.rootID).reversed().map {
            ($0, false)
        }
        while let (id, leaves) = pending.popLast() {
            if leaves {
                matcher.leave()
                continue
            }
            let isDirectory = kind(of: id) == .directory
            let name = self.name(of: id)
            if matcher.isIgnored(name: name, isDirectory: isDirectory) {
                ignored.append(path(of: id))
            } else if isDirectory {
                matcher.enter(directory: name)
                pending.append((id, true))
                pending.append(contentsOf: childIDs(of: id).reversed().map { ($0, false) })
            }
        }
        guard !ignored.isEmpty else { return self }
        var tree = self
        for path in ignored { tree.remove(path) }
        tree.rehash()
        return tree
    }
}
