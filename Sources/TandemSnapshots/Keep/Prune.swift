import TandemFiles
import TandemSystem
package import TandemTree

/// What a prune did, or would do.
package struct PruneReport: Sendable {
    /// About every snapshot, newest first.
    package var decisions: [RetentionDecision] = []
    package var removedPacks: UInt64 = 0
    package var rewrittenPacks: UInt64 = 0
    /// Bytes that the packs took before and take after.
    package var bytesBefore: UInt64 = 0
    package var bytesAfter: UInt64 = 0
    /// Packs that are damaged, and were left as they are.
    package var damagedPacks: UInt64 = 0
    package var isDryRun = false

    package init() {}
}

extension SnapshotStore {
    /// Takes off the list what the policy does not keep, and removes what no snapshot needs.
    ///
    /// The order makes it safe at any moment: what is kept is marked first, snapshots go off the
    /// list next, objects are written anew and durable before the pack they lay in is removed.
    ///
    /// - Parameters:
    ///   - policy: what to keep; an empty one forgets nothing.
    ///   - forgotten: snapshots to forget whatever the policy says; none of them is pinned.
    ///   - dryRun: decide, and do nothing.
    /// - Returns: what was done.
    /// - Throws: `SnapshotError`; `.damaged` when a kept snapshot cannot be read, `.invalid` when one
    ///   to forget is pinned: nothing is removed.
    package func prune(
        _ policy: RetentionPolicy,
        forgetting forgotten: Set<Digest> = [],
        dryRun: Bool = false
    ) throws(SnapshotError) -> PruneReport {
        let lock = try StoreLock(dryRun ? .reading : .pruning, in: directory)
        defer { extendLifetime(lock) }
        do throws(SystemError) { if !dryRun { try removeLeftovers() } } catch {
            throw .call("clean the store", error)
        }
        let listed = try listWithDamage()
        if let damaged = listed.damaged.first {
            throw SnapshotError(
                .damaged,
                "the manifest snapshots/\(damaged.hex) is damaged, so what it needs is not known",
                next: "remove that file to give the snapshot up, then prune again"
            )
        }
        try refusePinned(forgotten, listed.snapshots)
        let damagedPacks = try refresh()
        var report = PruneReport()
        report.isDryRun = dryRun
        report.damagedPacks = UInt64(damagedPacks.count)
        report.decisions = decide(policy, forgotten, listed.snapshots)
        let kept = Set(report.decisions.filter(\.isKept).map(\.snapshot.id))
        let live = try mark(listed.snapshots.filter { kept.contains($0.id.hex) })
        if !dryRun {
            try forget(listed.snapshots.map(\.id).filter { !kept.contains($0.hex) })
            CrashPoint.reach("prune-forgotten")
        }
        try Sweep(store: self, live: live, dryRun: dryRun).run(&report)
        if !dryRun {
            try refresh()
            saveIndexFile()
        }
        return report
    }

    private func refusePinned(
        _ forgotten: Set<Digest>,
        _ snapshots: [SnapshotInfo]
    ) throws(SnapshotError) {
        let pinned = snapshots.first { $0.isPinned && forgotten.contains($0.id) }
        guard let pinned else { return }
        throw SnapshotError(
            .invalid,
            "the snapshot \(pinned.shortID) is pinned, so nothing was given up",
            next: "leave it to the rules first: tandem snapshot unpin \(pinned.shortID)"
        )
    }

    private func decide(
        _ policy: RetentionPolicy,
        _ forgotten: Set<Digest>,
        _ snapshots: [SnapshotInfo]
    ) -> [RetentionDecision] {
        var decisions = policy.decide(snapshots.map(\.moment))
        let names = Set(forgotten.map(\.hex))
        for index in decisions.indices where names.contains(decisions[index].snapshot.id) {
            decisions[index].reasons = []
        }
        return decisions
    }

    /// Every object that the snapshots need.
    private func mark(_ snapshots: [SnapshotInfo]) throws(SnapshotError) -> Set<ObjectKey> {
        let reader = ObjectReader(unlocked: self)
        var live: Set<ObjectKey> = []
        for snapshot in snapshots {
            do throws(SnapshotError) {
                try mark(snapshot.manifest.root, reader, &live)
            } catch {
                let unpin =
                    snapshot.isPinned ? "`tandem snapshot unpin \(snapshot.shortID)`, then " : ""
                throw SnapshotError(
                    error.code,
                    "the snapshot \(snapshot.shortID) cannot be read, so nothing was removed: "
                        + error.what,
                    next: "run `tandem snapshot verify`; \(unpin)`tandem snapshot prune --forget "
                        + "\(snapshot.shortID)` gives it up"
                )
            }
        }
        return live
    }

    private func mark(
        _ root: Digest,
        _ reader: ObjectReader,
        _ live: inout Set<ObjectKey>
    ) throws(SnapshotError) {
        var pending = [root]
        while let id = pending.popLast() {
            guard live.insert(ObjectKey(.directory, id)).inserted else { continue }
            for entry in try reader.directory(id).entries {
                guard entry.kind != .directory else {
                    pending.append(entry.digest)
                    continue
                }
                try mark(content: entry.digest, reader, &live)
            }
        }
    }

    private func mark(
        content: Digest,
        _ reader: ObjectReader,
        _ live: inout Set<ObjectKey>
    ) throws(SnapshotError) {
        let chunk = ObjectKey(.chunk, content)
        if reader.contains(chunk) {
            live.insert(chunk)
            return
        }
        guard live.insert(ObjectKey(.list, content)).inserted else { return }
        for piece in try reader.chunks(of: content) {
            let key = ObjectKey(.chunk, piece.id)
            guard reader.contains(key) else {
                throw .damage("the chunk \(piece.id.hex.prefix(12)) is missing")
            }
            live.insert(key)
        }
    }
}
