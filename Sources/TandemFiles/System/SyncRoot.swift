package import TandemSystem

/// An open root directory, and what makes it this one and no other.
///
/// The descriptor belongs to whoever opened the root and outlives this value.
package struct SyncRoot: Hashable, Sendable {
    package var descriptor: Int32
    /// Where it was opened, for messages only: every call goes through the descriptor.
    package var path: String
    package var device: UInt64
    package var inode: UInt64
    /// Creation time, 0 where unknown: tells a recreated directory that got the same inode.
    package var birth: Int64

    /// Makes a root of a directory's descriptor and status.
    package init(descriptor: Int32, path: String, status: FileStatus) {
        self.descriptor = descriptor
        self.path = path
        device = status.device
        inode = status.inode
        birth = status.birth
    }

    /// Opens the directory at `path`; the caller closes `descriptor` through `fileSystem`.
    ///
    /// - Parameters:
    ///   - path: absolute, or relative to the process's directory; a final link is not followed.
    ///   - fileSystem: what opens and later closes it.
    /// - Returns: the root, open.
    /// - Throws: ENOENT, ENOTDIR or ELOOP when no directory stands there, EACCES.
    package static func open(
        _ path: String,
        on fileSystem: any FileSystem
    ) throws(SystemError) -> SyncRoot {
        let descriptor = try withCName(Array(path.utf8)) { name throws(SystemError) in
            try fileSystem.openDirectory(at: currentDirectory, name)
        }
        do throws(SystemError) {
            let status = try fileSystem.status(of: descriptor)
            return SyncRoot(descriptor: descriptor, path: path, status: status)
        } catch {
            fileSystem.close(descriptor)
            throw error
        }
    }
}
