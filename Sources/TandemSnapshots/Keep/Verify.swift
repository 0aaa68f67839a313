import TandemFiles
import TandemSystem
package import TandemTree

/// What a verification found.
package struct VerificationReport: Sendable {
    /// A snapshot of which something cannot be restored.
    package struct Hurt: Sendable, Hashable {
        package var id: Digest
        /// How many entries cannot be restored; 0 for a manifest that cannot be read.
        package var count: UInt64
        /// The first of them.
        package var paths: [RelativePath]

        package init(id: Digest, count: UInt64, paths: [RelativePath]) {
            self.id = id
            self.count = count
            self.paths = paths
        }
    }

    package var snapshots: UInt64 = 0
    package var packs: UInt64 = 0
    package var objects: UInt64 = 0
    package var bytesRead: UInt64 = 0
    /// One sentence for each damage.
    package var damage: [String] = []
    package var hurt: [Hurt] = []

    package var isClean: Bool { damage.isEmpty && hurt.isEmpty }

    package init() {}
}

extension SnapshotStore {
    /// Reads every byte of the store and says what is not as it was written, and who is hurt by it.
    package func verify() throws(SnapshotError) -> VerificationReport {
        let lock = try StoreLock(.reading, in: directory)
        defer { extendLifetime(lock) }
        try refresh()
        var report = VerificationReport()
        var good: [ObjectKey: UInt32] = [:]
        var lists: [Digest: ChunkList] = [:]
        do throws(SystemError) {
            try verifyIndexFile(&report)
            for name in try packs.names().compactMap(PackFile.name).sorted() {
                try verifyPack(name, &report, &good, &lists)
            }
        } catch {
            throw .call("read the store", error)
        }
        let listed = try listWithDamage()
        report.snapshots = UInt64(listed.snapshots.count + listed.damaged.count)
        for id in listed.damaged {
            report.damage.append("the manifest snapshots/\(id.hex) is not what was written")
            report.hurt.append(.init(id: id, count: 0, paths: []))
        }
        var walk = HurtWalk(store: self, good: good, lists: lists)
        for snapshot in listed.snapshots {
            if let hurt = walk.hurt(snapshot) { report.hurt.append(hurt) }
        }
        return report
    }

    private func verifyIndexFile(_ report: inout VerificationReport) throws(SystemError) {
        let bytes = try contents(of: IndexFile.name, in: directory, atMost: 1 << 32)
        guard let bytes, (try? IndexFile.decode(bytes)) == nil else { return }
        report.damage.append("the file index is not what was written; it is made again at a prune")
    }

    private func verifyPack(
        _ name: Digest,
        _ report: inout VerificationReport,
        _ good: inout [ObjectKey: UInt32],
        _ lists: inout [Digest: ChunkList]
    ) throws(SystemError) {
        report.packs += 1
        let file = try PackFile(name, in: packs)
        guard let contents = try file.contents() else {
            report.damage.append("the footer of packs/\(name.hex) is not what was written")
            return
        }
        let objects = Dictionary(grouping: contents.objects, by: \.block)
        for (number, block) in contents.blocks.enumerated() {
            report.bytesRead += UInt64(block.packedLength)
            guard let raw = try file.raw(block) else {
                report.damage.append(
                    "block \(number) of packs/\(name.hex) is not what was written"
                )
                continue
            }
            for object in objects[UInt32(number)] ?? [] {
                report.objects += 1
                let start = Int(object.offset)
                let bytes = Array(raw[start..<(start + Int(object.length))])
                guard Self.isSound(object.key, bytes, &lists) else {
                    report.damage.append(
                        "an object of block \(number) of packs/\(name.hex) has another digest"
                    )
                    continue
                }
                good[object.key] = object.length
            }
        }
    }

    /// Whether an object's bytes are what its name says.
    private static func isSound(
        _ key: ObjectKey,
        _ bytes: [UInt8],
        _ lists: inout [Digest: ChunkList]
    ) -> Bool {
        guard key.kind == .list else { return ContentHasher.digest(of: bytes) == key.id }
        guard let list = try? ChunkList(decoding: bytes) else { return false }
        lists[key.id] = list
        return true
    }
}

/// Walks snapshots and finds what of them cannot be restored.
struct HurtWalk {
    private let reader: ObjectReader
    private let good: [ObjectKey: UInt32]
    private let lists: [Digest: ChunkList]
    /// Directories in which everything is whole.
    private var whole: Set<Digest> = []

    /// Paths named for one snapshot; the rest is counted.
    private static let named = 20

    init(store: SnapshotStore, good: [ObjectKey: UInt32], lists: [Digest: ChunkList]) {
        reader = ObjectReader(unlocked: store)
        self.good = good
        self.lists = lists
    }

    mutating func hurt(_ snapshot: SnapshotInfo) -> VerificationReport.Hurt? {
        var hurt = VerificationReport.Hurt(id: snapshot.id, count: 0, paths: [])
        walk(snapshot.manifest.root, .root, &hurt)
        return hurt.count == 0 ? nil : hurt
    }

    private mutating func walk(
        _ root: Digest,
        _ path: RelativePath,
        _ hurt: inout VerificationReport.Hurt
    ) {
        // A directory comes twice: to be entered, and, below it, to be found whole.
        var pending = [(digest: root, path: path, count: UInt64?.none)]
        while let next = pending.popLast() {
            if let before = next.count {
                if hurt.count == before { whole.insert(next.digest) }
                continue
            }
            guard !whole.contains(next.digest) else { continue }
            guard good[ObjectKey(.directory, next.digest)] != nil,
                let object = try? reader.directory(next.digest)
            else {
                note(next.path, &hurt)
                continue
            }
            pending.append((next.digest, next.path, hurt.count))
            for entry in object.entries {
                let path = next.path.appending(entry.name)
                if entry.kind == .directory {
                    pending.append((entry.digest, path, nil))
                } else if !isWhole(entry.digest) {
                    note(path, &hurt)
                }
            }
        }
    }

    private func isWhole(_ content: Digest) -> Bool {
        if good[ObjectKey(.chunk, content)] != nil { return true }
        guard let list = lists[content] else { return false }
        return list.chunks.allSatisfy { good[ObjectKey(.chunk, $0.id)] == $0.length }
    }

    private func note(_ path: RelativePath, _ hurt: inout VerificationReport.Hurt) {
        hurt.count += 1
        if hurt.paths.count < Self.named { hurt.paths.append(path) }
    }
}
