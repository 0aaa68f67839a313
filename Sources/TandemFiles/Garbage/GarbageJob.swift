package import TandemSystem
package import TandemTree

/// What a person asks of the garbage of one root, carried out on that machine.
package struct GarbageJob: Sendable {
    /// What is to be done.
    package enum Action: Hashable, Sendable {
        /// Count, and change nothing.
        case look
        /// Move it all to the garbage shelf as a batch of this name.
        case clean(String)
        /// Bring a batch back.
        case undo(String)
        /// Throw a batch away for good.
        case forget(String)
    }

    /// What was found and done.
    package struct Answer: Sendable {
        package var sums: [GarbageInventory.Sum] = []
        package var repositories: [RelativePath] = []
        package var remarks: [GarbageInventory.Remark] = []
        /// What a cleaning or its undoing moved; nil where nothing was asked for.
        package var outcome: GarbageShelf.Outcome?
        package var batches: [GarbageShelf.Batch] = []
    }

    package var action: Action
    package var options: GarbageOptions
    /// Nil for all.
    package var groups: Set<GarbageGroup>?
    /// What git tracks on either side, which is never garbage.
    package var tracked: Set<RelativePath>

    package init(
        _ action: Action,
        options: GarbageOptions = GarbageOptions(),
        groups: Set<GarbageGroup>? = nil,
        tracked: Set<RelativePath> = []
    ) {
        self.action = action
        self.options = options
        self.groups = groups
        self.tracked = tracked
    }

    /// Does it.
    ///
    /// - Parameters:
    ///   - root: the root, opened.
    ///   - fileSystem: what calls are made on.
    ///   - time: what batches are dated by.
    /// - Returns: what was found and done.
    /// - Throws: `SystemError` where the root cannot be read, `ApplyError` where its shelf cannot.
    package func run(
        _ root: SyncRoot,
        on fileSystem: any FileSystem = RealFileSystem(),
        time: any TimeSource = SystemTime()
    ) throws -> Answer {
        let shelf = GarbageShelf(root, on: fileSystem, time: time)
        var answer = Answer()
        switch action {
        case .undo(let id): answer.outcome = try shelf.undo(id)
        case .forget(let id): try shelf.forget(id)
        case .look, .clean:
            let scan = GarbageScan(root, on: fileSystem, options)
            let all = scan.sparing(tracked, in: try scan.inventory()).only(groups)
            answer.sums = all.sums
            answer.repositories = all.repositories
            answer.remarks = all.remarks
            if case .clean(let id) = action {
                try shelf.purge()
                // An empty batch would only be a name that nobody can use.
                answer.outcome =
                    all.entries.isEmpty ? .init() : try shelf.clean(all.entries, as: id)
            }
        }
        answer.remarks += answer.outcome?.left ?? []
        answer.batches = try shelf.batches()
        return answer
    }
}

/// What the laptop tells the vm about a root's garbage: its ignore rules, and what git tracks.
///
/// Magic, then the length of the rules in eight bytes, little-endian, the rules, and the tracked
/// paths, each ended by a NUL.
package struct GarbageKnowledge: Sendable {
    package var rules: RuleSet
    package var tracked: Set<RelativePath>

    private static let magic = Array("TNDMGRK1".utf8)
    /// Some hundred thousand paths.
    package static let longest = 64 << 20

    package init(rules: RuleSet, tracked: Set<RelativePath>) {
        self.rules = rules
        self.tracked = tracked
    }

    package var encoded: [UInt8] {
        let rules = rules.encode()
        var bytes = Self.magic
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: UInt64(rules.count) >> UInt64(shift)))
        }
        bytes += rules
        for path in tracked.sorted() { bytes += path.bytes + [0] }
        return bytes
    }

    /// Reads what another machine encoded; nil for anything else.
    package init?(decoding bytes: [UInt8]) {
        let head = Self.magic.count + 8
        guard bytes.count >= head, bytes.starts(with: Self.magic) else { return nil }
        let length = bytes[Self.magic.count..<head].reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        guard length <= UInt64(bytes.count - head) else { return nil }
        let end = head + Int(length)
        guard let rules = try? RuleSet(decoding: Array(bytes[head..<end])) else { return nil }
        self.rules = rules
        tracked = []
        for path in bytes[end...].split(separator: 0) {
            guard let valid = try? RelativePath(validating: Array(path)) else { return nil }
            tracked.insert(valid)
        }
    }
}
