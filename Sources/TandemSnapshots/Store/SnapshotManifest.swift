package import TandemTree

/// Why a snapshot was taken.
package enum SnapshotReason: UInt8, Hashable, Sendable, CaseIterable {
    case interval = 1
    case request = 2
    /// Before an act that may lose something.
    case act = 3
}

/// One snapshot: everything about it but its content.
///
///     magic "TDMSNAP\n", version u32, time i64 (ns since 1970), duration u64 (ns), reason u8,
///     label (length u32, UTF-8), root 32 B (the root directory's object and tree digest),
///     rules 32 B, files u64, directories u64, links u64, bytes u64, new bytes u64,
///     stored bytes u64, problems u64, problems kept u32, for each: path (length u32), reason u8;
///     then the SHA-256 of all of it
///
/// A snapshot's id is the SHA-256 of the whole file, which is also its name: a listed snapshot is
/// whole, and cannot be changed.
package struct SnapshotManifest: Hashable, Sendable {
    /// Nanoseconds since 1970, when the scan began.
    package var time: Int64
    /// How long it took, in nanoseconds.
    package var duration: UInt64
    package var reason: SnapshotReason
    /// What a person or an act called it; may be empty.
    package var label: String
    /// The digest of the tree, and the object of its root directory.
    package var root: Digest
    /// The rule set that said what is left out.
    package var rules: Digest
    package var files: UInt64 = 0
    package var directories: UInt64 = 0
    package var links: UInt64 = 0
    /// What all files hold together.
    package var bytes: UInt64 = 0
    /// What of it no snapshot held before.
    package var newBytes: UInt64 = 0
    /// What this snapshot added to the store.
    package var storedBytes: UInt64 = 0
    /// How many entries could not be read.
    package var problemCount: UInt64 = 0
    /// The first of them.
    package var problems: [ProblemEntry] = []

    package static let longestLabel = 400
    package static let keptProblems = 200
    private static let magic = Array("TDMSNAP\n".utf8)
    private static let version: UInt32 = 1

    package init(
        time: Int64,
        duration: UInt64 = 0,
        reason: SnapshotReason,
        label: String,
        root: Digest,
        rules: Digest
    ) {
        self.time = time
        self.duration = duration
        self.reason = reason
        self.label = label
        self.root = root
        self.rules = rules
    }

    package func encode() -> [UInt8] {
        var writer = FlatWriter()
        writer.put(raw: Self.magic)
        writer.put(Self.version)
        writer.put(time)
        writer.put(duration)
        writer.put(reason.rawValue)
        writer.put(label)
        writer.put(root)
        writer.put(rules)
        for count in [files, directories, links, bytes, newBytes, storedBytes, problemCount] {
            writer.put(count)
        }
        writer.put(UInt32(problems.count))
        for problem in problems {
            writer.put(counted: problem.path.bytes)
            writer.put(problem.reason.rawValue)
        }
        return writer.sealed()
    }

    /// Reads a manifest; nil for anything that was not written as one.
    package init?(decoding bytes: [UInt8]) {
        guard let manifest = try? Self.read(bytes) else { return nil }
        self = manifest
    }

    private static func read(_ bytes: [UInt8]) throws(FlatDamage) -> SnapshotManifest {
        var reader = try FlatReader(sealed: bytes)
        guard try reader.slice(magic.count).elementsEqual(magic), try reader.u32() == version else {
            throw FlatDamage()
        }
        let time = try reader.i64()
        let duration = try reader.u64()
        guard let reason = SnapshotReason(rawValue: try reader.u8()) else { throw FlatDamage() }
        var manifest = SnapshotManifest(
            time: time,
            duration: duration,
            reason: reason,
            label: try reader.text(atMost: longestLabel),
            root: try reader.digest(),
            rules: try reader.digest()
        )
        manifest.files = try reader.u64()
        manifest.directories = try reader.u64()
        manifest.links = try reader.u64()
        manifest.bytes = try reader.u64()
        manifest.newBytes = try reader.u64()
        manifest.storedBytes = try reader.u64()
        manifest.problemCount = try reader.u64()
        for _ in 0..<(try reader.count(ofSize: 5)) {
            let path = try reader.counted(atMost: RelativePath.longestPath)
            guard let path = try? RelativePath(validating: path),
                let reason = Problem(rawValue: try reader.u8())
            else { throw FlatDamage() }
            manifest.problems.append(ProblemEntry(path: path, reason: reason))
        }
        guard reader.isAtEnd else { throw FlatDamage() }
        return manifest
    }
}

/// A snapshot as it is listed.
package struct SnapshotInfo: Hashable, Sendable {
    package var id: Digest
    package var manifest: SnapshotManifest
    package var isPinned: Bool

    /// What people type: unique in any store of theirs, and short.
    package var shortID: String { String(id.hex.prefix(Self.shortLength)) }

    package static let shortLength = 10

    package init(id: Digest, manifest: SnapshotManifest, isPinned: Bool) {
        self.id = id
        self.manifest = manifest
        self.isPinned = isPinned
    }

    /// As retention sees it.
    package var moment: SnapshotMoment {
        SnapshotMoment(
            id: id.hex,
            time: manifest.time / 1_000_000_000,
            fraction: manifest.time % 1_000_000_000,
            isPinned: isPinned
        )
    }
}
