package import TandemTree

/// What reading a snapshot's entries gives, a directory before what is in it, by name.
///
/// Paths are from the entry that was asked for, whose own is the root; from the snapshot's root
/// where several were asked for.
package enum SnapshotEvent: Sendable {
    case directory(RelativePath)
    case symbolicLink(path: RelativePath, target: [UInt8])
    case file(RelativePath, executable: Bool, size: UInt64, digest: Digest)
    /// The next bytes of the last file.
    case data(ArraySlice<UInt8>)
    /// The last file is complete; it has been checked against its digest.
    case endOfFile
}

extension SnapshotStore {
    /// Reads an entry of a snapshot and all below it.
    ///
    /// - Parameters:
    ///   - snapshot: which.
    ///   - path: the entry; the root for all of it.
    ///   - body: told everything in order; what it throws ends the reading.
    /// - Throws: `SnapshotError`, and what `body` throws.
    package func read(
        _ snapshot: SnapshotInfo,
        _ path: RelativePath,
        _ body: (SnapshotEvent) throws -> Void
    ) throws {
        let reader = try ObjectReader(self)
        let start = try Self.entry(at: path, of: snapshot, reader)
        var pending = [(path: RelativePath.root, entry: start)]
        while let (path, entry) = pending.popLast() {
            switch entry.kind {
            case .directory:
                try body(.directory(path))
                for child in try reader.directory(entry.digest).entries.reversed() {
                    pending.append((path.appending(child.name), child))
                }
            case .link:
                try body(.symbolicLink(path: path, target: try reader.bytes(of: entry.digest)))
            case .file: try Self.readFile(entry, path, reader, body)
            case .other: break
            }
        }
    }

    /// Reads files and links of a snapshot, in the order they are named.
    ///
    /// - Parameters:
    ///   - snapshot: which.
    ///   - paths: the entries; a directory gives itself and nothing that is in it.
    ///   - body: told everything in order, with paths from the snapshot's root; what it throws ends
    ///     the reading.
    /// - Throws: `SnapshotError`, and what `body` throws.
    package func read(
        _ snapshot: SnapshotInfo,
        contentsAt paths: [RelativePath],
        _ body: (SnapshotEvent) throws -> Void
    ) throws {
        let reader = try ObjectReader(self)
        for path in paths {
            let entry = try Self.entry(at: path, of: snapshot, reader)
            switch entry.kind {
            case .directory: try body(.directory(path))
            case .link:
                try body(.symbolicLink(path: path, target: try reader.bytes(of: entry.digest)))
            case .file: try Self.readFile(entry, path, reader, body)
            case .other: break
            }
        }
    }

    private static func readFile(
        _ entry: DirectoryObject.Entry,
        _ path: RelativePath,
        _ reader: ObjectReader,
        _ body: (SnapshotEvent) throws -> Void
    ) throws {
        let size = try reader.size(of: entry.digest)
        let executable = entry.executable
        try body(.file(path, executable: executable, size: size, digest: entry.digest))
        try reader.forEachPiece(of: entry.digest) { try body(.data($0)) }
        try body(.endOfFile)
    }

    private static func entry(
        at path: RelativePath,
        of snapshot: SnapshotInfo,
        _ reader: ObjectReader
    ) throws(SnapshotError) -> DirectoryObject.Entry {
        var found = DirectoryObject.Entry(
            name: [],
            kind: .directory,
            executable: false,
            digest: snapshot.manifest.root
        )
        for name in path.components {
            guard found.kind == .directory,
                let next = try reader.directory(found.digest).entries.first(where: {
                    $0.name == name
                })
            else {
                throw SnapshotError(
                    .notFound,
                    "the snapshot \(snapshot.shortID) has no \(path)",
                    next: "list what it has: tandem snapshot show \(snapshot.shortID)"
                )
            }
            found = next
        }
        return found
    }

    /// A snapshot's whole tree; its digests are those of a scan.
    package func tree(of snapshot: SnapshotInfo) throws(SnapshotError) -> Tree {
        try ObjectReader(self).tree(snapshot.manifest.root)
    }
}
