import TandemProtocol
import TandemSystem
import TandemTree

/// One batch of a restore, from Begin to Ended: the receiver says what it lacks, and the snapshot's
/// contents go straight from one daemon to the other.
///
/// It belongs to the thread that runs it. Nothing is swapped before End, so a link that breaks
/// earlier leaves the tree as it was, and what was staged for the next try.
final class RestoreBatch {
    private let plan: RestorePlan
    private let talk: Talk
    private let read: SnapshotReading
    private let observer: @Sendable (PushProgress) -> Void
    private let sent: SentCounts
    private var changes: [Change]
    private var report = RestoreReport()
    private var packer: DataPacker

    /// Paths in one question to the snapshot daemon: it takes 256 KiB at most.
    private static let pathsAtOnce = 1000
    private static let pathBytesAtOnce = 128 << 10

    /// Reads the links' targets, which travel with the changes.
    init(
        _ plan: RestorePlan,
        _ talk: Talk,
        observer: @escaping @Sendable (PushProgress) -> Void,
        reading read: @escaping SnapshotReading
    ) throws {
        self.plan = plan
        self.talk = talk
        self.read = read
        self.observer = observer
        sent = SentCounts(observer: observer)
        changes = plan.changes
        packer = DataPacker(compress: talk.link.allowsCompression)
        try readLinks()
    }

    /// Sends everything and waits for the receiver's verdict.
    func run() throws -> RestoreReport {
        guard !changes.isEmpty else { return report }
        try begin()
        CrashPoint.reach("restore.after-begin")
        try sendContent(of: try needed())
        CrashPoint.reach("restore.after-content")
        try talk.send(.end(changes: UInt32(changes.count)))
        CrashPoint.reach("restore.after-end")
        do {
            try hearTheEnd()
        } catch let error as SyncError where error.code == .unreachable {
            throw SyncError(
                .unreachable,
                "the link broke while the receiver applied the restore: \(error.message)",
                hint: "restore again: it shows what is left to be done"
            )
        }
        return report
    }

    private func readLinks() throws {
        let paths = changes.filter(\.lacksTarget).map(\.path)
        guard !paths.isEmpty else { return }
        var targets: [RelativePath: [UInt8]] = [:]
        for part in Self.parts(of: paths) {
            try read(part) {
                if case .symbolicLink(let path, let target) = $0 { targets[path] = target }
            }
        }
        for index in changes.indices where changes[index].lacksTarget {
            guard let target = targets[changes[index].path], .link(to: target) == changes[index].new
            else { throw Self.otherContent(changes[index].path) }
            changes[index].linkTarget = target
        }
    }

    private func begin() throws {
        let bytes = changes.reduce(UInt64(0)) { $0 + $1.contentBytes }
        let files = changes.count { $0.contentBytes > 0 && $0.source == nil }
        sent.expect(files: files, bytes: bytes)
        try talk.send(
            .begin(
                Begin(
                    point: LineagePoint(generation: 0, token: .random()),
                    changes: UInt32(changes.count),
                    contentBytes: bytes,
                    askFirst: true,
                    displacesLive: plan.displacesLive
                )
            )
        )
        let frames: [PackedFrame]
        do {
            frames = try ChangesPacker.frames(changes)
        } catch {
            throw SyncError(.failed, "the changes cannot be written: \(error)")
        }
        for frame in frames { try talk.link.send(frame) }
    }

    /// The changes whose content the receiver does not have.
    private func needed() throws -> [UInt32] {
        var ids: [UInt32] = []
        while true {
            guard case .need(let need) = try talk.next() else { continue }
            ids += need.ranges.flatMap { Array($0) }.filter { Int($0) < changes.count }
            if need.last { return ids }
        }
    }

    private func sendContent(of ids: [UInt32]) throws {
        var numbers: [RelativePath: UInt32] = [:]
        for id in ids where changes[Int(id)].new?.kind == .file {
            numbers[changes[Int(id)].path] = id
        }
        for part in Self.parts(of: numbers.keys.sorted()) {
            var open: (id: UInt32, offset: UInt64)?
            try read(part) { piece in
                switch piece {
                case .symbolicLink: break
                case .file(let path, let size, let digest):
                    guard let id = numbers[path], let new = changes[Int(id)].new,
                        new.size == size, new.digest == digest
                    else { throw Self.otherContent(path) }
                    open = (id, 0)
                case .data(let bytes):
                    guard let file = open else { return }
                    try send(Array(bytes), file.id, file.offset)
                    open?.offset += UInt64(bytes.count)
                case .end:
                    open = nil
                    sent.add(files: 1, bytes: 0)
                }
            }
        }
        try packer.flush { try emit($0) }
    }

    private func send(_ bytes: [UInt8], _ id: UInt32, _ offset: UInt64) throws {
        guard let size = changes[Int(id)].new?.size, offset + UInt64(bytes.count) <= size else {
            throw Self.otherContent(changes[Int(id)].path)
        }
        try packer.add(id, offset: offset, bytes) { try emit($0) }
        report.sentContentBytes += UInt64(bytes.count)
        sent.add(files: 0, bytes: UInt64(bytes.count))
    }

    private func emit(_ frame: PackedFrame) throws {
        guard !talk.link.sendContent(frame) else { return }
        // The link ended, and what it said last is the reason.
        while true { _ = try talk.next() }
    }

    private func hearTheEnd() throws {
        while true {
            switch try talk.next() {
            case .outcome(let items): for item in items { take(item) }
            case .progress(let progress):
                observer(.applying(applied: Int(progress.applied), of: changes.count))
            case .ended(let ended):
                report.appliedCount = Int(ended.applied)
                return CrashPoint.reach("restore.ended")
            default: break
            }
        }
    }

    private func take(_ item: OutcomeItem) {
        guard Int(item.id) < changes.count else { return }
        let change = changes[Int(item.id)]
        let reason: String
        switch PushSession.Outcome(item).reason {
        case .conflict(let found) where found == change.new: return
        case .conflict: reason = "it changed after the plan was made, and stays as it is now"
        case .changedWhileSent: reason = "what it is made of is not there any more; restore again"
        case .overtaken(let sentence), .failed(let sentence): reason = sentence
        }
        report.kept.append(.init(path: change.path, reason: reason))
    }

    private static func otherContent(_ path: RelativePath) -> SyncError {
        SyncError(
            .failed,
            "the snapshot daemon gave other content of \(path) than it had listed",
            hint: "nothing was changed; see `tandem snapshot verify`"
        )
    }

    /// Cuts paths into parts that one question each can name.
    private static func parts(of paths: [RelativePath]) -> [[RelativePath]] {
        var parts: [[RelativePath]] = []
        var bytes = 0
        for path in paths {
            if parts.isEmpty || parts[parts.count - 1].count >= pathsAtOnce
                || bytes + path.bytes.count > pathBytesAtOnce
            {
                parts.append([])
                bytes = 0
            }
            parts[parts.count - 1].append(path)
            bytes += path.bytes.count
        }
        return parts
    }
}
