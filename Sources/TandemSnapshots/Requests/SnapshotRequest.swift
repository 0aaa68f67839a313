package import TandemTree

/// What somebody asks of the snapshot daemon; one request for a connection.
package enum SnapshotRequest: Hashable, Sendable {
    case take(reason: SnapshotReason, label: String)
    case list
    /// The entries of a snapshot, or of a directory of it.
    case show(id: String, path: RelativePath)
    /// What differs between two snapshots; without the second, between one and the tree.
    case diff(old: String, new: String?)
    /// An entry's content and all below it.
    case restore(id: String, path: RelativePath)
    /// The same as a tar archive, compressed with zstd.
    case export(id: String, path: RelativePath)
    case prune(PruneRequest)
    case verify
    case pin(id: String, isPinned: Bool)
    case statistics
    /// The content of files and links of a snapshot, in the order they are named.
    case contents(id: String, paths: [RelativePath])
    /// What the daemon shall go by from now on; nil only asks what it goes by.
    case settings(SnapshotSettings?)
}

/// What a prune shall keep.
package struct PruneRequest: Hashable, Sendable {
    /// The daemon's own policy where nothing is given.
    package var policy: RetentionPolicy?
    /// Snapshots to give up whatever the policy says.
    package var forgotten: [String]
    package var isDryRun: Bool

    package init(policy: RetentionPolicy?, forgotten: [String] = [], isDryRun: Bool) {
        self.policy = policy
        self.forgotten = forgotten
        self.isDryRun = isDryRun
    }
}

/// What the daemon answers, one after the other until `done` or `failed`.
package enum SnapshotAnswer: Sendable {
    /// It works and has nothing to say yet.
    case working
    case snapshot(SnapshotInfo)
    case entry(RelativePath, EntryState)
    case difference(Difference)
    case event(SnapshotEvent)
    /// The next bytes of an export.
    case data([UInt8])
    case pruned(PruneReport)
    case verified(VerificationReport)
    case statistics(StoreStatistics)
    case failed(SnapshotError)
    case done
    case settings(SettingsReport)
}

/// How requests and answers lie on the link.
///
///     length u32 of what follows, then type u8, then the fields (docs/SNAPSHOTS.md)
package enum SnapshotWire {
    /// A request is a few words.
    package static let longestRequest = 256 << 10
    /// The longest chunk, or a manifest with all the problems it keeps.
    package static let longestAnswer = 16 << 20
    /// Data is cut to this, so that a frame is never much of a client's memory.
    package static let dataSize = 256 << 10
    package static let headerSize = 4

    static let longestID = 128
    static let longestText = 64 << 10
}
