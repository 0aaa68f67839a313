import TandemTree

/// The parts of answers.
extension FlatWriter {
    mutating func put(_ state: EntryState) {
        put(state.kind.rawValue)
        put(state.executable)
        put(state.size)
        put(state.digest)
    }

    mutating func put(optional state: EntryState?) {
        put(state != nil)
        if let state { put(state) }
    }

    mutating func put(_ report: PruneReport) {
        put(report.isDryRun)
        for count in [
            report.removedPacks, report.rewrittenPacks, report.bytesBefore, report.bytesAfter,
            report.damagedPacks,
        ] {
            put(count)
        }
        put(UInt32(clamping: report.decisions.count))
        for decision in report.decisions {
            put(decision.snapshot.id)
            put(decision.snapshot.time)
            put(decision.snapshot.fraction)
            put(decision.snapshot.isPinned)
            put(UInt32(clamping: decision.reasons.count))
            for reason in decision.reasons { put(reason) }
        }
    }

    mutating func put(_ report: VerificationReport) {
        for count in [report.snapshots, report.packs, report.objects, report.bytesRead] {
            put(count)
        }
        // A store that is damaged all over has more to say than anybody reads.
        let damage = report.damage.prefix(1000)
        put(UInt32(damage.count))
        for sentence in damage { put(sentence) }
        put(UInt32(clamping: report.hurt.count))
        for hurt in report.hurt {
            put(hurt.id)
            put(hurt.count)
            put(UInt32(clamping: hurt.paths.count))
            for path in hurt.paths { put(counted: path.bytes) }
        }
    }

    mutating func put(_ statistics: StoreStatistics) {
        for count in [
            statistics.snapshots, statistics.pinned, statistics.packs, statistics.objects,
            statistics.snapshotBytes, statistics.uniqueBytes, statistics.storedBytes,
        ] {
            put(count)
        }
        put(statistics.newest)
        put(statistics.oldest)
    }
}

extension FlatReader {
    mutating func snapshot() throws(FlatDamage) -> SnapshotInfo {
        let isPinned = try flag()
        let bytes = Array(try slice(remaining))
        guard let manifest = SnapshotManifest(decoding: bytes) else { throw FlatDamage() }
        let id = ContentHasher.digest(of: bytes)
        return SnapshotInfo(id: id, manifest: manifest, isPinned: isPinned)
    }

    mutating func state() throws(FlatDamage) -> EntryState {
        guard let kind = EntryKind(rawValue: try u8()) else { throw FlatDamage() }
        return EntryState(
            kind: kind,
            executable: try flag(),
            size: try u64(),
            digest: try digest()
        )
    }

    mutating func optionalState() throws(FlatDamage) -> EntryState? {
        try flag() ? try state() : nil
    }

    mutating func pruneReport() throws(FlatDamage) -> PruneReport {
        var report = PruneReport()
        report.isDryRun = try flag()
        report.removedPacks = try u64()
        report.rewrittenPacks = try u64()
        report.bytesBefore = try u64()
        report.bytesAfter = try u64()
        report.damagedPacks = try u64()
        for _ in 0..<(try count(ofSize: 25)) {
            let moment = SnapshotMoment(
                id: try id(),
                time: try i64(),
                fraction: try i64(),
                isPinned: try flag()
            )
            var decision = RetentionDecision(snapshot: moment, reasons: [])
            for _ in 0..<(try count(ofSize: 4)) { decision.reasons.append(try id()) }
            report.decisions.append(decision)
        }
        return report
    }

    mutating func verification() throws(FlatDamage) -> VerificationReport {
        var report = VerificationReport()
        report.snapshots = try u64()
        report.packs = try u64()
        report.objects = try u64()
        report.bytesRead = try u64()
        for _ in 0..<(try count(ofSize: 4)) {
            report.damage.append(try text(atMost: SnapshotWire.longestText))
        }
        for _ in 0..<(try count(ofSize: Digest.byteCount + 12)) {
            var hurt = VerificationReport.Hurt(id: try digest(), count: try u64(), paths: [])
            for _ in 0..<(try count(ofSize: 4)) { hurt.paths.append(try path()) }
            report.hurt.append(hurt)
        }
        return report
    }

    mutating func statistics() throws(FlatDamage) -> StoreStatistics {
        var statistics = StoreStatistics()
        statistics.snapshots = try u64()
        statistics.pinned = try u64()
        statistics.packs = try u64()
        statistics.objects = try u64()
        statistics.snapshotBytes = try u64()
        statistics.uniqueBytes = try u64()
        statistics.storedBytes = try u64()
        statistics.newest = try i64()
        statistics.oldest = try i64()
        return statistics
    }
}
