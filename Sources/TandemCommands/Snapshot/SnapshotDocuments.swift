import TandemSnapshots
import TandemTree

/// One snapshot in JSON.
struct SnapshotItem: Encodable, Sendable {
    struct ProblemItem: Encodable, Sendable {
        var path: PathDocument
        var reason: String
    }

    var id: String
    var time: String
    var label: String
    var reason: String
    var isPinned: Bool
    var root: String
    var files: UInt64
    var directories: UInt64
    var links: UInt64
    var bytes: UInt64
    var newBytes: UInt64
    var storedBytes: UInt64
    var milliseconds: UInt64
    var problemCount: UInt64
    var problems: [ProblemItem]

    init(_ info: SnapshotInfo) {
        let manifest = info.manifest
        id = info.id.hex
        time = JSONDocument.time(manifest.time)
        label = escaped(manifest.label.utf8)
        reason = String(describing: manifest.reason)
        isPinned = info.isPinned
        root = manifest.root.hex
        files = manifest.files
        directories = manifest.directories
        links = manifest.links
        bytes = manifest.bytes
        newBytes = manifest.newBytes
        storedBytes = manifest.storedBytes
        milliseconds = manifest.duration / 1_000_000
        problemCount = manifest.problemCount
        problems = manifest.problems.map {
            ProblemItem(path: PathDocument($0.path), reason: $0.reason.sentence)
        }
    }
}

/// What `snapshot now`, `pin` and `unpin` print with `--json`.
struct SnapshotDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command: String
    var pair: PairDocument
    var snapshot: SnapshotItem

    init(command: String, pair: PairDocument, _ info: SnapshotInfo) {
        self.command = command
        self.pair = pair
        snapshot = SnapshotItem(info)
    }
}

/// What `snapshot ls --json` prints.
struct SnapshotListDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "snapshot ls"
    var pair: PairDocument
    var snapshots: [SnapshotItem]

    init(pair: PairDocument, _ snapshots: [SnapshotInfo]) {
        self.pair = pair
        self.snapshots = snapshots.map(SnapshotItem.init)
    }
}

/// What `snapshot show --json` prints.
struct SnapshotContentDocument: Encodable, Sendable {
    struct Entry: Encodable, Sendable {
        var path: PathDocument
        var kind: String
        var isExecutable: Bool
        var size: UInt64
        var digest: String
    }

    var schema = JSONDocument.schema
    var command = "snapshot show"
    var pair: PairDocument
    var snapshot: SnapshotItem
    var entries: [Entry]

    init(
        pair: PairDocument,
        _ info: SnapshotInfo,
        _ entries: [(path: RelativePath, state: EntryState)]
    ) {
        self.pair = pair
        snapshot = SnapshotItem(info)
        self.entries = entries.map { path, state in
            Entry(
                path: PathDocument(path),
                kind: state.kind.word,
                isExecutable: state.executable,
                size: state.size,
                digest: state.digest.hex
            )
        }
    }
}

/// What `snapshot diff --json` prints.
struct SnapshotDiffDocument: Encodable, Sendable {
    struct Item: Encodable, Sendable {
        var path: PathDocument
        var change: String
        var kind: String
    }

    var schema = JSONDocument.schema
    var command = "snapshot diff"
    var pair: PairDocument
    var old: String
    var new: String?
    var differences: [Item]

    init(pair: PairDocument, _ old: String, _ new: String?, _ differences: [Difference]) {
        self.pair = pair
        self.old = old
        self.new = new
        self.differences = differences.map { difference in
            Item(
                path: PathDocument(difference.path),
                change: difference.old == nil
                    ? "created" : difference.new == nil ? "removed" : "changed",
                kind: (difference.new ?? difference.old)?.kind.word ?? ""
            )
        }
    }
}

/// What `snapshot restore` and `export` print with `--json`.
struct SnapshotRestoredDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "snapshot restore"
    var pair: PairDocument
    var snapshot: String
    var path: PathDocument
    var place: String
    var entries: UInt64
    var bytes: UInt64

    init(
        command: String = "snapshot restore",
        pair: PairDocument,
        snapshot: String,
        path: RelativePath,
        place: String,
        entries: UInt64,
        bytes: UInt64
    ) {
        self.command = command
        self.pair = pair
        self.snapshot = snapshot
        self.path = PathDocument(path)
        self.place = escaped(place.utf8)
        self.entries = entries
        self.bytes = bytes
    }
}

/// What `snapshot prune --json` prints.
struct SnapshotPruneDocument: Encodable, Sendable {
    struct Decision: Encodable, Sendable {
        var id: String
        var isKept: Bool
        var reasons: [String]
    }

    var schema = JSONDocument.schema
    var command = "snapshot prune"
    var pair: PairDocument
    var isDryRun: Bool
    var decisions: [Decision]
    var removedPacks: UInt64
    var rewrittenPacks: UInt64
    var damagedPacks: UInt64
    var bytesBefore: UInt64
    var bytesAfter: UInt64

    init(pair: PairDocument, _ report: PruneReport) {
        self.pair = pair
        isDryRun = report.isDryRun
        decisions = report.decisions.map {
            Decision(id: $0.snapshot.id, isKept: $0.isKept, reasons: $0.reasons)
        }
        removedPacks = report.removedPacks
        rewrittenPacks = report.rewrittenPacks
        damagedPacks = report.damagedPacks
        bytesBefore = report.bytesBefore
        bytesAfter = report.bytesAfter
    }
}

/// What `snapshot verify --json` prints.
struct SnapshotVerifyDocument: Encodable, Sendable {
    struct Hurt: Encodable, Sendable {
        var id: String
        var entries: UInt64
        var paths: [PathDocument]
    }

    var schema = JSONDocument.schema
    var command = "snapshot verify"
    var pair: PairDocument
    var isWhole: Bool
    var snapshots: UInt64
    var packs: UInt64
    var objects: UInt64
    var bytesRead: UInt64
    var damage: [String]
    var hurt: [Hurt]

    init(pair: PairDocument, _ report: VerificationReport) {
        self.pair = pair
        isWhole = report.isClean
        snapshots = report.snapshots
        packs = report.packs
        objects = report.objects
        bytesRead = report.bytesRead
        damage = report.damage
        hurt = report.hurt.map {
            Hurt(id: $0.id.hex, entries: $0.count, paths: $0.paths.map { PathDocument($0) })
        }
    }
}

/// What `snapshot stats --json` prints.
struct SnapshotStatsDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "snapshot stats"
    var pair: PairDocument
    var snapshots: UInt64
    var pinned: UInt64
    var packs: UInt64
    var objects: UInt64
    var snapshotBytes: UInt64
    var uniqueBytes: UInt64
    var storedBytes: UInt64
    var newest: String?
    var oldest: String?
    /// Left out where the daemon is too old to say.
    var settings: SnapshotSettingsDocument?

    init(pair: PairDocument, _ found: StoreStatistics, _ settings: SettingsReport?) {
        self.settings = settings.map(SnapshotSettingsDocument.init)
        self.pair = pair
        snapshots = found.snapshots
        pinned = found.pinned
        packs = found.packs
        objects = found.objects
        snapshotBytes = found.snapshotBytes
        uniqueBytes = found.uniqueBytes
        storedBytes = found.storedBytes
        newest = found.snapshots > 0 ? JSONDocument.time(found.newest) : nil
        oldest = found.snapshots > 0 ? JSONDocument.time(found.oldest) : nil
    }
}
