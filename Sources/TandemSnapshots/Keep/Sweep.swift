import Synchronization
import TandemFiles
import TandemSystem
import TandemTree

/// Removes the packs, and parts of packs, that no snapshot needs.
struct Sweep {
    /// One pack, and what of it is needed.
    private struct Candidate {
        var file: PackFile
        var contents: PackContents
        var live: [PackedObject]
        var liveBytes: UInt64 = 0
        var rawBytes: UInt64 = 0

        var size: UInt64 { contents.packedBytes }
    }

    let store: SnapshotStore
    let live: Set<ObjectKey>
    let dryRun: Bool

    /// A pack is written anew when more than this part of it is not needed (restic's default is 5 %
    /// of the whole store; a quarter of a pack bounds the waste and the work alike).
    private static let wastedPart: UInt64 = 4
    /// Snapshots every minute make small packs; so many are joined to few.
    private static let smallPacks = 16

    func run(_ report: inout PruneReport) throws(SnapshotError) {
        do throws(SystemError) {
            let candidates = try candidates()
            report.bytesBefore = candidates.reduce(0) { $0 &+ $1.size }
            let dead = candidates.filter(\.live.isEmpty)
            let rewritten = chosen(from: candidates.filter { !$0.live.isEmpty })
            report.removedPacks = UInt64(dead.count)
            report.rewrittenPacks = UInt64(rewritten.count)
            report.bytesAfter = report.bytesBefore &- dead.reduce(0) { $0 &+ $1.size }
            // First what needs no room: the disk may be full.
            if !dryRun { try remove(dead.map(\.file.name)) }
            CrashPoint.reach("prune-dead-removed")
            for candidate in rewritten {
                report.bytesAfter &-= candidate.size
                report.bytesAfter &+= estimate(candidate)
            }
            guard !dryRun, !rewritten.isEmpty else { return }
            try rewrite(rewritten, &report)
        } catch {
            throw .call("remove what no snapshot needs", error)
        }
    }

    /// What is left of a pack, if its parts compress alike.
    private func estimate(_ candidate: Candidate) -> UInt64 {
        guard candidate.rawBytes > 0 else { return 0 }
        let part = Double(candidate.liveBytes) / Double(candidate.rawBytes)
        return UInt64(Double(candidate.size) * part)
    }

    private func candidates() throws(SystemError) -> [Candidate] {
        let index = store.index.withLock { $0 }
        var candidates: [Candidate] = []
        for (number, pack) in index.packs.enumerated() {
            let file = try PackFile(pack.name, in: store.packs)
            guard let contents = try file.contents() else { continue }
            var candidate = Candidate(file: file, contents: contents, live: [])
            for object in contents.objects {
                candidate.rawBytes += UInt64(object.length)
                // Of an object that lies in several packs, one is needed: the one that is found.
                guard live.contains(object.key), let place = index.place(of: object.key),
                    place.pack == number, place.block == object.block,
                    place.offset == object.offset
                else { continue }
                candidate.live.append(object)
                candidate.liveBytes += UInt64(object.length)
            }
            candidates.append(candidate)
        }
        return candidates
    }

    private func chosen(from candidates: [Candidate]) -> [Candidate] {
        let small = candidates.filter { $0.size < UInt64(PackFormat.packSize / 4) }
        let joins = small.count >= Self.smallPacks
        return candidates.filter { candidate in
            let wasted = candidate.rawBytes - candidate.liveBytes
            let isWasteful =
                wasted > candidate.rawBytes / Self.wastedPart
                || candidate.live.count < candidate.contents.objects.count / 2
            return isWasteful || (joins && candidate.size < UInt64(PackFormat.packSize / 4))
        }
    }

    private func rewrite(
        _ candidates: [Candidate],
        _ report: inout PruneReport
    ) throws(SystemError) {
        var builder = PackBuilder()
        var written: Set<Digest> = []
        var done: [Digest] = []
        for candidate in candidates {
            guard let parts = try read(candidate) else {
                // Damaged: what can still be read of it stays where it is.
                report.damagedPacks += 1
                continue
            }
            for part in parts {
                switch part {
                case .whole(let packed, let block, let objects):
                    builder.add(packed, as: block, holding: objects)
                case .some(let object, let bytes): builder.add(object.key, bytes)
                }
            }
            done.append(candidate.file.name)
            if builder.isFull { try write(&builder, &written) }
        }
        if !builder.isEmpty { try write(&builder, &written) }
        CrashPoint.reach("prune-rewritten")
        // A pack that was written anew with all it had keeps its name.
        try remove(done.filter { !written.contains($0) })
    }

    private func write(
        _ builder: inout PackBuilder,
        _ written: inout Set<Digest>
    ) throws(SystemError) {
        let pack = builder.finish()
        try store.packs.replaceDurably(PackFile.fileName(pack.name), pack.parts)
        written.insert(pack.name)
    }

    /// What is taken over from a pack.
    private enum Part {
        case whole([UInt8], PackBlock, [PackedObject])
        case some(PackedObject, ArraySlice<UInt8>)
    }

    /// The needed parts of a pack; nil when one of its blocks is not what was written.
    private func read(_ candidate: Candidate) throws(SystemError) -> [Part]? {
        let all = Dictionary(grouping: candidate.contents.objects, by: \.block)
        let needed = Dictionary(grouping: candidate.live, by: \.block)
        var parts: [Part] = []
        for (number, objects) in needed.sorted(by: { $0.key < $1.key }) {
            let block = candidate.contents.blocks[Int(number)]
            if objects.count == all[number]?.count,
                Int(block.rawLength) >= PackFormat.blockSize / 2
            {
                guard let packed = try candidate.file.packed(block) else { return nil }
                parts.append(.whole(packed, block, objects))
                continue
            }
            guard let raw = try candidate.file.raw(block) else { return nil }
            for object in objects {
                let start = Int(object.offset)
                parts.append(.some(object, raw[start..<(start + Int(object.length))]))
            }
        }
        return parts
    }

    private func remove(_ names: [Digest]) throws(SystemError) {
        guard !names.isEmpty else { return }
        for name in names { try store.packs.removeIfPresent(PackFile.fileName(name)) }
        try store.packs.sync()
    }
}
