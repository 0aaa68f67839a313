import TandemSystem
package import TandemTree

/// One piece of garbage: a file, a link, or a directory with all that is in it.
package struct GarbageEntry: Hashable, Sendable {
    package var path: RelativePath
    /// The number of its kind.
    package var kind: Int
    package var isDirectory: Bool
    package var device: UInt64
    package var inode: UInt64
    /// Files and links in it, itself counted where it is one.
    package var files: Int
    package var bytes: UInt64
}

/// All garbage below a root.
package struct GarbageInventory: Sendable {
    /// Something that was left alone, and why.
    package struct Remark: Hashable, Sendable {
        package var path: RelativePath
        package var reason: String

        package init(path: RelativePath, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    /// What there is of one kind.
    package struct Sum: Hashable, Sendable {
        package var kind: GarbageKind
        package var entries = 0
        package var files = 0
        package var bytes: UInt64 = 0
    }

    /// The kinds by number.
    package var kinds: [GarbageKind]
    package var entries: [GarbageEntry] = []
    /// Directories, the root among them, that hold a `.git`.
    package var repositories: [RelativePath] = []
    package var remarks: [Remark] = []
    /// The rules that held, as the vm is to hold them too.
    package var rules: RuleSet

    /// The sums of the kinds there are, in the catalogue's order.
    package var sums: [Sum] {
        var sums = kinds.map { Sum(kind: $0) }
        for entry in entries {
            sums[entry.kind].entries += 1
            sums[entry.kind].files += entry.files
            sums[entry.kind].bytes += entry.bytes
        }
        return sums.filter { $0.entries > 0 }
    }

    /// The same without what is in none of these groups; nil for all of them.
    package func only(_ groups: Set<GarbageGroup>?) -> GarbageInventory {
        guard let groups else { return self }
        var some = self
        some.entries.removeAll { !groups.contains(kinds[$0.kind].group) }
        return some
    }
}

/// What is looked for, and where.
package struct GarbageOptions: Sendable {
    package var classifier = GarbageClassifier()
    /// Whose ignore rules hold: garbage is what they ignore, so that it is never synced.
    package var rules = RuleSource.collecting(.standard)
    /// Directories that hold other people's programs, and are entered only when asked for.
    package var entersNodeModules = false
    package var entersVirtualEnvironments = false

    package init() {}

    /// Whether a directory of this name is passed by.
    func skips(_ name: [UInt8]) -> Bool {
        if isReserved(name) { return true }
        if !entersNodeModules, name == Self.nodeModules { return true }
        return !entersVirtualEnvironments && Self.virtualEnvironments.contains(name)
    }

    /// Whether a name is a spelling of `.git` or `.tandem`.
    func isReserved(_ name: [UInt8]) -> Bool {
        Self.reserved.isIgnored(name: name, isDirectory: true)
    }

    /// Whether a name is a spelling of `.git`.
    func isGit(_ name: [UInt8]) -> Bool {
        isReserved(name) && (try? RelativePath.checkName(name)) != nil
    }

    /// Knows the reserved names alone.
    private static let reserved = IgnoreMatcher(rules: RuleSet())
    private static let nodeModules = Array("node_modules".utf8)
    private static let virtualEnvironments = [Array(".venv".utf8), Array("venv".utf8)]
}
