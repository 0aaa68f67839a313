import Glibc
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// Where values that are owed can be read after a run: in the roots, and on their shelves.
///
/// A shelf has tens of thousands of items after a long run, and taking one back is as durable as all
/// that Tandem does: only what is in no root is taken back, and directories only for what is then
/// still missing.
struct Readable {
    private(set) var inRoots: Set<Digest> = []
    private(set) var onShelves: Set<Digest> = []
    /// Values in private areas that no shelf lists: nobody would find them.
    private(set) var elsewhere: Set<Digest> = []
    /// What was not found yet.
    private var missing: Set<Digest>
    private let owed: [Digest: Ledger.Value]

    /// Looks at both sides; what lies on a shelf is restored, as a user would, to be read.
    init(_ pair: any SoakPair, owed: [Digest: Ledger.Value]) throws {
        try self.init(
            roots: [pair.laptop, pair.vm],
            pair: try pair.identifier,
            owed: owed
        )
    }

    /// The same for a pair that is kept in sync by others, and that nobody works on now.
    init(roots: [String], pair: [UInt8], owed: [Digest: Ledger.Value]) throws {
        self.owed = owed
        missing = Set(owed.keys)
        for root in roots {
            for digest in contents(root, but: [".tandem", ".git"]) { inRoots.insert(digest) }
        }
        missing.subtract(inRoots)
        for kind in [Kind.file, .directoryAbove, .directory] {
            for root in roots { try readShelf(root, pair, kind) }
        }
        guard !missing.isEmpty else { return }
        for root in roots { elsewhere.formUnion(contents("\(root)/.tandem", but: [])) }
    }

    /// What is taken back in turn, the likeliest first.
    private enum Kind {
        case file
        /// Where a missing value was written.
        case directoryAbove
        case directory
    }

    /// Whether a shelved value may hold what is missing.
    private func isWanted(_ item: ShelfItem, _ kind: Kind) -> Bool {
        switch kind {
        case .file: item.state.kind == .file && missing.contains(item.state.digest)
        case .directoryAbove:
            item.state.kind == .directory
                && missing.contains { owed[$0]?.path.hasPrefix("\(item.path)/") ?? false }
        case .directory: item.state.kind == .directory
        }
    }

    private mutating func readShelf(
        _ path: String,
        _ pair: [UInt8],
        _ kind: Kind
    ) throws {
        let fileSystem = RealFileSystem()
        let root = try SyncRoot.open(path, on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        guard
            let shelf = try Shelf.open(
                fileSystem: fileSystem,
                root: root,
                pair: pair,
                create: false
            )
        else { return }
        let place = RelativePath(trusted: Array("restored".utf8))
        for item in shelf.list() where !missing.isEmpty && isWanted(item, kind) {
            try shelf.restore(item.id, to: place)
            let found = contents("\(path)/restored", but: [])
            onShelves.formUnion(found)
            missing.subtract(found)
            Self.remove("\(path)/restored")
        }
    }

    /// Removes a file, a link or a directory.
    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        for name in UserFiles.names(path) { remove("\(path)/\(name)") }
        rmdir(path)
    }

    /// What of the owed values stands at and below a path.
    private func contents(_ path: String, but skipped: Set<String>) -> Set<Digest> {
        var found: Set<Digest> = []
        read(path, but: skipped, into: &found)
        return found
    }

    private func read(_ path: String, but skipped: Set<String>, into found: inout Set<Digest>) {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return }
        let bytes = Held.read(file)
        close(file)
        if let bytes {
            let digest = ContentHasher.digest(of: bytes)
            if owed[digest] != nil { found.insert(digest) }
            return
        }
        for name in UserFiles.names(path) where !skipped.contains(name) {
            read("\(path)/\(name)", but: [], into: &found)
        }
    }
}
