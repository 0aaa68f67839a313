/// What kind of thing an entry is.
public enum EntryKind: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// A regular file.
    case file = 1
    /// A directory.
    case directory = 2
    /// A symbolic link; it is never followed.
    case link = 3
    /// A FIFO, socket, device, or something unreadable: in the tree, never in a digest.
    case other = 4
}

/// What stands at a path, as far as it travels between the sides.
///
/// An absent entry is `Optional.none`.
public struct EntryState: Hashable, Sendable, BitwiseCopyable {
    /// The kind.
    public var kind: EntryKind
    /// The owner's execute bit of a file; false for all else.
    public var executable: Bool
    /// The bytes of a file, or of a link's target; 0 for all else.
    public var size: UInt64
    /// SHA-256 of a file's content or a link's target bytes; of a directory the Merkle digest.
    public var digest: Digest

    /// Makes a state from its parts.
    public init(kind: EntryKind, executable: Bool = false, size: UInt64 = 0, digest: Digest = .zero)
    {
        self.kind = kind
        self.executable = executable
        self.size = size
        self.digest = digest
    }

    /// A directory whose digest is not known or not wanted.
    public static let directory = EntryState(kind: .directory)

    /// A file with this content.
    public static func file(_ digest: Digest, size: UInt64, executable: Bool = false) -> EntryState
    {
        EntryState(kind: .file, executable: executable, size: size, digest: digest)
    }

    /// A link with these target bytes.
    public static func link(to target: [UInt8]) -> EntryState {
        EntryState(
            kind: .link,
            size: UInt64(target.count),
            digest: ContentHasher.digest(of: target)
        )
    }

    /// The same entry with the digest left out if it is a directory.
    public var withoutDirectoryDigest: EntryState {
        kind == .directory ? .directory : self
    }
}

/// What one stat call says about an entry, to tell next time that it has not changed.
public struct Stamp: Hashable, Sendable, BitwiseCopyable {
    /// The inode number.
    public var inode: UInt64
    /// mtime in nanoseconds since 1970.
    public var modified: Int64
    /// ctime in nanoseconds since 1970.
    public var changed: Int64

    /// Makes a stamp from its parts.
    public init(inode: UInt64, modified: Int64, changed: Int64) {
        self.inode = inode
        self.modified = modified
        self.changed = changed
    }

    /// No stamp: nothing is known.
    public static let zero = Stamp(inode: 0, modified: 0, changed: 0)
}
