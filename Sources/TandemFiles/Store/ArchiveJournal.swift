import TandemTree

/// Reads the records behind a snapshot and takes them over.
struct ArchiveJournal {
    /// What the bytes at a position are.
    private enum Next {
        case record(body: ArraySlice<UInt8>, seal: Digest)
        /// Nothing, or what a crash left of a record that was never acknowledged.
        case end
        case damage
    }

    private let bytes: [UInt8]
    private(set) var position = 0
    private(set) var seal: Digest

    /// Reads `bytes`, the file behind its snapshot.
    init(_ bytes: [UInt8], after seal: Digest) {
        self.bytes = bytes
        self.seal = seal
    }

    /// Takes all whole records over; false when the journal is damaged before its end.
    ///
    /// Afterwards `position` is where the next record goes.
    mutating func replay(into archive: inout Archive) -> Bool {
        while true {
            switch next() {
            case .end:
                archive.tree.rehash()
                return true
            case .damage: return false
            case .record(let body, let seal):
                guard let (mark, differences) = ArchiveCoding.body(Array(body)),
                    mark.generation > archive.mark.generation,
                    (try? archive.tree.apply(differences)) != nil
                else { return false }
                archive.mark = mark
                self.seal = seal
                position += ArchiveCoding.recordHeaderSize + body.count
            }
        }
    }

    private func next() -> Next {
        let rest = bytes[position...]
        guard rest.count >= ArchiveCoding.recordHeaderSize else { return .end }
        var reader = RecordReader(Array(rest.prefix(ArchiveCoding.recordHeaderSize)))
        guard let length = reader.integer(UInt32.self), let check = reader.integer(UInt32.self),
            let seal = reader.digest(), check == ~length
        else {
            // A file that grew before its data reached the disk ends in zeros.
            return rest.allSatisfy { $0 == 0 } ? .end : .damage
        }
        let body = rest.dropFirst(ArchiveCoding.recordHeaderSize)
        guard body.count >= Int(length) else { return .end }
        let own = body.prefix(Int(length))
        if ArchiveCoding.seal(Array(own), after: self.seal) == seal {
            return .record(body: own, seal: seal)
        }
        // Only the last record may be torn: what follows it was written after it was durable.
        return own.count == body.count ? .end : .damage
    }
}
