import Glibc
import TandemSystem
import TandemTree

/// The list of what lies on the shelf, in segments that are each written once, whole and durable.
///
/// A segment is `catalogue-<number>`, and says either everything or what changed since the one
/// before. Many small ones are replaced by one that says everything.
struct ShelfCatalogue: Sendable {
    enum Record {
        case put(ShelfItem)
        case remove(UInt64)
    }

    private static let magic = Array("TNDMSHF1".utf8)
    private static let prefix = Array("catalogue-".utf8)
    private static let sizeLimit = 1 << 30
    /// So many segments are read at an open without being noticed.
    private static let mostSegments = 64

    private(set) var items: [UInt64: ShelfItem] = [:]
    private var segments: [UInt64] = []
    private var nextSegment: UInt64 = 1
    private(set) var nextID: UInt64 = 1
    /// A segment could not be read: items may be missing, so no object may be taken for unused.
    private(set) var isDamaged = false

    init() {}

    /// Reads every segment in the directory.
    init(from directory: Directory) throws(SystemError) {
        let numbers = try directory.names().compactMap(Self.number).sorted()
        for number in numbers {
            segments.append(number)
            nextSegment = number &+ 1
            guard let bytes = try directory.readWhole(Self.name(number), limit: Self.sizeLimit),
                let (whole, records) = Self.decode(bytes)
            else {
                isDamaged = true
                continue
            }
            if whole { items.removeAll() }
            for record in records { take(record) }
        }
    }

    /// Whether a name in the shelf directory is the catalogue's own.
    static func owns(_ name: [UInt8]) -> Bool { name.starts(with: prefix) }

    /// Makes records durable; many segments become one.
    mutating func append(_ records: [Record], to directory: Directory) throws(SystemError) {
        guard !records.isEmpty else { return }
        for record in records { take(record) }
        let whole = segments.count >= Self.mostSegments && !isDamaged
        let bytes = whole ? encode(items.values.map { .put($0) }, whole: true) : encode(records)
        let number = nextSegment
        try directory.writeDurably(Self.name(number), bytes)
        nextSegment &+= 1
        if whole {
            for old in segments { try directory.removeIfPresent(Self.name(old)) }
            segments.removeAll()
        }
        segments.append(number)
    }

    /// A number for a new item.
    mutating func makeID() -> UInt64 {
        defer { nextID &+= 1 }
        return nextID
    }

    private mutating func take(_ record: Record) {
        switch record {
        case .put(let item):
            items[item.id] = item
            nextID = max(nextID, item.id &+ 1)
        case .remove(let id): items[id] = nil
        }
    }

    // MARK: Bytes

    private static func name(_ number: UInt64) -> [UInt8] {
        let bytes = stride(from: 56, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: number >> UInt64($0))
        }
        return prefix + hexadecimal(bytes)
    }

    private static func number(_ name: [UInt8]) -> UInt64? {
        guard owns(name), name.count == prefix.count + 16 else { return nil }
        return UInt64(String(decoding: name.dropFirst(prefix.count), as: UTF8.self), radix: 16)
    }

    private func encode(_ records: [Record], whole: Bool = false) -> [UInt8] {
        var writer = RecordWriter()
        writer.put(raw: Self.magic)
        writer.put(whole)
        writer.put(UInt32(clamping: records.count))
        for record in records {
            switch record {
            case .put(let item):
                writer.put(UInt8(1))
                writer.put(item.id)
                writer.put(item.path.bytes)
                writer.put(item.state)
                writer.put(item.time)
                writer.put(item.shelfClass.rawValue)
                writer.put(item.generation)
                writer.put(item.object)
                writer.put(item.isPacked)
            case .remove(let id):
                writer.put(UInt8(2))
                writer.put(id)
            }
        }
        return writer.sealed()
    }

    static func decode(_ bytes: [UInt8]) -> (whole: Bool, records: [Record])? {
        guard var reader = RecordReader(sealed: bytes), reader.raw(magic.count) == magic,
            let whole = reader.flag(), let count = reader.integer(UInt32.self)
        else { return nil }
        var records: [Record] = []
        for _ in 0..<count {
            switch reader.integer(UInt8.self) {
            case 1:
                guard let item = decodeItem(&reader) else { return nil }
                records.append(.put(item))
            case 2:
                guard let id = reader.integer(UInt64.self) else { return nil }
                records.append(.remove(id))
            default: return nil
            }
        }
        return reader.isAtEnd ? (whole, records) : nil
    }

    private static func decodeItem(_ reader: inout RecordReader) -> ShelfItem? {
        guard let id = reader.integer(UInt64.self), let path = reader.path(),
            case .some(.some(let state)) = reader.state(), let time = reader.integer(Int64.self),
            let code = reader.integer(UInt8.self), let shelfClass = ShelfClass(rawValue: code),
            let generation = reader.integer(UInt64.self), let object = reader.counted(),
            (try? RelativePath.checkName(object)) != nil, let isPacked = reader.flag()
        else { return nil }
        return ShelfItem(
            id: id,
            path: path,
            state: state,
            time: time,
            shelfClass: shelfClass,
            generation: generation,
            object: object,
            isPacked: isPacked
        )
    }
}
