import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// What the laptop keeps of a pair between runs, open for one run.
struct LaptopState {
    let root: SyncRoot
    private(set) var archive: Archive
    private(set) var index: Tree?
    let rules: Digest?
    let window: RacyWindow
    private let fileSystem: any FileSystem
    private let archiveStore: ArchiveStore
    private let indexStore: IndexStore
    private let identity: RootIdentityStore
    /// The root's own record, where the pair may write to the root.
    private let lineage: LaptopLineage?

    /// Opens the root and reads the pair's state.
    ///
    /// - Parameters:
    ///   - pair: the pair.
    ///   - fileSystem: what makes the calls.
    ///   - writesRoot: whether the pair's changes may come to the laptop; a root that was written to
    ///     once keeps its record for good.
    /// - Throws: `SyncError`: `halted` for a root that is not there, `amnesia` for an archive that
    ///   is lost or belongs to another directory.
    init(pair: LaptopPair, fileSystem: any FileSystem, writesRoot: Bool = false) throws {
        self.fileSystem = fileSystem
        root = try Self.openRoot(pair, fileSystem)
        do {
            let directory = try Self.openState(pair, fileSystem)
            archiveStore = ArchiveStore(directory)
            indexStore = IndexStore(directory)
            identity = RootIdentityStore(directory, fileSystem)
            archive = try Self.load(archiveStore, pair)
            try identity.check(root)
            lineage = try LaptopLineage.open(
                pair: pair,
                root: root,
                state: directory,
                archived: archive.mark,
                fileSystem: fileSystem,
                create: writesRoot
            )
            window = directory.window(of: root)
        } catch {
            fileSystem.close(root.descriptor)
            throw error
        }
        index = indexStore.load()?.tree
        if let index { archive.tree = archive.tree.sharing(index) }
        rules = identity.rules
    }

    func close() { fileSystem.close(root.descriptor) }

    /// Hands the index over: whoever keeps it up to date is to hold it alone.
    mutating func takeIndex() -> Tree? {
        defer { index = nil }
        return index
    }

    /// Hands the archive over; what stays here has an empty tree.
    mutating func takeArchive() -> Archive {
        defer { archive.tree = Tree() }
        return archive
    }

    /// What the laptop says of its lineage when it connects.
    var claim: LineageClaim? {
        guard let token = LineageToken(bytes: archive.mark.token) else { return nil }
        let intent = archive.intent.flatMap { intent -> LineageToken? in
            intent.generation == archive.mark.generation + 1
                ? LineageToken(bytes: intent.token) : nil
        }
        return LineageClaim(
            LineagePoint(generation: archive.mark.generation, token: token),
            intent: intent
        )
    }

    /// Saves what the scan found, for the next one.
    func keep(_ tree: Tree, rules: Digest) {
        // An index only saves work; a full disk is reported by the archive, which matters.
        try? indexStore.save(SavedIndex(tree: tree, scannedAt: SystemTime().wall))
        try? identity.keep(rules: rules)
    }

    /// What was kept of the rules in force by an earlier run.
    var ruleSet: RuleSet? { identity.ruleSet }

    /// Keeps the rules in force: what was read in directories that will be gone at the next start.
    func keep(_ rules: RuleSet) {
        // Losing them costs nothing where no directory with rules of its own goes meanwhile.
        try? identity.keep(rules)
    }

    /// Notes durably that a generation is about to begin.
    ///
    /// - Parameters:
    ///   - mark: the generation that begins.
    ///   - notes: what a start after a crash in its middle will want to know.
    ///   - archived: the one the archive holds.
    /// - Throws: `SyncError`.
    func writeIntent(
        _ mark: GenerationMark,
        _ notes: IntentNotes = IntentNotes(),
        after archived: GenerationMark
    ) throws {
        do {
            try lineage?.begin(after: archived, token: mark.token)
            try archiveStore.writeIntent(mark, notes)
        } catch let error as SyncError {
            throw error
        } catch {
            throw SyncError(.halted, "\(error)", hint: "nothing was applied; free space and retry")
        }
    }

    /// Records a generation durably.
    func append(_ mark: GenerationMark, _ differences: [Difference], whole tree: Tree) throws {
        do {
            try archiveStore.append(mark, differences)
            if archiveStore.wantsCheckpoint {
                try archiveStore.checkpoint(Archive(tree: tree, mark: mark))
            }
        } catch {
            throw SyncError(
                .failed,
                "the vm has the changes, but the laptop could not record it: \(error)",
                hint: "run `tandem push` again: it takes the record from the vm"
            )
        }
    }

    private static func openRoot(
        _ pair: LaptopPair,
        _ fileSystem: any FileSystem
    ) throws -> SyncRoot {
        do {
            return try SyncRoot.open(pair.root, on: fileSystem)
        } catch {
            throw SyncError(
                .halted,
                "the laptop root cannot be opened: \(error)",
                hint: "mount it or put it back; nothing was applied on the vm"
            )
        }
    }

    static func openState(
        _ pair: LaptopPair,
        _ fileSystem: any FileSystem
    ) throws -> StateDirectory {
        do {
            return try StateDirectory(at: pair.stateDirectory, on: fileSystem)
        } catch {
            throw SyncError(
                error.code == .failed ? .configuration : .permission,
                "\(error)",
                hint: "run `tandem pair` for this directory again"
            )
        }
    }

    private static func load(_ store: ArchiveStore, _ pair: LaptopPair) throws -> Archive {
        do {
            guard let archive = try store.load() else {
                throw SyncError(
                    .amnesia,
                    "the laptop has no archive of this pair",
                    hint: "run `tandem pair` again, or `tandem adopt` to unite both sides"
                )
            }
            return archive
        } catch let error as StateError {
            throw SyncError(
                error.code == .newerVersion ? .version : .amnesia,
                "\(error)",
                hint: error.code == .newerVersion
                    ? "install the newer version that wrote it; `tandem version` shows this one"
                    : nil
            )
        }
    }

    /// Starts a new lineage with an empty archive: what pairing and adopting do.
    static func begin(
        pair: LaptopPair,
        token: LineageToken,
        fileSystem: any FileSystem
    ) throws {
        let root = try openRoot(pair, fileSystem)
        defer { fileSystem.close(root.descriptor) }
        let directory = try openState(pair, fileSystem)
        let store = ArchiveStore(directory)
        let mark = GenerationMark(generation: 0, token: token.bytes)
        do {
            _ = try? store.load()
            try store.checkpoint(Archive(tree: Tree(), mark: mark))
            try RootIdentityStore(directory, fileSystem).bind(root)
            try LaptopLineage.restart(
                pair: pair,
                root: root,
                state: directory,
                at: mark,
                fileSystem: fileSystem
            )
        } catch {
            throw SyncError(.failed, "the pair's state cannot be written: \(error)")
        }
    }

    /// Whether the pair has agreed on anything yet; before that its lineage may start anew.
    static func hasHistory(pair: LaptopPair, fileSystem: any FileSystem) throws -> Bool {
        let store = ArchiveStore(try openState(pair, fileSystem))
        do {
            return try store.load().map { $0.mark.generation > 0 } ?? false
        } catch {
            return true
        }
    }
}
