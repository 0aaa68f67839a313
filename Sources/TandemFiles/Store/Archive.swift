package import TandemTree

/// A generation and the random token that makes it this one and no other.
package struct GenerationMark: Hashable, Sendable {
    package var generation: UInt64
    /// 16 random bytes.
    package var token: [UInt8]

    /// The bytes of a token.
    package static let tokenSize = 16

    package init(generation: UInt64, token: [UInt8]) {
        self.generation = generation
        self.token = token
    }
}

/// The last tree both sides durably agreed on.
package struct Archive: Sendable {
    package var tree: Tree
    package var mark: GenerationMark
    /// A generation that was begun and may or may not have ended on the vm.
    package var intent: GenerationMark?
    /// What was noted with the intent.
    package var notes = IntentNotes()

    package init(tree: Tree, mark: GenerationMark, intent: GenerationMark? = nil) {
        self.tree = tree
        self.mark = mark
        self.intent = intent
    }
}

/// The bytes of the archive file: a snapshot, and behind it one record for each later generation.
///
/// One file, so that no crash can leave a snapshot and a journal that do not belong together.
///
///     snapshot  8   magic "TDMARCH\n"
///               4   version, 1
///               8   generation
///               16  token
///               8   bytes of the tree
///               32  SHA-256 of the above
///                   the tree, with a checksum of its own
///     record    4   bytes of the body
///               4   the same, every bit inverted
///               32  SHA-256 of the seal before (the snapshot's for the first) and the body
///                   the body: generation 8, token 16, count 4, differences
///
/// A record cannot be left out, moved or put behind another snapshot, because each is sealed with
/// the one before it.
enum ArchiveCoding {
    static let magic = Array("TDMARCH\n".utf8)
    static let version: UInt32 = 1
    static let headerSize = 8 + 4 + 8 + GenerationMark.tokenSize + 8 + Digest.byteCount
    static let recordHeaderSize = 4 + 4 + Digest.byteCount

    /// The snapshot's header.
    struct Header {
        var mark: GenerationMark
        var treeLength: UInt64
        var seal: Digest
    }

    static func header(_ mark: GenerationMark, treeLength: Int) -> [UInt8] {
        var writer = RecordWriter()
        writer.put(raw: magic)
        writer.put(version)
        writer.put(mark.generation)
        writer.put(raw: mark.token)
        writer.put(UInt64(treeLength))
        return writer.sealed()
    }

    /// Reads a header; nil for damage, and for a newer version `isNewer` says so.
    static func header(_ bytes: [UInt8]) -> Header? {
        guard var reader = RecordReader(sealed: bytes), reader.raw(magic.count) == magic,
            reader.integer(UInt32.self) == version,
            let mark = mark(&reader), let length = reader.integer(UInt64.self), reader.isAtEnd,
            let seal = Digest(bytes: bytes.suffix(Digest.byteCount))
        else { return nil }
        return Header(mark: mark, treeLength: length, seal: seal)
    }

    /// Whether bytes begin as the archive of a later version does.
    static func isNewer(_ bytes: [UInt8]) -> Bool {
        var reader = RecordReader(bytes)
        guard reader.raw(magic.count) == magic, let found = reader.integer(UInt32.self) else {
            return false
        }
        return found > version
    }

    static func mark(_ reader: inout RecordReader) -> GenerationMark? {
        guard let generation = reader.integer(UInt64.self),
            let token = reader.raw(GenerationMark.tokenSize)
        else { return nil }
        return GenerationMark(generation: generation, token: token)
    }

    /// One journal record, and the seal that the next one continues.
    static func record(
        _ mark: GenerationMark,
        _ differences: [Difference],
        after seal: Digest
    ) -> (bytes: [UInt8], seal: Digest)? {
        var body = RecordWriter()
        body.put(mark.generation)
        body.put(raw: mark.token)
        body.put(UInt32(clamping: differences.count))
        for difference in differences {
            body.put(difference.path.bytes)
            body.put(difference.old)
            body.put(difference.new)
        }
        guard let length = UInt32(exactly: body.bytes.count) else { return nil }
        let next = self.seal(body.bytes, after: seal)
        var record = RecordWriter()
        record.put(length)
        record.put(~length)
        record.put(next)
        record.put(raw: body.bytes)
        return (record.bytes, next)
    }

    static func seal(_ body: [UInt8], after seal: Digest) -> Digest {
        var hasher = ContentHasher()
        hasher.update(seal.bytes)
        hasher.update(body)
        return hasher.finish()
    }

    /// Reads a record's body.
    static func body(_ bytes: [UInt8]) -> (mark: GenerationMark, differences: [Difference])? {
        var reader = RecordReader(bytes)
        guard let mark = mark(&reader), let count = reader.integer(UInt32.self) else { return nil }
        var differences: [Difference] = []
        for _ in 0..<count {
            guard let path = reader.path(), let old = reader.state(), let new = reader.state()
            else { return nil }
            differences.append(Difference(path: path, old: old, new: new))
        }
        return reader.isAtEnd ? (mark, differences) : nil
    }
}
