import TandemFiles
import TandemTree

/// The laptop root's own record of the generation it stands at, where the pair may write to it.
///
/// The archive alone would not notice a root that was put back to an older copy: its token would
/// still be the vm's. The record in the root goes back with the root, and then they differ.
/// While a batch follows the other the record says "begun": the generation that is kept, and the
/// token of the next. Such a record belongs to an archive at either of the two.
struct LaptopLineage {
    /// Stands in the pair's state from the moment the root has a record: from then on a root
    /// without one is another root.
    private static let marker = "root-keeps-lineage"

    private let store: LineageStore

    /// Opens the root's record and compares it with the archive; nil for a root that has none.
    ///
    /// - Throws: `SyncError` `amnesia` when the root is older or newer than the archive.
    static func open(
        pair: LaptopPair,
        root: SyncRoot,
        state: StateDirectory,
        archived: GenerationMark,
        fileSystem: any FileSystem,
        create: Bool
    ) throws -> LaptopLineage? {
        let isKept = state.read(marker, atMost: 1) != nil
        guard isKept || create else { return nil }
        guard let lineage = try LaptopLineage(pair, root, fileSystem) else { throw lost }
        try lineage.check(.init(archived), isKept: isKept)
        if !isKept { try state.replace(marker, [1]) }
        return lineage
    }

    /// Begins a new lineage in a root that keeps a record.
    static func restart(
        pair: LaptopPair,
        root: SyncRoot,
        state: StateDirectory,
        at mark: GenerationMark,
        fileSystem: any FileSystem
    ) throws {
        guard state.read(marker, atMost: 1) != nil else { return }
        try LaptopLineage(pair, root, fileSystem)?.settle(mark)
    }

    private init?(_ pair: LaptopPair, _ root: SyncRoot, _ fileSystem: any FileSystem) throws {
        do {
            guard
                let store = try LineageStore(fileSystem: fileSystem, root: root, pair: pair.id)
            else { return nil }
            self.store = store
        } catch {
            throw SyncError(
                .permission,
                "the laptop root's private area cannot be used: \(error)",
                hint: "make \(root.path) writable, or set the pair's mode to push"
            )
        }
    }

    /// Brings the record up to date where a crash came between the archive and it.
    private func check(_ archived: StoredLineage.Point, isKept: Bool) throws {
        switch store.load() {
        case .settled(archived), .begun(archived, _), .ended(archived, _): return
        case .begun(let point, let next) where point.generation + 1 == archived.generation:
            guard next == archived.token else { throw Self.lost }
            try save(.settled(archived))
        case .none where !isKept: try save(.settled(archived))
        case .none, .settled, .begun, .ended, .unreadable: throw Self.lost
        }
    }

    private static let lost = SyncError(
        .amnesia,
        "the laptop root is not at the generation that the archive holds: was it put back from a "
            + "backup, or is it another copy? nothing was applied",
        hint: "put the right one back, or run `tandem adopt` to unite both sides"
    )

    /// Notes that the next generation begins, before anything of it is applied here.
    func begin(after mark: GenerationMark, token: [UInt8]) throws {
        try save(.begun(.init(mark), next: token))
    }

    /// Notes the generation that the archive holds now.
    func settle(_ mark: GenerationMark) throws { try save(.settled(.init(mark))) }

    private func save(_ lineage: StoredLineage) throws {
        do {
            try store.save(lineage)
        } catch {
            throw SyncError(
                .failed,
                "the laptop root's record cannot be written: \(error)",
                hint: "free space on the laptop"
            )
        }
    }
}

extension StoredLineage.Point {
    fileprivate init(_ mark: GenerationMark) {
        self.init(generation: mark.generation, token: mark.token)
    }
}
