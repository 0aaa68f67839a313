package import TandemTree

/// What a snapshot is to bring back on the vm, in place.
package struct RestoreOrder: Sendable {
    /// The snapshot's entries at `path` and below it, with the directories above; paths are from the
    /// root.
    package var snapshot: Tree
    /// The entry that is brought back, with all below it.
    package var path: RelativePath
    /// What stands on the vm, was seen by the snapshot daemon, and is not in the snapshot; nil
    /// where nothing is to be removed.
    package var removable: Set<RelativePath>?
    /// What the pair's configuration says about ignoring.
    package var ignore: IgnoreSettings

    package init(
        snapshot: Tree,
        path: RelativePath,
        removable: Set<RelativePath>? = nil,
        ignore: IgnoreSettings = IgnoreSettings()
    ) {
        self.snapshot = snapshot
        self.path = path
        self.removable = removable
        self.ignore = ignore
    }
}

/// What a restore in place does, as a person is shown it before it is done.
package struct RestorePlan: Sendable {
    /// An entry that is left as it is, and why.
    package struct Kept: Hashable, Sendable {
        package var path: RelativePath
        package var reason: String

        package init(path: RelativePath, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    /// What changes on the vm, a directory before what is in it.
    package var changes: [Change] = []
    /// What the snapshot has and is not brought back.
    package var kept: [Kept] = []
    /// Entries on the vm that the snapshot lacks, and that stay.
    package var extraCount = 0
    /// Entries of the snapshot that the pair's rules leave out.
    package var ignoredCount = 0
    /// Bytes of files that the vm may not have already.
    package var contentBytes: UInt64 = 0
    /// Whether something is displaced that the laptop does not hold as it is.
    package var displacesLive = false
    /// The rules that the plan was made by.
    package var rules: RuleSet = .standard

    package init() {}
}

/// What became of a restore in place.
package struct RestoreReport: Sendable {
    package var appliedCount = 0
    /// Planned, and left as it is: something newer stands there, or it could not be done.
    package var kept: [RestorePlan.Kept] = []
    package var sentContentBytes: UInt64 = 0

    package init() {}
}

/// What reading a snapshot's contents gives, in the order that was asked for.
package enum RestoredPiece: Sendable {
    case symbolicLink(RelativePath, target: [UInt8])
    /// A file begins.
    case file(RelativePath, size: UInt64, digest: Digest)
    /// The next bytes of the last file.
    case data(ArraySlice<UInt8>)
    /// The last file is complete.
    case end
}

/// Reads files and links of a snapshot, in the order they are named.
package typealias SnapshotReading =
    @Sendable (
        _ paths: [RelativePath], _ body: (RestoredPiece) throws -> Void
    ) throws -> Void
