import TandemSystem
package import TandemTree

/// Looking at what was reported, and at nothing else.
extension LiveTree {
    /// Looks at what a watcher reported, and at what was to be looked at again by now.
    ///
    /// - Parameter batch: what `TreeWatcher.next` gave.
    /// - Returns: what differs from the tree before, in the order of paths.
    /// - Throws: `ScanError`; then nothing has changed, and the next call looks at all of it again.
    package mutating func refresh(_ batch: WatchBatch) throws(ScanError) -> [Difference] {
        owed.add(batch)
        return try refreshOwed()
    }

    /// Looks at these paths, each with all below it, and at what was to be looked at by now.
    ///
    /// - Parameter dirty: the paths, in any order; the root means everything.
    /// - Returns: what differs from the tree before, in the order of paths.
    /// - Throws: `ScanError`; then nothing has changed, and the next call looks at all of it again.
    package mutating func refresh(_ dirty: [RelativePath]) throws(ScanError) -> [Difference] {
        try refresh(WatchBatch(dirty: dirty))
    }

    private mutating func refreshOwed() throws(ScanError) -> [Difference] {
        let now = time.monotonic
        let isDue = racy.whole.map { $0 <= now } ?? false
        if owed.needsFullScan || isDue || !isKnown { return try scanAll() }
        let check = RootCheck(root, fileSystem)
        try check.confirm()
        defer { racy.recount(now) }
        // Where something is new, what is missed may have been renamed to it: both go together.
        let missed = owed.isEmpty ? hold.due(now) : hold.paths
        var paths = Array(owed.dirty) + missed + racy.due(now)
        for directory in owed.listings { paths += try differingNames(in: directory) }
        paths = paths.map { standing($0) }
        if case .collecting = source { paths = try governed(paths, now) }
        guard !paths.contains(.root) else { return try scanAll() }
        let results = try look(at: paths.withoutCovered())
        // After the looks too: a root removed or unmounted meanwhile looks like deletions.
        try check.confirm()
        owed = OwedLooks()
        return take(results, now)
    }

    /// The path, or the topmost directory above it that the tree does not have.
    private func standing(_ path: RelativePath) -> RelativePath {
        var id = Tree.rootID
        var length = 0
        for name in path.components.dropLast() {
            length += name.count + (length > 0 ? 1 : 0)
            guard let next = tree.child(of: id, named: name), tree.kind(of: next) == .directory
            else { return RelativePath(trusted: Array(path.bytes[..<length])) }
            id = next
        }
        return path
    }

    /// Looks at each path; what is new comes last, so that it is known what may have been renamed.
    private mutating func look(
        at paths: [RelativePath]
    ) throws(ScanError) -> [SubtreeResult] {
        let scanner = Scanner(fileSystem: fileSystem, threads: 1, window: window, time: time)
        var looker = anew([:], scanner)
        for path in hold.paths { noteGone(path, in: &looker.renamed) }
        var results: [SubtreeResult] = []
        var new: [RelativePath] = []
        for path in paths {
            guard let id = tree.find(path) else {
                new.append(path)
                continue
            }
            let result = try look(at: path, id, scanner, &looker)
            if result.state == nil { noteGone(path, in: &looker.renamed) }
            results.append(result)
        }
        if carryRules(to: new, from: looker.renamed) {
            looker = anew(looker.renamed, scanner)
        }
        // What is carried stands at no place of the tree yet, so these stay what they are.
        var places: [UInt64: RelativePath]?
        for path in new {
            var result = try look(at: path, nil, scanner, &looker)
            if let below = result.below {
                let known = places ?? placesOfRules
                places = known
                if carryRules(into: below, at: path, from: known) {
                    looker = anew(looker.renamed, scanner)
                    result = try look(at: path, nil, scanner, &looker)
                }
            }
            results.append(result)
        }
        return results.sorted { $0.path < $1.path }
    }

    private mutating func anew(
        _ renamed: [UInt64: Tree.ID],
        _ scanner: Scanner
    ) -> SubtreeLooker {
        var looker = SubtreeLooker(scanner, root, ruler(rules), readsAbove: false)
        looker.renamed = renamed
        return looker
    }

    private func noteGone(_ path: RelativePath, in gone: inout [UInt64: Tree.ID]) {
        guard let id = tree.find(path), tree.kind(of: id) == .directory else { return }
        let inode = tree.stamp(of: id).inode
        if inode != 0 { gone[inode] = id }
    }

    private mutating func look(
        at path: RelativePath,
        _ id: Tree.ID?,
        _ scanner: Scanner,
        _ looker: inout SubtreeLooker
    ) throws(ScanError) -> SubtreeResult {
        guard case .collecting = source, !rules.collected(below: path).isEmpty else {
            return try looker.look(at: path, previous: tree, previousID: id, known: rules)
        }
        // The rules it holds are read again, so the ones known of it must not be in force.
        let known = rules.withoutCollected(below: path)
        var own = SubtreeLooker(scanner, root, compile(known), readsAbove: false)
        own.renamed = looker.renamed
        return try own.look(at: path, previous: tree, previousID: id, known: known)
    }

    /// The compiled form of the rules in force.
    private mutating func ruler(_ rules: RuleSet) -> ScanRules {
        if let compiled, compiled.rules == rules { return compiled.scan }
        let scan = compile(rules)
        compiled = (rules, scan)
        return scan
    }

    private func compile(_ rules: RuleSet) -> ScanRules {
        switch source {
        case .collecting: ScanRules(.collecting(rules))
        case .given: ScanRules(.given(rules))
        }
    }
}

/// What was reported and not looked at yet; its memory is bounded.
struct OwedLooks: Hashable, Sendable {
    private(set) var dirty: Set<RelativePath> = []
    private(set) var listings: Set<RelativePath> = []
    private(set) var needsFullScan = false

    var isEmpty: Bool { dirty.isEmpty && listings.isEmpty && !needsFullScan }

    mutating func add(_ batch: WatchBatch) {
        needsFullScan = needsFullScan || batch.needsFullScan
        dirty.formUnion(batch.dirty)
        listings.formUnion(batch.listings)
        guard needsFullScan || dirty.count + listings.count > WatchInbox.capacity else { return }
        self = OwedLooks()
        needsFullScan = true
    }

    mutating func add(_ path: RelativePath) { dirty.insert(path) }
}
