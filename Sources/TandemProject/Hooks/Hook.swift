package import TandemTree

/// A command that runs after a batch.
package struct Hook: Hashable, Sendable {
    /// Its place in the file, which names it while the file stays.
    package var number: Int
    package var name: String?
    /// Patterns of changed paths, in the syntax of gitignore(5); empty for any path.
    package var patterns: [String]
    /// Where it runs.
    package var side: Side
    /// A command line for `sh`.
    package var command: String
    package var timeoutSeconds: Int

    package init(
        number: Int = 0,
        name: String? = nil,
        patterns: [String] = [],
        side: Side,
        command: String,
        timeoutSeconds: Int = 600
    ) {
        self.number = number
        self.name = name
        self.patterns = patterns
        self.side = side
        self.command = command
        self.timeoutSeconds = timeoutSeconds
    }

    /// What the log calls it.
    package var label: String { name ?? command }

    /// One line about all of it.
    var sentence: String {
        let when = patterns.isEmpty ? "" : " when \(patterns.joined(separator: ", "))"
        return "on the \(side.rawValue)\(when): \(command)"
    }
}

/// What a batch did, as far as hooks need it.
package struct HookBatch: Hashable, Sendable {
    /// The batch's name: its generation.
    package var generation: UInt64
    /// The digest of the tree after it.
    package var tree: Digest
    /// When the pair last had nothing left to do: what the batch brings came about after that;
    /// monotonic nanoseconds.
    package var since: UInt64
    /// The paths whose change began on each side.
    package var changed: [Side: [RelativePath]]

    package init(
        generation: UInt64,
        tree: Digest,
        since: UInt64,
        changed: [Side: [RelativePath]]
    ) {
        self.generation = generation
        self.tree = tree
        self.since = since
        self.changed = changed
    }
}

/// One run of a hook, for one batch or several that came while it could not run.
package struct HookRun: Hashable, Sendable {
    package var hook: Hook
    package var generation: UInt64
    package var tree: Digest
    /// The changed paths that concern it, in order; the first of them where there are very many.
    package var changed: [RelativePath]
    /// How many there were.
    package var changedCount: Int
}

/// Which changed paths a hook is about.
struct HookFilter: Sendable {
    private let matcher: IgnoreMatcher?

    init(_ hook: Hook) {
        guard !hook.patterns.isEmpty else {
            matcher = nil
            return
        }
        var rules = RuleSet(includesGit: true)
        let lines = Array((hook.patterns.joined(separator: "\n") + "\n").utf8)
        rules.add(RuleFile(directory: .root, kind: .configuration, content: lines))
        matcher = IgnoreMatcher(rules: rules)
    }

    func takes(_ path: RelativePath) -> Bool {
        guard let matcher else { return true }
        return matcher.explain(path, isDirectory: false)?.isIgnored == true
    }
}
