import Glibc
import TandemFiles
import TandemSystem
import TandemTree

/// Where values can be read after a run: in the roots, and on their shelves.
struct Readable {
    private(set) var inRoots: Set<Digest> = []
    private(set) var onShelves: Set<Digest> = []
    /// Values in private areas that no shelf lists: nobody would find them.
    private(set) var elsewhere: Set<Digest> = []

    /// Looks at both sides; what lies on a shelf is restored, as a user would, to be read.
    init(_ pair: SoakPair) throws {
        try self.init(roots: [pair.laptop, pair.vm], pair: pair.identifier)
    }

    /// The same for a pair that is kept in sync by others, and that nobody works on now.
    init(roots: [String], pair: [UInt8]) throws {
        for root in roots {
            Self.read(root, but: [".tandem", ".git"], into: &inRoots)
            Self.read("\(root)/.tandem", but: [], into: &elsewhere)
            try readShelf(root, pair)
        }
        elsewhere.subtract(onShelves)
    }

    private mutating func readShelf(_ path: String, _ pair: [UInt8]) throws {
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
        for item in shelf.list() {
            guard item.state.kind == .directory || !onShelves.contains(item.state.digest) else {
                continue
            }
            try shelf.restore(item.id, to: place)
            Self.read("\(path)/restored", but: [], into: &onShelves)
            Self.remove("\(path)/restored")
        }
    }

    /// Removes a file, a link or a directory; a shelf has too many items to start a program for each.
    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        for name in UserFiles.names(path) { remove("\(path)/\(name)") }
        rmdir(path)
    }

    /// Adds the contents of all regular files at and below a path.
    private static func read(
        _ path: String,
        but skipped: Set<String>,
        into found: inout Set<Digest>
    ) {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return }
        let bytes = Held.read(file)
        close(file)
        if let bytes {
            found.insert(ContentHasher.digest(of: bytes))
            return
        }
        for name in UserFiles.names(path) where !skipped.contains(name) {
            read("\(path)/\(name)", but: [], into: &found)
        }
    }
}
