import TandemTree

/// What kind of thing an object of the store is.
enum ObjectKind: UInt8, Hashable, Sendable, CaseIterable {
    /// Bytes of a file, or a link's target; the id is their SHA-256.
    case chunk = 1
    /// The chunks of content that was cut; the id is the SHA-256 of the whole content.
    case list = 2
    /// The entries of a directory; the id is their SHA-256, the same as in a `Tree`.
    case directory = 3
}

/// The name of an object.
struct ObjectKey: Hashable, Sendable {
    var kind: ObjectKind
    var id: Digest

    init(_ kind: ObjectKind, _ id: Digest) {
        self.kind = kind
        self.id = id
    }
}

/// One piece of content that was cut.
struct ChunkReference: Hashable, Sendable {
    var id: Digest
    var length: UInt32
}

/// The list of chunks that make up content: for each its id and its length.
struct ChunkList: Sendable {
    var chunks: [ChunkReference] = []

    static let recordSize = Digest.byteCount + 4

    var size: UInt64 { chunks.reduce(0) { $0 &+ UInt64($1.length) } }

    init(_ chunks: [ChunkReference] = []) { self.chunks = chunks }

    func encode() -> [UInt8] {
        var writer = FlatWriter()
        for chunk in chunks {
            writer.put(chunk.id)
            writer.put(chunk.length)
        }
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(FlatDamage) {
        var reader = FlatReader(bytes)
        while !reader.isAtEnd {
            chunks.append(ChunkReference(id: try reader.digest(), length: try reader.u32()))
        }
    }
}

/// The entries of one directory, in the very bytes that a tree's directory digest covers.
///
///     offset  size
///     0       1     version, 1
///     1             for each entry, sorted by name: kind u8, execute bit u8, name length u16,
///                   name, digest 32 B (a directory's is its object's id)
struct DirectoryObject: Sendable {
    struct Entry: Hashable, Sendable {
        var name: [UInt8]
        var kind: EntryKind
        var executable: Bool
        var digest: Digest

        /// The object that holds a directory's entries.
        var directoryKey: ObjectKey { ObjectKey(.directory, digest) }
    }

    private static let version: UInt8 = 1

    var entries: [Entry] = []

    /// The bytes of a directory of a rehashed tree; entries of kind `other` are in no snapshot.
    static func encode(_ tree: Tree, _ directory: Tree.ID) -> [UInt8] {
        var writer = FlatWriter()
        writer.put(version)
        for child in tree.childIDs(of: directory) {
            let kind = tree.kind(of: child)
            guard kind != .other else { continue }
            let name = tree.name(of: child)
            writer.put(kind.rawValue)
            writer.put(tree.executable(of: child))
            writer.put(UInt16(truncatingIfNeeded: name.count))
            writer.put(raw: name)
            writer.put(tree.digest(of: child))
        }
        return writer.bytes
    }

    /// Reads a directory; names are what entries of a root may be called, each once, in order.
    init(decoding bytes: [UInt8]) throws(FlatDamage) {
        var reader = FlatReader(bytes)
        guard try reader.u8() == Self.version else { throw FlatDamage() }
        while !reader.isAtEnd {
            guard let kind = EntryKind(rawValue: try reader.u8()), kind != .other else {
                throw FlatDamage()
            }
            let executable = try reader.flag()
            let name = Array(try reader.slice(Int(try reader.u16())))
            guard (try? RelativePath.checkName(name)) != nil else { throw FlatDamage() }
            if let last = entries.last, !last.name.lexicographicallyPrecedes(name) {
                throw FlatDamage()
            }
            entries.append(
                Entry(
                    name: name,
                    kind: kind,
                    executable: executable,
                    digest: try reader.digest()
                )
            )
        }
    }
}
