import TandemTree

/// Content and directories of snapshots, by their digests.
extension ObjectReader {
    /// The chunks of content; one where it was not cut.
    func chunks(of content: Digest) throws(SnapshotError) -> [ChunkReference] {
        if let length = length(of: ObjectKey(.chunk, content)) {
            return [ChunkReference(id: content, length: length)]
        }
        let key = ObjectKey(.list, content)
        guard let list = try? ChunkList(decoding: Array(read(key))) else {
            throw .damage("the content \(content.hex.prefix(12)) is missing or unreadable")
        }
        return list.chunks
    }

    /// How many bytes content has.
    func size(of content: Digest) throws(SnapshotError) -> UInt64 {
        if let length = length(of: ObjectKey(.chunk, content)) { return UInt64(length) }
        return try chunks(of: content).reduce(0) { $0 &+ UInt64($1.length) }
    }

    /// Calls with content piece by piece, and checks it against its digest at the end.
    func forEachPiece(
        of content: Digest,
        _ body: (ArraySlice<UInt8>) throws -> Void
    ) throws {
        var hasher = ContentHasher()
        for chunk in try chunks(of: content) {
            let bytes = try read(ObjectKey(.chunk, chunk.id))
            unsafe bytes.withUnsafeBytes { unsafe hasher.update($0) }
            try body(bytes)
        }
        guard hasher.finish() == content else {
            throw SnapshotError.damage("the content \(content.hex.prefix(12)) has another digest")
        }
    }

    /// All bytes of content that is known to be short, such as a link's target.
    func bytes(of content: Digest) throws(SnapshotError) -> [UInt8] {
        Array(try read(ObjectKey(.chunk, content)))
    }

    /// The entries of a directory.
    func directory(_ id: Digest) throws(SnapshotError) -> DirectoryObject {
        let bytes = Array(try read(ObjectKey(.directory, id)))
        guard ContentHasher.digest(of: bytes) == id,
            let object = try? DirectoryObject(decoding: bytes)
        else { throw .damage("the directory \(id.hex.prefix(12))") }
        return object
    }

    /// A snapshot's whole tree, rehashed; its digest is the snapshot's root.
    func tree(_ root: Digest) throws(SnapshotError) -> Tree {
        var tree = Tree()
        var pending = [(id: Tree.rootID, digest: root)]
        while let next = pending.popLast() {
            let object = try directory(next.digest)
            var batch = ChildBatch()
            for entry in object.entries {
                let size = entry.kind == .directory ? 0 : try size(of: entry.digest)
                batch.append(
                    name: entry.name,
                    state: EntryState(
                        kind: entry.kind,
                        executable: entry.executable,
                        size: size,
                        digest: entry.kind == .directory ? .zero : entry.digest
                    )
                )
            }
            let ids = tree.setChildren(of: next.id, batch)
            for (id, entry) in zip(ids, object.entries) where entry.kind == .directory {
                pending.append((id, entry.digest))
            }
        }
        tree.rehash()
        guard tree.rootDigest == root else { throw .damage("the tree of a snapshot") }
        return tree
    }
}
