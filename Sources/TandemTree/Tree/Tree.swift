/// All entries of a root in columns: no heap object for an entry, ids that stay while it lives.
///
/// Children of a directory are a run of ids in one arena, sorted by the raw bytes of their names,
/// which lie in another arena. A directory whose digest may be stale is dirty, and so is every
/// directory above it; `rehash()` visits dirty directories only. A copy shares what neither changes.
public struct Tree: Sendable {
    /// An entry's number in the columns; it is reused after the entry is gone.
    public typealias ID = UInt32

    /// The root's id.
    public static let rootID: ID = 0

    // The columns, one element for an id.
    var parents = Column<ID>(0)
    var kinds = Column<UInt8>(EntryKind.directory.rawValue)
    var flags = Column<UInt8>(0)
    var nameLengths = Column<UInt16>(0)
    var nameOffsets = Column<UInt32>(0)
    var childStarts = Column<UInt32>(0)
    var childCounts = Column<UInt32>(0)
    var childCapacities = Column<UInt32>(0)
    var sizes = Column<UInt64>(0)
    var digests = Column<Digest>(Tree.emptyDirectoryDigest)
    var stamps = Column<Stamp>(.zero)

    // The arenas, and how much of them nobody uses any more.
    var slots: [ID] = []
    var names = NameArena()
    var wastedSlots = 0
    var wastedNameBytes = 0

    // Ids whose entries are gone.
    var free: [ID] = []

    // The entries of kind `other`; they stand in no digest, so no walk by digests finds them.
    var others: Set<ID> = []

    static let freeKind: UInt8 = 0
    static let executableFlag: UInt8 = 1
    static let dirtyFlag: UInt8 = 2

    /// The first byte of what a directory's digest covers.
    static let directoryDigestVersion: UInt8 = 1

    /// The digest of a directory without entries.
    public static let emptyDirectoryDigest = ContentHasher.digest(of: [directoryDigestVersion])

    /// An empty root.
    public init() {}

    /// The entries, the root not counted.
    public var count: Int { parents.count - free.count - 1 }

    /// The root directory's digest as of the last `rehash()`.
    public var rootDigest: Digest { digests[0] }

    /// Whether something changed since the last `rehash()`.
    public var needsRehash: Bool { flags[0] & Tree.dirtyFlag != 0 }

    /// The children of a directory in the order of their names.
    public func childIDs(of id: ID) -> ArraySlice<ID> { slots[childRange(of: id)] }

    /// How many children a directory has.
    public func childCount(of id: ID) -> Int { Int(childCounts[Int(id)]) }

    /// The entry's kind.
    public func kind(of id: ID) -> EntryKind {
        EntryKind(rawValue: kinds[Int(id)]) ?? .other
    }

    /// The owner's execute bit of a file.
    public func executable(of id: ID) -> Bool { flags[Int(id)] & Tree.executableFlag != 0 }

    /// The bytes of a file, or of a link's target.
    public func size(of id: ID) -> UInt64 { sizes[Int(id)] }

    /// The entry's digest; of a directory as of the last `rehash()`.
    public func digest(of id: ID) -> Digest { digests[Int(id)] }

    /// What the last look at the entry said.
    public func stamp(of id: ID) -> Stamp { stamps[Int(id)] }

    /// The directory that holds the entry; the root's is the root.
    public func parent(of id: ID) -> ID { parents[Int(id)] }

    /// Whether the directory waits for `rehash()`.
    public func isDirty(_ id: ID) -> Bool { flags[Int(id)] & Tree.dirtyFlag != 0 }

    /// All that travels of an entry.
    public func state(of id: ID) -> EntryState {
        EntryState(
            kind: kind(of: id),
            executable: executable(of: id),
            size: size(of: id),
            digest: digest(of: id)
        )
    }

    func childRange(of id: ID) -> Range<Int> {
        let start = Int(childStarts[Int(id)])
        return start..<(start + Int(childCounts[Int(id)]))
    }

    func nameBytes(of id: ID) -> ArraySlice<UInt8> {
        names.name(at: nameOffsets[Int(id)], count: nameLengths[Int(id)])
    }
}
