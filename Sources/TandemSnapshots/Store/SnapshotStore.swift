import Glibc
import Synchronization
package import TandemFiles
import TandemSystem
import TandemTree

/// A directory of snapshots: content by digest in packs, and a manifest for each snapshot.
///
///     format       which format this is
///     packs/       packs, named by the SHA-256 of their footers
///     snapshots/   manifests, named by their SHA-256
///     pins/        an empty file for each snapshot that is kept whatever the policy says
///     index        the packs' footers, to be made again at any time
///     lock writer  locks (flock), without content
///
/// Every file is written under another name, flushed, renamed, and its directory flushed; none is
/// ever changed. A manifest is written when everything it needs is durable, so what is listed is
/// whole after any crash.
package final class SnapshotStore: Sendable {
    /// Where it was opened, for messages.
    package let path: String
    let directory: Directory
    let packs: Directory
    let snapshots: Directory
    let pins: Directory
    /// What lies where, as of the last look at the packs.
    let index = Mutex(StoreIndex())

    var fileSystem: any FileSystem { directory.fileSystem }

    static let formatName = Array("format".utf8)
    static let formatText = Array("tandem snapshot store 1\n".utf8)

    /// Opens a store, or makes one of an empty directory.
    ///
    /// - Parameters:
    ///   - path: a directory of this user that nobody else may write.
    ///   - fileSystem: what makes every call on it.
    /// - Throws: `SnapshotError`.
    package init(at path: String, on fileSystem: any FileSystem) throws(SnapshotError) {
        self.path = path
        do throws(StateError) {
            directory = try StateDirectory(at: path, on: fileSystem).directory
        } catch {
            throw SnapshotError(.failed, "\(error)", next: "give another --store DIRECTORY")
        }
        do throws(SystemError) {
            packs = try Self.section("packs", of: directory)
            snapshots = try Self.section("snapshots", of: directory)
            pins = try Self.section("pins", of: directory)
        } catch {
            throw .call("open the store", error)
        }
        try checkFormat()
        try refresh()
    }

    private static func section(
        _ name: String,
        of store: Directory
    ) throws(SystemError) -> Directory {
        do throws(SystemError) {
            return try store.directory(Array(name.utf8))
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
        do throws(SystemError) {
            try store.makeDirectory(Array(name.utf8), mode: 0o700)
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
        try store.sync()
        return try store.directory(Array(name.utf8))
    }

    private func checkFormat() throws(SnapshotError) {
        do throws(SystemError) {
            if let found = try contents(of: Self.formatName, in: directory, atMost: 4096) {
                guard found == Self.formatText else {
                    throw SystemError("read the format", errno: EPROTO)
                }
                return
            }
            guard try snapshots.names().isEmpty, try packs.names().isEmpty else {
                throw SystemError("read the format", errno: EPROTO)
            }
            try directory.replaceDurably(Self.formatName, [Self.formatText])
        } catch {
            guard error.errno == EPROTO else { throw .call("open the store", error) }
            throw SnapshotError(
                .newerVersion,
                "\(path) is no snapshot store that this version knows, or its format file is "
                    + "damaged",
                next: "give another --store, or write `tandem snapshot store 1` into its file "
                    + "`format` if you know it is one"
            )
        }
    }

    /// A small file's bytes; nil when there is none.
    func contents(
        of name: [UInt8],
        in directory: Directory,
        atMost limit: UInt64
    ) throws(SystemError) -> [UInt8]? {
        try directory.withFile(name) { file, size throws(SystemError) in
            guard size <= limit, let count = Int(exactly: size) else {
                throw SystemError("read", errno: EFBIG)
            }
            return try fileSystem.readExactly(file, at: 0, count: count)
        }
    }

    /// Looks at the packs anew; those whose footers cannot be read are left out.
    ///
    /// - Returns: the packs that were left out.
    @discardableResult
    func refresh() throws(SnapshotError) -> [Digest] {
        do throws(SystemError) {
            let (packs, damaged) = try readFooters()
            var fresh = StoreIndex()
            for pack in packs { fresh.add(pack.name, pack.contents) }
            index.withLock { $0 = fresh }
            return damaged
        } catch {
            throw .call("read the packs", error)
        }
    }

    /// Looks at the packs anew if they are not those of the index: another process wrote or pruned.
    func refreshIfChanged() throws(SnapshotError) {
        let names: Set<Digest>
        do throws(SystemError) { names = Set(try packs.names().compactMap(PackFile.name)) } catch {
            throw .call("list the packs", error)
        }
        let isSame = index.withLock { index in
            index.packs.count == names.count && index.packs.allSatisfy { names.contains($0.name) }
        }
        if !isSame { try refresh() }
    }

    /// What every pack holds, from the index file where that knows it.
    func readFooters() throws(SystemError) -> (
        packs: [(name: Digest, contents: PackContents)], damaged: [Digest]
    ) {
        let names = Set(try packs.names().compactMap(PackFile.name))
        var found: [(name: Digest, contents: PackContents)] = []
        for pack in try readIndexFile() ?? [] where names.contains(pack.name) { found.append(pack) }
        let known = Set(found.map(\.name))
        var damaged: [Digest] = []
        for name in names.subtracting(known).sorted() {
            if let contents = try PackFile(name, in: packs).contents() {
                found.append((name, contents))
            } else {
                damaged.append(name)
            }
        }
        return (found, damaged)
    }

    /// The index file; nil when there is none or its bytes are not what was written.
    func readIndexFile() throws(SystemError) -> [(name: Digest, contents: PackContents)]? {
        guard let bytes = try contents(of: IndexFile.name, in: directory, atMost: 1 << 32) else {
            return nil
        }
        return try? IndexFile.decode(bytes)
    }

    /// Writes the index file; that it fails costs the next start some reading, nothing else.
    func saveIndexFile() {
        guard let (packs, _) = try? readFooters() else { return }
        try? directory.replaceDurably(IndexFile.name, [IndexFile.encode(packs)])
    }

    /// Takes away what a writer that died left; only for whoever holds the writer's lock.
    func removeLeftovers() throws(SystemError) {
        for place in [directory, packs, snapshots, pins] {
            for name in try place.names() where name.suffix(4).elementsEqual("-new".utf8) {
                try place.removeIfPresent(name)
            }
        }
    }

    /// Writes a pack durably and takes it into the index.
    func write(_ pack: FinishedPack) throws(SnapshotError) {
        do throws(SystemError) {
            try packs.replaceDurably(PackFile.fileName(pack.name), pack.parts)
        } catch {
            throw .call("write a pack", error)
        }
        index.withLock { $0.add(pack.name, pack.contents) }
    }
}
