package import TandemTree

/// What one status call tells about a file, directory, link or other entry.
package struct FileStatus: Hashable, Sendable {
    /// The `st_mode` word: type and permission bits.
    package var mode: UInt16
    package var uid: UInt32
    package var links: UInt32
    package var inode: UInt64
    package var device: UInt64
    package var size: UInt64
    /// Nanoseconds since 1970, wrapped past the year 2262; compared, never shown.
    package var modified: Int64
    package var changed: Int64
    /// Time of creation; 0 where the file system has none.
    package var birth: Int64
    /// Something is mounted here, possibly a directory of the same device.
    package var isMountRoot: Bool

    package init(
        mode: UInt16,
        uid: UInt32 = 0,
        links: UInt32 = 1,
        inode: UInt64,
        device: UInt64,
        size: UInt64,
        modified: Int64,
        changed: Int64,
        birth: Int64 = 0,
        isMountRoot: Bool = false
    ) {
        self.mode = mode
        self.uid = uid
        self.links = links
        self.inode = inode
        self.device = device
        self.size = size
        self.modified = modified
        self.changed = changed
        self.birth = birth
        self.isMountRoot = isMountRoot
    }

    /// The type of entry that `mode` names.
    package enum FileType: Hashable, Sendable {
        case file, directory, link, fifo, socket, characterDevice, blockDevice, unknown
    }

    /// The type in `mode`.
    package var type: FileType {
        switch mode & Self.typeMask {
        case 0o100000: .file
        case 0o040000: .directory
        case 0o120000: .link
        case 0o010000: .fifo
        case 0o140000: .socket
        case 0o020000: .characterDevice
        case 0o060000: .blockDevice
        default: .unknown
        }
    }

    /// The kind the tree knows: everything that is not a file, directory or link is `other`.
    package var kind: EntryKind {
        switch type {
        case .file: .file
        case .directory: .directory
        case .link: .link
        default: .other
        }
    }

    /// The owner's execute bit of a file, the only permission that is synced.
    package var isExecutable: Bool { type == .file && mode & 0o100 != 0 }

    /// Inode, mtime and ctime: what vouches for content that was hashed before.
    package var stamp: Stamp { Stamp(inode: inode, modified: modified, changed: changed) }

    /// Whether the same inode has the same content as far as a status call can tell.
    package func vouches(for earlier: FileStatus) -> Bool {
        stamp == earlier.stamp && size == earlier.size && mode == earlier.mode
            && device == earlier.device
    }

    private static let typeMask: UInt16 = 0o170000
}
