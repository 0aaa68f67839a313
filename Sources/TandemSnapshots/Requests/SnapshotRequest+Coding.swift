import TandemTree

extension SnapshotRequest {
    private enum Code: UInt8 {
        case take = 1
        case list, show, diff, restore, export, prune, verify, pin, statistics, contents
        case settings
    }

    /// The bytes of the request, without the length before them.
    package func encode() -> [UInt8] {
        var writer = FlatWriter()
        func begin(_ code: Code) { writer.put(code.rawValue) }
        switch self {
        case .take(let reason, let label):
            begin(.take)
            writer.put(reason.rawValue)
            writer.put(label)
        case .list: begin(.list)
        case .show(let id, let path):
            begin(.show)
            writer.put(id)
            writer.put(counted: path.bytes)
        case .diff(let old, let new):
            begin(.diff)
            writer.put(old)
            writer.put(new ?? "")
        case .restore(let id, let path):
            begin(.restore)
            writer.put(id)
            writer.put(counted: path.bytes)
        case .export(let id, let path):
            begin(.export)
            writer.put(id)
            writer.put(counted: path.bytes)
        case .prune(let request):
            begin(.prune)
            writer.put(request)
        case .verify: begin(.verify)
        case .pin(let id, let isPinned):
            begin(.pin)
            writer.put(id)
            writer.put(isPinned)
        case .statistics: begin(.statistics)
        case .contents(let id, let paths):
            begin(.contents)
            writer.put(id)
            writer.put(UInt32(clamping: paths.count))
            for path in paths { writer.put(counted: path.bytes) }
        case .settings(let settings):
            begin(.settings)
            writer.put(settings != nil)
            if let settings { writer.put(settings) }
        }
        return writer.bytes
    }

    /// Reads a request; nil for anything that is none.
    package init?(decoding bytes: [UInt8]) {
        var reader = FlatReader(bytes)
        guard let request = try? Self.read(&reader), reader.isAtEnd else { return nil }
        self = request
    }

    private static func read(_ reader: inout FlatReader) throws(FlatDamage) -> SnapshotRequest {
        guard let code = Code(rawValue: try reader.u8()) else { throw FlatDamage() }
        switch code {
        case .take:
            guard let reason = SnapshotReason(rawValue: try reader.u8()) else {
                throw FlatDamage()
            }
            let label = try reader.text(atMost: SnapshotManifest.longestLabel)
            return .take(reason: reason, label: label)
        case .list: return .list
        case .show: return .show(id: try reader.id(), path: try reader.path())
        case .diff:
            let old = try reader.id()
            let new = try reader.id()
            return .diff(old: old, new: new.isEmpty ? nil : new)
        case .restore: return .restore(id: try reader.id(), path: try reader.path())
        case .export: return .export(id: try reader.id(), path: try reader.path())
        case .prune: return .prune(try reader.pruneRequest())
        case .verify: return .verify
        case .pin: return .pin(id: try reader.id(), isPinned: try reader.flag())
        case .statistics: return .statistics
        case .contents:
            let id = try reader.id()
            var paths: [RelativePath] = []
            for _ in 0..<(try reader.count(ofSize: 4)) { paths.append(try reader.path()) }
            return .contents(id: id, paths: paths)
        case .settings: return .settings(try reader.flag() ? try reader.settings() : nil)
        }
    }
}

extension FlatWriter {
    fileprivate mutating func put(_ request: PruneRequest) {
        put(request.policy != nil)
        put(request.policy ?? RetentionPolicy())
        put(UInt32(clamping: request.forgotten.count))
        for id in request.forgotten { put(id) }
        put(request.isDryRun)
    }
}

extension FlatReader {
    mutating func id() throws(FlatDamage) -> String {
        try text(atMost: SnapshotWire.longestID)
    }

    mutating func path() throws(FlatDamage) -> RelativePath {
        let bytes = try counted(atMost: RelativePath.longestPath)
        guard let path = try? RelativePath(validating: bytes) else { throw FlatDamage() }
        return path
    }

    fileprivate mutating func pruneRequest() throws(FlatDamage) -> PruneRequest {
        let hasPolicy = try flag()
        let policy = try policy()
        var request = PruneRequest(policy: hasPolicy ? policy : nil, isDryRun: false)
        for _ in 0..<(try count(ofSize: 4)) { request.forgotten.append(try id()) }
        request.isDryRun = try flag()
        return request
    }
}
