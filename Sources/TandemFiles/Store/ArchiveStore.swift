import Glibc
import Synchronization
package import TandemSystem
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
        /// The file on disk cannot be read and is to be kept beside the next one.
        var isDamaged = false
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
            do throws(SystemError) {
                guard let (reading, status) = try directory.openWhole(Array(Self.fileName.utf8))
                else { return nil }
                var archive = try read(reading.raw, size: status.size, &current)
                archive.intent = readIntent(after: archive.mark)
                current.file = try openForWriting()
                return archive
            } catch {
                // Bytes that the disk does not give back are as lost as damaged ones.
                let isLost = [EIO, EISDIR, EBADMSG].contains(error.errno)
                current.isDamaged = isLost && error.errno != Self.newerVersion
                if isLost { throw StateError(.unreadable, path(Self.fileName), cause: error) }
                if error.errno == Self.newerVersion {
                    throw StateError(.newerVersion, path(Self.fileName))
                }
                throw state.failure(Self.fileName, error)
            }
        }
    }

    /// Notes durably that a generation is about to begin.
    package func writeIntent(_ mark: GenerationMark) throws(StateError) {
        var writer = RecordWriter()
        writer.put(raw: Self.intentMagic)
        writer.put(mark.generation)
        writer.put(raw: mark.token)
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
            close(&current)
            do throws(SystemError) {
                if current.isDamaged { try keepDamaged() }
                try directory.replaceDurably(Array(Self.fileName.utf8), [header, tree])
                current.file = try openForWriting()
            } catch {
                throw state.failure(Self.fileName, error)
            }
            current.isDamaged = false
            current.end = UInt64(header.count + tree.count)
            current.snapshotSize = current.end
            current.seal = seal
            current.generation = archive.mark.generation
        }
    }
}

extension ArchiveStore {
    private static let intentMagic = Array("TDMINTN1".utf8)
    /// Stands for "a later version wrote it" among the errors of reading.
    private static let newerVersion = EPROTO

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
        try bytes.withUnsafeBytes { bytes throws(SystemError) in
            try fileSystem.writeAll(file, at: offset, bytes)
        }
    }

    /// Reads snapshot and journal; EBADMSG for damage.
    private func read(
        _ file: Int32,
        size: UInt64,
        _ current: inout State
    ) throws(SystemError) -> Archive {
        let start = try part(of: file, at: 0, count: UInt64(ArchiveCoding.headerSize))
        guard let header = ArchiveCoding.header(start) else {
            throw damage(isNewer: ArchiveCoding.isNewer(start))
        }
        let offset = UInt64(start.count)
        let encoded = try part(of: file, at: offset, count: header.treeLength)
        let snapshotSize = offset + header.treeLength
        guard size >= snapshotSize else { throw damage() }
        let tail = try part(of: file, at: snapshotSize, count: size - snapshotSize)
        var archive = Archive(tree: try decode(encoded), mark: header.mark)
        var journal = ArchiveJournal(tail, after: header.seal)
        guard journal.replay(into: &archive) else { throw damage() }
        current.end = snapshotSize + UInt64(journal.position)
        current.seal = journal.seal
        current.generation = archive.mark.generation
        current.snapshotSize = snapshotSize
        return archive
    }

    private func decode(_ bytes: [UInt8]) throws(SystemError) -> Tree {
        do throws(TreeDecodingError) {
            return try Tree(decoding: bytes)
        } catch {
            if case .newerVersion = error { throw damage(isNewer: true) }
            throw damage()
        }
    }

    private func part(
        of file: Int32,
        at offset: UInt64,
        count: UInt64
    ) throws(SystemError) -> [UInt8] {
        guard let count = Int(exactly: count),
            let bytes = try fileSystem.readExactly(file, at: offset, count: count)
        else { throw damage() }
        return bytes
    }

    private func damage(isNewer: Bool = false) -> SystemError {
        SystemError("read the archive", errno: isNewer ? Self.newerVersion : EBADMSG)
    }

    /// The intent, if it is for a generation after the archive's; a damaged one is none.
    private func readIntent(after mark: GenerationMark) -> GenerationMark? {
        guard let (file, status) = try? directory.openWhole(Array(Self.intentName.utf8)),
            status.size <= Self.longestIntent, let count = Int(exactly: status.size),
            let bytes = try? fileSystem.readExactly(file.raw, at: 0, count: count),
            var reader = RecordReader(sealed: bytes),
            reader.raw(Self.intentMagic.count) == Self.intentMagic,
            let intent = ArchiveCoding.mark(&reader), reader.isAtEnd
        else { return nil }
        return intent.generation > mark.generation ? intent : nil
    }

    private static let longestIntent: UInt64 = 4_096

    private func keepDamaged() throws(SystemError) {
        let name = Array(Self.fileName.utf8)
        guard try directory.status(name) != nil else { return }
        try directory.rename(name, to: directory, Array(Self.damagedName.utf8), .plain)
    }
}
