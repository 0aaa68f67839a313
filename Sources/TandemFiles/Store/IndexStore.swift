import TandemSystem
package import TandemTree

/// The last tree of a root as it lay on disk when the daemon stopped.
package struct SavedIndex: Sendable {
    package var tree: Tree
    /// The wall clock when the scan behind it began, for status pages.
    package var scannedAt: Int64

    package init(tree: Tree, scannedAt: Int64) {
        self.tree = tree
        self.scannedAt = scannedAt
    }
}

/// Keeps a root's index between runs, so that the next scan hashes nothing that stands still.
///
/// An index only saves work: a missing, damaged or newer one is nil, and the scan reads all content.
///
///     offset  size
///     0       8     magic "TDMINDX\n"
///     8       4     version, 1
///     12      8     wall clock of the scan, ns since 1970
///     20      8     bytes of the tree
///     28      32    SHA-256 of bytes 0 to 27
///     60            the tree, with a checksum of its own
package struct IndexStore: Sendable {
    private let state: StateDirectory
    private let name: String

    /// Keeps the index in a state directory under a name.
    package init(_ state: StateDirectory, name: String = "index") {
        self.state = state
        self.name = name
    }

    /// What was saved last; nil when there is nothing usable.
    package func load() -> SavedIndex? {
        try? state.directory.withFile(Array(name.utf8)) { file, size throws(SystemError) in
            try read(file, size)
        }
    }

    private func read(
        _ descriptor: Int32,
        _ size: UInt64
    ) throws(SystemError) -> SavedIndex? {
        let fileSystem = state.directory.fileSystem
        guard
            let header = try fileSystem.readExactly(descriptor, at: 0, count: Self.headerSize),
            var reader = RecordReader(sealed: header),
            reader.raw(Self.magic.count) == Self.magic,
            reader.integer(UInt32.self) == Self.version,
            let scannedAt = reader.integer(Int64.self),
            let length = reader.integer(UInt64.self),
            size == UInt64(Self.headerSize).addingReportingOverflow(length).partialValue,
            let count = Int(exactly: length),
            let bytes = try fileSystem.readExactly(
                descriptor,
                at: UInt64(Self.headerSize),
                count: count
            ),
            let tree = try? Tree(decoding: bytes)
        else { return nil }
        return SavedIndex(tree: tree, scannedAt: scannedAt)
    }

    /// Saves an index; the one before stays until this one is durable.
    package func save(_ index: SavedIndex) throws(StateError) {
        let tree = index.tree.encode()
        var header = RecordWriter()
        header.put(raw: Self.magic)
        header.put(Self.version)
        header.put(index.scannedAt)
        header.put(UInt64(tree.count))
        do throws(SystemError) {
            try state.directory.replaceDurably(Array(name.utf8), [header.sealed(), tree])
        } catch {
            throw state.failure(name, error)
        }
    }

    private static let magic = Array("TDMINDX\n".utf8)
    private static let version: UInt32 = 1
    private static let headerSize = 8 + 4 + 8 + 8 + Digest.byteCount
}
