import Dispatch
package import TandemSystem
import TandemTree

extension SnapshotService {
    /// Serves one connection: one request, its answers, the end.
    package func serve(_ link: any ByteLink) {
        defer { link.close() }
        let frames = SnapshotLink(link)
        let request: SnapshotRequest
        do {
            // A peer that sends nothing costs a thread for this long.
            guard
                let bytes = try frames.receive(
                    atMost: SnapshotWire.longestRequest,
                    until: .now() + .seconds(10)
                )
            else { return }
            guard let known = SnapshotRequest(decoding: bytes) else {
                let error = SnapshotError(
                    .invalid,
                    "the snapshot daemon does not know this request",
                    next: "install the same version on both sides"
                )
                return try frames.send(SnapshotAnswer.failed(error).encode())
            }
            request = known
        } catch { return }
        // A peer that went away ends its request; nobody is there to be told.
        try? answer(request) { try frames.send($0.encode()) }
    }

    /// Does what a request asks and sends its answers, the last being `done` or `failed`.
    package func answer(
        _ request: SnapshotRequest,
        _ send: (SnapshotAnswer) throws -> Void
    ) throws {
        countRequest()
        do {
            try perform(request, send)
        } catch let error as SnapshotError {
            return try send(.failed(error))
        }
        try send(.done)
    }

    private func perform(
        _ request: SnapshotRequest,
        _ send: (SnapshotAnswer) throws -> Void
    ) throws {
        switch request {
        case .take(let reason, let label):
            try send(.snapshot(try take(reason: reason, label: label)))
        case .list: for info in try store.list() { try send(.snapshot(info)) }
        case .show(let id, let path): try show(try store.find(id), path, send)
        case .diff(let old, let new): try diff(old, new, send)
        case .restore(let id, let path):
            try store.read(try store.find(id), path) { try send(.event($0)) }
        case .contents(let id, let paths):
            try store.read(try store.find(id), contentsAt: paths) { try send(.event($0)) }
        case .export(let id, let path): try export(try store.find(id), path, send)
        case .prune(let request): try send(.pruned(try prune(request)))
        case .verify: try send(.verified(try verify()))
        case .pin(let id, let isPinned):
            var info = try store.find(id)
            try store.setPinned(info.id, isPinned)
            info.isPinned = isPinned
            try send(.snapshot(info))
        case .statistics: try send(.statistics(try store.statistics()))
        case .settings(let told):
            if let told { try settings.tell(told) }
            try send(.settings(settings.report))
        }
    }

    private func show(
        _ info: SnapshotInfo,
        _ path: RelativePath,
        _ send: (SnapshotAnswer) throws -> Void
    ) throws {
        try send(.snapshot(info))
        let tree = try store.tree(of: info)
        guard let start = tree.find(path) else {
            throw SnapshotError(.notFound, "the snapshot \(info.shortID) has no \(path)")
        }
        try tree.forEach(from: start) { id, bytes in
            let isStart = id == start && tree.kind(of: id) == .directory
            if !isStart {
                try send(.entry(RelativePath(trusted: bytes), tree.state(of: id)))
            }
            return true
        }
    }

    private func diff(
        _ old: String,
        _ new: String?,
        _ send: (SnapshotAnswer) throws -> Void
    ) throws {
        let from = try store.tree(of: try store.find(old))
        let to = try new.map { try store.tree(of: try store.find($0)) } ?? scan()
        for difference in differences(from: from, to: to) { try send(.difference(difference)) }
    }

    private func export(
        _ info: SnapshotInfo,
        _ path: RelativePath,
        _ send: (SnapshotAnswer) throws -> Void
    ) throws {
        var tar = TarWriter(time: info.manifest.time / 1_000_000_000)
        let stream = ZstdStream()
        let top = path.isRoot ? Array("snapshot-\(info.shortID)".utf8) : path.name
        var waiting: [UInt8] = []
        func pass(_ bytes: [UInt8]?) throws {
            guard let bytes else { throw SnapshotError(.failed, "zstd has no memory") }
            waiting += bytes
            if waiting.count >= SnapshotWire.dataSize {
                try send(.data(waiting))
                waiting = []
            }
        }
        try store.read(info, path) { try pass(stream.add(tar.bytes(for: $0, below: top))) }
        try pass(stream.add(tar.end()))
        try pass(stream.finish())
        if !waiting.isEmpty { try send(.data(waiting)) }
    }
}
