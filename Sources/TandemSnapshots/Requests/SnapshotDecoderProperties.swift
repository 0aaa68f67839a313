import TandemTree

/// What must hold for any bytes at all: run by the fuzzers, and by the tests over the corpus.
///
/// Each function returns, whatever the bytes are; a trap is the finding.
package enum SnapshotDecoderProperties {
    /// A pack's footer.
    package static func pack(_ bytes: [UInt8]) {
        guard let contents = try? PackContents(decoding: bytes) else { return }
        precondition(contents.encode() == bytes)
        for object in contents.objects {
            let raw = contents.blocks[Int(object.block)].rawLength
            precondition(UInt64(object.offset) + UInt64(object.length) <= UInt64(raw))
        }
    }

    /// The index, as it is and with its checksum put right, which no mutation would hit.
    package static func index(_ bytes: [UInt8]) {
        for stored in [bytes, resealed(bytes)] {
            guard let packs = try? IndexFile.decode(stored) else { continue }
            precondition(IndexFile.encode(packs) == stored)
            var index = StoreIndex()
            for pack in packs { index.add(pack.name, pack.contents) }
        }
    }

    /// A snapshot's manifest, as it is and with its checksum put right.
    package static func manifest(_ bytes: [UInt8]) {
        for stored in [bytes, resealed(bytes)] {
            guard let manifest = SnapshotManifest(decoding: stored) else { continue }
            precondition(manifest.encode() == stored)
            _ = SnapshotInfo(id: .zero, manifest: manifest, isPinned: false).moment
        }
    }

    /// An object: the entries of a directory, and the chunks of a file.
    package static func object(_ bytes: [UInt8]) {
        if let directory = try? DirectoryObject(decoding: bytes) {
            for (entry, next) in zip(directory.entries, directory.entries.dropFirst()) {
                precondition(entry.name.lexicographicallyPrecedes(next.name))
            }
        }
        if let list = try? ChunkList(decoding: bytes) { precondition(list.encode() == bytes) }
    }

    /// A request of somebody who reached the socket.
    package static func request(_ bytes: [UInt8]) {
        guard let request = SnapshotRequest(decoding: bytes) else { return }
        precondition(SnapshotRequest(decoding: request.encode()) == request)
    }

    /// An answer of a daemon; the manifest in it as it is and with its checksum put right.
    package static func answer(_ bytes: [UInt8]) {
        for sent in [bytes, resealed(bytes, behind: manifestStart)] {
            guard let answer = SnapshotAnswer(decoding: sent) else { continue }
            // A report of more damage than anybody reads is cut when it is written.
            let again = answer.encode()
            precondition(SnapshotAnswer(decoding: again)?.encode() == again)
        }
    }

    /// The file in which the daemon keeps its settings.
    package static func settings(_ bytes: [UInt8]) {
        guard let settings = try? SettingsText.decode(bytes) else { return }
        precondition(settings.isValid && bytes.count <= SettingsText.longest)
        let again = SettingsText.encode(settings)
        precondition((try? SettingsText.decode(again)) == settings)
    }

    /// Where the manifest begins in an answer that carries one: behind the type and the pin.
    private static let manifestStart = 2

    private static func resealed(_ bytes: [UInt8], behind start: Int = 0) -> [UInt8] {
        let end = bytes.count - Digest.byteCount
        guard end >= start else { return bytes }
        return bytes[..<end] + ContentHasher.digest(of: Array(bytes[start..<end])).bytes
    }
}
