package import TandemFiles
import TandemSystem
import TandemTestSupport
package import TandemTree

/// The archive and the lineage on a simulated disk, generation after generation.
package struct StateScenario {
    private let pair = [UInt8](repeating: 0xAB, count: 16)

    package init() {}

    package static func token(_ generation: UInt64) -> [UInt8] {
        [UInt8](repeating: UInt8(generation), count: GenerationMark.tokenSize)
    }

    package static func mark(_ generation: UInt64) -> GenerationMark {
        GenerationMark(generation: generation, token: token(generation))
    }

    /// A disk with a private state directory and a root.
    package func image() throws -> DiskImage {
        let fileSystem = SimulatedFileSystem()
        let top = try SyncRoot.open("/", on: fileSystem)
        for name in ["root", "state"] {
            try withCName(Array(name.utf8)) { name throws(SystemError) in
                try fileSystem.makeDirectory(at: top.descriptor, name, mode: 0o700)
            }
        }
        try fileSystem.syncFileSystem(top.descriptor)
        return fileSystem.image
    }

    /// The tree of a generation: it has as many files.
    package static func tree(_ generation: UInt64) throws -> Tree {
        var tree = Tree()
        for number in 0..<generation { try tree.put(path(number), state(number)) }
        tree.rehash()
        return tree
    }

    private static func path(_ number: UInt64) -> RelativePath {
        RelativePath(trusted: Array("file \(number)".utf8))
    }

    private static func state(_ number: UInt64) -> EntryState {
        let bytes = Array("content \(number)".utf8)
        return .file(ContentHasher.digest(of: bytes), size: UInt64(bytes.count))
    }

    // MARK: Archive

    /// Commits generations, the third as a checkpoint; tells of each that is acknowledged.
    package func keepArchive(
        on fileSystem: SimulatedFileSystem,
        acknowledged: (UInt64) -> Void
    ) throws {
        let store = ArchiveStore(try StateDirectory(at: "/state", on: fileSystem))
        try store.checkpoint(Archive(tree: try Self.tree(1), mark: Self.mark(1)))
        acknowledged(1)
        for generation in 2...5 as ClosedRange<UInt64> {
            try store.writeIntent(Self.mark(generation))
            if generation == 3 {
                let archive = Archive(tree: try Self.tree(3), mark: Self.mark(3))
                try store.checkpoint(archive)
            } else {
                let number = generation - 1
                let made = Difference(path: Self.path(number), old: nil, new: Self.state(number))
                try store.append(Self.mark(generation), [made])
            }
            acknowledged(generation)
        }
    }

    /// The archive's generation after a start, 0 for none; it is whole, or this throws.
    package func loadArchive(on fileSystem: SimulatedFileSystem) throws -> UInt64 {
        let store = ArchiveStore(try StateDirectory(at: "/state", on: fileSystem))
        guard let archive = try store.load() else { return 0 }
        let generation = archive.mark.generation
        guard archive.mark == Self.mark(generation),
            archive.tree.listing == (try Self.tree(generation)).listing
        else { throw BatchScenario.Violation(what: "generation \(generation) is not what it was") }
        return generation
    }

    // MARK: Lineage

    /// The states a root goes through, each saved in turn.
    package static let lineage: [StoredLineage] = (1...3 as ClosedRange<UInt64>).flatMap {
        generation -> [StoredLineage] in
        let point = StoredLineage.Point(generation: generation, token: token(generation))
        let next = token(generation + 1)
        return [.settled(point), .begun(point, next: next), .ended(point, next: next)]
    }

    package func keepLineage(
        on fileSystem: SimulatedFileSystem,
        acknowledged: (Int) -> Void
    ) throws {
        let root = try SyncRoot.open("/root", on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        let store = try LineageStore(fileSystem: fileSystem, root: root, pair: pair)
        for (index, state) in Self.lineage.enumerated() {
            let list = [Difference(path: Self.path(1), old: nil, new: Self.state(UInt64(index)))]
            try store?.save(state, applied: list)
            acknowledged(index)
        }
    }

    /// Which of the states is stored, nil for none; the list of an ended batch must be there.
    package func loadLineage(on fileSystem: SimulatedFileSystem) throws -> Int? {
        let root = try SyncRoot.open("/root", on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        guard let store = try LineageStore(fileSystem: fileSystem, root: root, pair: pair) else {
            return nil
        }
        let found = store.load()
        if case .none = found { return nil }
        guard let index = Self.lineage.firstIndex(of: found) else {
            throw BatchScenario.Violation(what: "the lineage is \(found)")
        }
        if case .ended = found {
            let list = try store.appliedList()
            guard list.map(\.new) == [Self.state(UInt64(index))] else {
                throw BatchScenario.Violation(what: "the list of state \(index) is another")
            }
        }
        return index
    }
}
