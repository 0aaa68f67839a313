package import TandemSystem
package import TandemTree

/// Every call Tandem makes on user files and on its own state, relative to an open directory.
///
/// Names are single components, NUL-terminated bytes, and a final link is never followed: so a path
/// swapped by another process during an operation cannot lead it out of the root. Descriptors are
/// raw numbers that belong to this file system; `HeldDescriptor` closes one with its owner.
/// `read`, `write` and their positioned forms may be short or end with EINTR: use `readFull` and
/// `writeAll`. All other calls are repeated on EINTR by the real implementation.
package protocol FileSystem: Sendable {
    /// Opens a directory for reading; ENOTDIR or ELOOP for anything else.
    func openDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32

    /// Opens a file for reading without waiting for the other end of a FIFO.
    func openFile(at directory: Int32, _ name: UnsafePointer<CChar>) throws(SystemError) -> Int32

    /// Opens an existing file of Tandem's own for reading and writing; never a user's.
    func openForWriting(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32

    /// Creates a file for reading and writing; EEXIST when the name is taken.
    func createFile(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        mode: UInt32
    ) throws(SystemError) -> Int32

    /// Opens the directory at `path` beneath `root`, following no link on the way.
    ///
    /// The path may be longer than the kernel's limit. The root path opens the root itself anew.
    func openBeneath(root: Int32, _ path: RelativePath) throws(SystemError) -> Int32

    /// What stands at a name; nil when nothing does (ENOENT, ENOTDIR).
    func status(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> FileStatus?

    /// What an open descriptor refers to.
    func status(of descriptor: Int32) throws(SystemError) -> FileStatus

    /// Reads raw `getdents64` records; the number of bytes, 0 at the end.
    ///
    /// `DirectoryRecords` walks them.
    func readDirectory(
        _ directory: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int

    /// Reads a link's target.
    func readLink(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> [UInt8]

    /// Makes a link; EEXIST when the name is taken.
    func makeLink(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        target: [UInt8]
    ) throws(SystemError)

    /// Makes a directory, its mode under the umask; EEXIST when the name is taken.
    func makeDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        mode: UInt32
    ) throws(SystemError)

    /// Renames within one file system, as `how` says.
    func rename(
        from fromDirectory: Int32,
        _ fromName: UnsafePointer<CChar>,
        to toDirectory: Int32,
        _ toName: UnsafePointer<CChar>,
        how: RenameHow
    ) throws(SystemError)

    /// Removes a name that is not a directory.
    func removeFile(at directory: Int32, _ name: UnsafePointer<CChar>) throws(SystemError)

    /// Removes an empty directory.
    func removeDirectory(at directory: Int32, _ name: UnsafePointer<CChar>) throws(SystemError)

    /// Reads from the current offset; 0 at the end.
    func read(
        _ descriptor: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int

    /// Writes at the current offset; may take only some of the bytes.
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int

    /// Reads from `offset`; 0 at the end.
    func read(
        _ descriptor: Int32,
        at offset: UInt64,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int

    /// Writes at `offset`; may take only some of the bytes.
    func write(
        _ descriptor: Int32,
        at offset: UInt64,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) -> Int

    /// Makes a file or directory durable (fsync).
    ///
    /// After an error the kernel may have dropped the data: discard the file, never sync it again.
    func sync(_ descriptor: Int32) throws(SystemError)

    /// Makes everything on the file system that holds `descriptor` durable.
    func syncFileSystem(_ descriptor: Int32) throws(SystemError)

    /// Starts writing back a range without waiting; a hint that never fails.
    func startWriteback(_ descriptor: Int32, offset: UInt64, length: UInt64)

    /// Copies between files at their current offsets inside the kernel; may be short, 0 at the end.
    ///
    /// EXDEV, EINVAL, ENOSYS and EOPNOTSUPP mean "copy it yourself".
    func copyRange(from source: Int32, to target: Int32, length: Int) throws(SystemError) -> Int

    /// Sets the permission bits.
    func setMode(_ descriptor: Int32, _ mode: UInt32) throws(SystemError)

    /// Sets a file's length.
    func truncate(_ descriptor: Int32, to length: UInt64) throws(SystemError)

    /// Asks for a read lease, which no file with a writer or a writable mapping gets.
    func takeReadLease(_ descriptor: Int32) -> ReadLease

    /// Gives a read lease back.
    func releaseReadLease(_ descriptor: Int32)

    /// The kind of file system that holds `descriptor`, and its room.
    func space(of descriptor: Int32) throws(SystemError) -> FileSystemSpace

    /// A second descriptor for the same open file.
    func duplicate(_ descriptor: Int32) throws(SystemError) -> Int32

    /// Closes a descriptor; its number may be reused at once.
    func close(_ descriptor: Int32)
}

/// What a rename does with a taken target name.
package enum RenameHow: Sendable {
    /// Replaces it.
    case plain
    /// Fails with EEXIST; EINVAL where the file system cannot promise that.
    case noReplace
    /// Swaps the two names; ENOENT when the target is absent, EINVAL where it cannot be done.
    case exchange
}

/// The answer to a request for a read lease.
package enum ReadLease: Hashable, Sendable {
    /// Nobody had the file open for writing or mapped writable; release it soon.
    case held
    /// Somebody writes, or may (EAGAIN).
    case busy
    /// The lease cannot be had: not the owner, or not this file system. It says nothing.
    case unavailable
}

/// A file system's kind (statfs `f_type`) and its room for an ordinary user.
package struct FileSystemSpace: Hashable, Sendable {
    package var kind: UInt64
    package var free: UInt64
    package var total: UInt64

    package init(kind: UInt64, free: UInt64, total: UInt64) {
        self.kind = kind
        self.free = free
        self.total = total
    }
}
