package import TandemSystem
package import TandemTree

/// Hashes files through one buffer and one SHA-256 context, both used again for every file.
package struct FileHasher: ~Copyable {
    private let fileSystem: any FileSystem
    private let buffer: UnsafeMutableRawBufferPointer
    private var hasher = ContentHasher()

    /// Reading more at once gains nothing (measured: ENGINE, "Hashing").
    package static let bufferSize = 256 * 1024

    package init(_ fileSystem: any FileSystem) {
        self.fileSystem = fileSystem
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// Hashes at most `limit` bytes from the start of an open file.
    ///
    /// - Parameters:
    ///   - descriptor: a regular file, open for reading; its offset does not matter.
    ///   - limit: where to stop: a file that grows for ever is hashed as far as it was known.
    /// - Returns: the digest, and how many bytes it covers.
    /// - Throws: what reading met.
    package mutating func hash(
        _ descriptor: Int32,
        upTo limit: UInt64
    ) throws(SystemError) -> (digest: Digest, size: UInt64) {
        var size: UInt64 = 0
        while size < limit {
            let room = Int(min(limit - size, UInt64(buffer.count)))
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<room])
            let count: Int
            do throws(SystemError) {
                count = try fileSystem.readFull(descriptor, at: size, into: target)
            } catch {
                _ = hasher.finish()
                throw error
            }
            hasher.update(UnsafeRawBufferPointer(rebasing: target[..<count]))
            size += UInt64(count)
            if count < room { break }
        }
        return (hasher.finish(), size)
    }
}

/// A file's content as it was read, and whether it stood still meanwhile.
package struct HashedFile: Hashable, Sendable {
    package var digest: Digest
    /// How many bytes the digest covers.
    package var size: UInt64
    /// What stood there after the reading.
    package var status: FileStatus
    /// Neither size nor times nor mode changed while it was read.
    package var isStable: Bool

    /// The file as the tree knows it.
    package var state: EntryState {
        .file(digest, size: size, executable: status.isExecutable)
    }
}

extension FileHasher {
    /// Hashes an open regular file, once more when it changed meanwhile.
    ///
    /// - Parameters:
    ///   - descriptor: the file, open for reading.
    ///   - before: its status from before; a differing one after the reading makes it unstable.
    /// - Returns: what was read; not stable when it changed both times.
    /// - Throws: what the calls met.
    package mutating func hash(
        _ descriptor: Int32,
        since before: FileStatus
    ) throws(SystemError) -> HashedFile {
        var before = before
        revealMappedStores(descriptor, &before)
        var attempts = Self.attempts
        while true {
            let (digest, size) = try hash(descriptor, upTo: before.size)
            let after = try fileSystem.status(of: descriptor)
            attempts -= 1
            let isStable = after.vouches(for: before) && size == before.size
            if isStable || attempts == 0 {
                return HashedFile(digest: digest, size: size, status: after, isStable: isStable)
            }
            before = after
        }
    }

    /// A mapped store shows in no time until it is written back: makes the kernel do that first.
    ///
    /// Invariant 16. Only where a writer is known: syncing every file would flush the disk's cache.
    private func revealMappedStores(_ descriptor: Int32, _ before: inout FileStatus) {
        switch fileSystem.takeReadLease(descriptor) {
        case .held: fileSystem.releaseReadLease(descriptor)
        case .unavailable: break
        case .busy:
            guard (try? fileSystem.sync(descriptor)) != nil,
                let status = try? fileSystem.status(of: descriptor)
            else { return }
            before = status
        }
    }

    private static let attempts = 2
}

/// Hashes the file at a name; nil when no file stands there.
///
/// - Parameters:
///   - fileSystem: what makes the calls.
///   - directory: the directory, open.
///   - name: one component.
/// - Returns: what was read.
/// - Throws: what the calls met; ENOENT is not an error.
package func hashFile(
    on fileSystem: any FileSystem,
    at directory: Int32,
    _ name: UnsafePointer<CChar>
) throws(SystemError) -> HashedFile? {
    guard let status = try fileSystem.status(at: directory, name), status.kind == .file else {
        return nil
    }
    let file = HeldDescriptor(try fileSystem.openFile(at: directory, name), of: fileSystem)
    let before = try fileSystem.status(of: file.raw)
    guard before.kind == .file else { return nil }
    var hasher = FileHasher(fileSystem)
    return try hasher.hash(file.raw, since: before)
}
