import CTandem
import Glibc
package import TandemSystem

/// The few calls a log file makes on the disk, so that a test can let the disk run full.
package protocol LogStorage: Sendable {
    /// Opens a file for appending, made if it is not there.
    func open(_ path: String) throws(SystemError) -> OpenLog
    /// Appends some of `bytes`, and says how many.
    func append(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws(SystemError) -> Int
    func truncate(_ descriptor: Int32, to size: Int) throws(SystemError)
    func close(_ descriptor: Int32)
    /// Renames a file to a name that is free; EEXIST where it is taken.
    func rename(_ path: String, to newPath: String) throws(SystemError)
    func remove(_ path: String) throws(SystemError)
    /// The names in a directory, in any order; none where it cannot be read.
    func names(in directory: String) -> [String]
    /// Which file stands at a path; nil where none does.
    func identity(of path: String) -> LogIdentity?
    /// When a file was last written, in nanoseconds since 1970.
    func modified(_ path: String) -> Int64?
}

/// A log file just opened: its descriptor, its size, and when its first line was about written.
package struct OpenLog: Sendable {
    package var descriptor: Int32
    package var size: Int
    package var begun: Int64
    package var identity: LogIdentity

    package init(descriptor: Int32, size: Int, begun: Int64, identity: LogIdentity) {
        self.descriptor = descriptor
        self.size = size
        self.begun = begun
        self.identity = identity
    }
}

/// What tells a file from every other one, whatever it is called.
package struct LogIdentity: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64

    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// The real disk.
package struct DiskLogStorage: LogStorage {
    package init() {}

    package func open(_ path: String) throws(SystemError) -> OpenLog {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let descriptor = tandem_open_at(AT_FDCWD, path, flags, 0o640)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        var status = tandem_status()
        guard tandem_status_at(descriptor, "", &status) == 0 else {
            let error = SystemError("stat", path)
            Glibc.close(descriptor)
            throw error
        }
        guard mode_t(status.mode) & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            throw SystemError("open as a regular file", path, errno: EINVAL)
        }
        return OpenLog(
            descriptor: descriptor,
            size: Int(status.size),
            begun: status.birth_ns != 0 ? status.birth_ns : status.mtime_ns,
            identity: LogIdentity(device: status.device, inode: status.inode)
        )
    }

    package func append(
        _ bytes: ArraySlice<UInt8>,
        to descriptor: Int32
    ) throws(SystemError) -> Int {
        while true {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { return count }
            guard errno == EINTR else { throw SystemError("write") }
        }
    }

    package func truncate(_ descriptor: Int32, to size: Int) throws(SystemError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw SystemError("truncate") }
    }

    package func close(_ descriptor: Int32) { Glibc.close(descriptor) }

    package func rename(_ path: String, to newPath: String) throws(SystemError) {
        let noReplace = UInt32(TANDEM_RENAME_NOREPLACE)
        if tandem_rename(AT_FDCWD, path, AT_FDCWD, newPath, noReplace) == 0 { return }
        guard errno == EINVAL || errno == ENOSYS else { throw SystemError("rename", path) }
        // Where the file system cannot promise it: a link takes no name that is taken.
        guard link(path, newPath) == 0, unlink(path) == 0 else {
            throw SystemError("rename", path)
        }
    }

    package func remove(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 else { throw SystemError("remove", path) }
    }

    package func names(in directory: String) -> [String] {
        Directory.names(in: directory)
    }

    package func identity(of path: String) -> LogIdentity? {
        var status = tandem_status()
        guard tandem_status_at(AT_FDCWD, path, &status) == 0 else { return nil }
        return LogIdentity(device: status.device, inode: status.inode)
    }

    package func modified(_ path: String) -> Int64? {
        var status = tandem_status()
        guard tandem_status_at(AT_FDCWD, path, &status) == 0 else { return nil }
        return status.mtime_ns
    }
}
