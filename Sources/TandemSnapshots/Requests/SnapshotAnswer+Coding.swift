import TandemTree

extension SnapshotAnswer {
    private enum Code: UInt8 {
        case working = 1
        case snapshot, entry, difference, directory, link, file, data, endOfFile, export
        case pruned, verified, statistics, failed, done, settings
    }

    /// The bytes of the answer, without the length before them.
    package func encode() -> [UInt8] {
        var writer = FlatWriter()
        func begin(_ code: Code) { writer.put(code.rawValue) }
        switch self {
        case .working: begin(.working)
        case .snapshot(let info):
            begin(.snapshot)
            writer.put(info.isPinned)
            writer.put(raw: info.manifest.encode())
        case .entry(let path, let state):
            begin(.entry)
            writer.put(counted: path.bytes)
            writer.put(state)
        case .difference(let difference):
            begin(.difference)
            writer.put(counted: difference.path.bytes)
            writer.put(optional: difference.old)
            writer.put(optional: difference.new)
        case .event(let event): Self.put(event, &writer)
        case .data(let bytes):
            begin(.export)
            writer.put(raw: bytes)
        case .pruned(let report):
            begin(.pruned)
            writer.put(report)
        case .verified(let report):
            begin(.verified)
            writer.put(report)
        case .statistics(let statistics):
            begin(.statistics)
            writer.put(statistics)
        case .failed(let error):
            begin(.failed)
            writer.put(error.code.rawValue)
            writer.put(error.what)
            writer.put(error.next)
        case .done: begin(.done)
        case .settings(let report):
            begin(.settings)
            writer.put(report)
        }
        return writer.bytes
    }

    private static func put(_ event: SnapshotEvent, _ writer: inout FlatWriter) {
        switch event {
        case .directory(let path):
            writer.put(Code.directory.rawValue)
            writer.put(counted: path.bytes)
        case .symbolicLink(let path, let target):
            writer.put(Code.link.rawValue)
            writer.put(counted: path.bytes)
            writer.put(counted: target)
        case .file(let path, let executable, let size, let digest):
            writer.put(Code.file.rawValue)
            writer.put(counted: path.bytes)
            writer.put(executable)
            writer.put(size)
            writer.put(digest)
        case .data(let bytes):
            writer.put(Code.data.rawValue)
            writer.put(raw: bytes)
        case .endOfFile: writer.put(Code.endOfFile.rawValue)
        }
    }

    /// Reads an answer; nil for anything that is none.
    package init?(decoding bytes: [UInt8]) {
        var reader = FlatReader(bytes)
        guard let answer = try? Self.read(&reader), reader.isAtEnd else { return nil }
        self = answer
    }

    private static func read(_ reader: inout FlatReader) throws(FlatDamage) -> SnapshotAnswer {
        guard let code = Code(rawValue: try reader.u8()) else { throw FlatDamage() }
        switch code {
        case .working: return .working
        case .snapshot: return .snapshot(try reader.snapshot())
        case .entry: return .entry(try reader.path(), try reader.state())
        case .difference:
            let path = try reader.path()
            let (old, new) = (try reader.optionalState(), try reader.optionalState())
            return .difference(Difference(path: path, old: old, new: new))
        case .directory: return .event(.directory(try reader.path()))
        case .link:
            let path = try reader.path()
            let target = try reader.counted(atMost: SnapshotWire.longestText)
            return .event(.symbolicLink(path: path, target: target))
        case .file:
            return .event(
                .file(
                    try reader.path(),
                    executable: try reader.flag(),
                    size: try reader.u64(),
                    digest: try reader.digest()
                )
            )
        case .data: return .event(.data(try reader.slice(reader.remaining)))
        case .endOfFile: return .event(.endOfFile)
        case .export: return .data(Array(try reader.slice(reader.remaining)))
        case .pruned: return .pruned(try reader.pruneReport())
        case .verified: return .verified(try reader.verification())
        case .statistics: return .statistics(try reader.statistics())
        case .failed:
            guard let code = SnapshotError.Code(rawValue: try reader.u8()) else {
                throw FlatDamage()
            }
            let what = try reader.text(atMost: SnapshotWire.longestText)
            let next = try reader.text(atMost: SnapshotWire.longestText)
            return .failed(SnapshotError(code, what, next: next))
        case .done: return .done
        case .settings: return .settings(try reader.settingsReport())
        }
    }
}
