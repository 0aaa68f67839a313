import Glibc
import Synchronization
import TandemSystem
package import TandemTree

/// Keeps the archive durably: each generation before it is acknowledged, the whole now and then.
///
/// The laptop's half of "Committing a generation": `writeIntent(n+1)` before Begin goes out,
/// `append(n+1)` after End came back and before Commit goes out. One process at a time uses a
/// store: it holds the pair's lock.
package final class ArchiveStore: Sendable {
    /// What is known of the file on disk.
    private struct State {
        /// Open for appending; nil before a load or checkpoint, and after a failed write.
        var file: Int32?
        /// Where the next record goes, and what it continues.
        var end: UInt64 = 0
        var seal = Digest.zero
        var generation: UInt64 = 0
        var snapshotSize: UInt64 = 0
        /// Why the file on disk could not be taken: damaged ones are kept aside, newer ones stay.
        var obstacle: StateError.Code?
    }

    private let state: StateDirectory
    private let current = Mutex(State())
    private var directory: Directory { state.directory }
    private var fileSystem: any FileSystem { state.directory.fileSystem }

    package static let fileName = "archive"
    /// Where a damaged archive is kept for a person to look at.
    package static let damagedName = "archive-damaged"
    package static let intentName = "intent"

    /// A journal below this is not worth a checkpoint; above, a tenth of the snapshot is.
    private static let checkpointFloor: UInt64 = 1 << 20
    private static let checkpointShare: UInt64 = 10

    /// Keeps the archive in a pair's state directory.
    package init(_ state: StateDirectory) {
        self.state = state
    }

    deinit {
        if let file = current.withLock({ $0.file }) { fileSystem.close(file) }
    }

    /// Reads the archive.
    ///
    /// - Returns: what both sides agreed on last; nil when no archive was ever made here.
    /// - Throws: `StateError`: `.unreadable` for damage, which means amnesia; `.newerVersion`.
    package func load() throws(StateError) -> Archive? {
        try current.withLock { current throws(StateError) -> Archive? in
            close(&current)
            current.obstacle = nil
            do throws(SystemError) {
                let name = Array(Self.fileName.utf8)
                let found = try directory.withFile(name) { file, size throws(SystemError) in
                    try read(file, size: size, &current)
                }
                guard var archive = found else { return nil }
                if let (intent, notes) = readIntent(after: archive.mark) {
                    (archive.intent, archive.notes) = (intent, notes)
                }
                let file = try openForWriting()
                current.file = file
                // A process that died in `append` may have left a record that is whole and not on
                // the disk: it must be there before anything is built on it.
                try fileSystem.sync(file)
                return archive
            } catch {
                // Bytes that the disk does not give back are as lost as damaged ones.
                if [EIO, EISDIR].contains(error.errno) { current.obstacle = .unreadable }
                guard let obstacle = current.obstacle else {
                    throw state.failure(Self.fileName, error)
                }
                throw StateError(obstacle, path(Self.fileName), cause: error)
            }
        }
    }

    /// Notes durably that a generation is about to begin.
    package func writeIntent(
        _ mark: GenerationMark,
        _ notes: IntentNotes = IntentNotes()
    ) throws(StateError) {
        var writer = RecordWriter()
        writer.put(raw: Self.intentMagic)
        writer.put(mark.generation)
        writer.put(raw: mark.token)
        notes.write(to: &writer)
        do throws(SystemError) {
            try directory.replaceDurably(Array(Self.intentName.utf8), [writer.sealed()])
        } catch {
            throw state.failure(Self.intentName, error)
        }
    }

    /// Appends a generation; it is durable when the call returns.
    ///
    /// After an error only `load` or `checkpoint` goes on.
    ///
    /// - Parameters:
    ///   - mark: the generation, later than the last, and its token.
    ///   - differences: what the archive takes, a directory before what is in it.
    /// - Throws: `StateError`.
    package func append(
        _ mark: GenerationMark,
        _ differences: [Difference]
    ) throws(StateError) {
        try current.withLock { current throws(StateError) in
            guard let file = current.file, mark.generation > current.generation,
                mark.token.count == GenerationMark.tokenSize,
                let record = ArchiveCoding.record(mark, differences, after: current.seal)
            else { throw StateError(.outOfOrder, path(Self.fileName)) }
            do throws(SystemError) {
                // What a crash left of an unacknowledged record must not stand behind this one.
                try fileSystem.truncate(file, to: current.end)
                try write(record.bytes, to: file, at: current.end)
                try fileSystem.sync(file)
            } catch {
                close(&current)
                throw state.failure(Self.fileName, error)
            }
            current.end += UInt64(record.bytes.count)
            current.seal = record.seal
            current.generation = mark.generation
        }
    }

    /// Whether the journal has grown so long that a checkpoint pays.
    package var wantsCheckpoint: Bool {
        current.withLock { current in
            let journal = current.end - min(current.snapshotSize, current.end)
            return journal > max(Self.checkpointFloor, current.snapshotSize / Self.checkpointShare)
        }
    }

    /// Writes the whole archive anew; the one before stays until this one is durable.
    ///
    /// A damaged one is kept under another name. An intent for a later generation stays.
    package func checkpoint(_ archive: Archive) throws(StateError) {
        try current.withLock { current throws(StateError) in
            let tree = archive.tree.encode()
            let header = ArchiveCoding.header(archive.mark, treeLength: tree.count)
            guard archive.mark.token.count == GenerationMark.tokenSize,
                let seal = ArchiveCoding.header(header)?.seal
            else { throw StateError(.outOfOrder, path(Self.fileName)) }
            guard current.obstacle != .newerVersion else {
                throw StateError(.newerVersion, path(Self.fileName))
            }
            close(&current)
            do throws(SystemError) {
                if current.obstacle == .unreadable { try keepDamaged() }
                try directory.replaceDurably(Array(Self.fileName.utf8), [header, tree])
                current.file = try openForWriting()
            } catch {
                throw state.failure(Self.fileName, error)
            }
            current.obstacle = nil
            current.end = UInt64(header.count + tree.count)
            current.snapshotSize = current.end
            current.seal = seal
            current.generation = archive.mark.generation
        }
    }
}

extension ArchiveStore {
    private static let intentMagic = Array("TDMINTN1".utf8)

    private func path(_ name: String) -> String { "\(state.path)/\(name)" }

    private func close(_ current: inout State) {
        if let file = current.file { fileSystem.close(file) }
        current.file = nil
    }

    private func openForWriting() throws(SystemError) -> Int32 {
        try withCName(Array(Self.fileName.utf8)) { name throws(SystemError) in
            try fileSystem.openForWriting(at: directory.raw, name)
        }
    }

    private func write(
        _ bytes: [UInt8],
        to file: Int32,
        at offset: UInt64
    ) throws(SystemError) {
        try bytes.withUnsafeBufferPointer { bytes throws(SystemError) in
            try fileSystem.writeAll(file, at: offset, UnsafeRawBufferPointer(bytes))
        }
    }

    /// Reads snapshot and journal; notes the obstacle when they are not what a store wrote.
    private func read(
        _ file: Int32,
        size: UInt64,
        _ current: inout State
    ) throws(SystemError) -> Archive {
        let start = try part(of: file, at: 0, count: UInt64(ArchiveCoding.headerSize), &current)
        guard let header = ArchiveCoding.header(start) else {
            throw obstacle(ArchiveCoding.isNewer(start) ? .newerVersion : .unreadable, &current)
        }
        let offset = UInt64(start.count)
        let encoded = try part(of: file, at: offset, count: header.treeLength, &current)
        let snapshotSize = offset + header.treeLength
        guard size >= snapshotSize else { throw obstacle(.unreadable, &current) }
        let tail = try part(of: file, at: snapshotSize, count: size - snapshotSize, &current)
        var archive = Archive(tree: try decode(encoded, &current), mark: header.mark)
        var journal = ArchiveJournal(tail, after: header.seal)
        if !journal.replay(into: &archive) {
            // A power cut may tear the record that was being written at any place, its length, too.
            // It is that one if the intent is for the very next generation.
            guard let (intent, _) = readIntent(after: archive.mark),
                intent.generation == archive.mark.generation + 1
            else { throw obstacle(.unreadable, &current) }
            archive.tree.rehash()
        }
        current.end = snapshotSize + UInt64(journal.position)
        current.seal = journal.seal
        current.generation = archive.mark.generation
        current.snapshotSize = snapshotSize
        return archive
    }

    private func decode(
        _ bytes: [UInt8],
        _ current: inout State
    ) throws(SystemError) -> Tree {
        do throws(TreeDecodingError) {
            return try Tree(decoding: bytes)
        } catch {
            if case .newerVersion = error { throw obstacle(.newerVersion, &current) }
            throw obstacle(.unreadable, &current)
        }
    }

    private func part(
        of file: Int32,
        at offset: UInt64,
        count: UInt64,
        _ current: inout State
    ) throws(SystemError) -> [UInt8] {
        guard let count = Int(exactly: count),
            let bytes = try fileSystem.readExactly(file, at: offset, count: count)
        else { throw obstacle(.unreadable, &current) }
        return bytes
    }

    /// Notes what the bytes are, for the error that the load ends with.
    private func obstacle(_ code: StateError.Code, _ current: inout State) -> SystemError {
        current.obstacle = code
        return SystemError("read the archive", errno: EBADMSG)
    }

    /// The intent, if it is for a generation after the archive's; a damaged one is none.
    ///
    /// One that ends behind the token was written before there were notes.
    private func readIntent(
        after mark: GenerationMark
    ) -> (mark: GenerationMark, notes: IntentNotes)? {
        let name = Array(Self.intentName.utf8)
        let found = try? directory.withFile(name) { file, _ throws(SystemError) in
            try fileSystem.readUpTo(file, count: Self.longestIntent)
        }
        guard let bytes = found,
            var reader = RecordReader(sealed: bytes),
            reader.raw(Self.intentMagic.count) == Self.intentMagic,
            let intent = ArchiveCoding.mark(&reader),
            let notes = reader.isAtEnd ? IntentNotes() : IntentNotes(&reader)
        else { return nil }
        return intent.generation > mark.generation ? (intent, notes) : nil
    }

    /// A thousand notes with the longest paths.
    private static let longestIntent = 8 << 20

    private func keepDamaged() throws(SystemError) {
        let name = Array(Self.fileName.utf8)
        guard try directory.status(name) != nil else { return }
        try directory.rename(name, to: directory, Array(Self.damagedName.utf8), .plain)
    }
}
