import Glibc
import TandemSystem
import TandemTree

/// The list of what lies on the shelf, in segments that are each written once, whole and durable.
///
/// A segment is a numbered file in the directory `catalogue`, and says either everything or what
/// changed since the one before. Many small ones are replaced by one that says everything. Whoever
/// holds the list in memory compares the numbers before using it.
struct ShelfCatalogue: Sendable {
    enum Record {
        case put(ShelfItem)
        case remove(UInt64)
    }

    private static let magic = Array("TNDMSHF1".utf8)
    static let name = Array("catalogue".utf8)
    private static let sizeLimit = 1 << 30
    /// So many segments are read at an open without being noticed.
    private static let mostSegments = 64

    private(set) var items: [UInt64: ShelfItem] = [:]
    /// How many items lie under an object's name.
    private(set) var references: [[UInt8]: Int] = [:]
    /// The object of each content that is here as a plain file.
    private(set) var contents: [Digest: [UInt8]] = [:]
    private var segments: [UInt64] = []
    private var nextSegment: UInt64 = 1
    private(set) var nextID: UInt64 = 1
    /// A segment could not be read: items may be missing, so no object may be taken for unused.
    private(set) var isDamaged = false

    private let directory: Directory

    /// Reads every segment in the directory.
    init(from directory: Directory) throws(SystemError) {
        self.directory = directory
        for number in try Self.numbers(in: directory) {
            segments.append(number)
            nextSegment = number &+ 1
            guard let bytes = try directory.readWhole(Self.name(number), limit: Self.sizeLimit),
                let (whole, records) = Self.decode(bytes)
            else {
                isDamaged = true
                continue
            }
            if whole { forgetItems() }
            for record in records { take(record) }
        }
    }

    /// Reads anew what somebody else has written since.
    mutating func refresh() throws(SystemError) {
        guard try Self.numbers(in: directory) != segments else { return }
        self = try ShelfCatalogue(from: directory)
    }

    private static func numbers(in directory: Directory) throws(SystemError) -> [UInt64] {
        try directory.names().compactMap(number).sorted()
    }

    /// Makes records durable; many segments become one.
    mutating func append(_ records: [Record]) throws(SystemError) {
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

    private mutating func forgetItems() {
        items.removeAll()
        references.removeAll()
        contents.removeAll()
    }

    private mutating func take(_ record: Record) {
        switch record {
        case .put(let item):
            forget(item.id)
            items[item.id] = item
            references[item.object, default: 0] += 1
            if item.state.kind == .file { contents[item.state.digest] = item.object }
            nextID = max(nextID, item.id &+ 1)
        case .remove(let id): forget(id)
        }
    }

    private mutating func forget(_ id: UInt64) {
        guard let item = items.removeValue(forKey: id) else { return }
        guard let count = references[item.object], count > 1 else {
            references[item.object] = nil
            if contents[item.state.digest] == item.object { contents[item.state.digest] = nil }
            return
        }
        references[item.object] = count - 1
    }

    // MARK: Bytes

    private static func name(_ number: UInt64) -> [UInt8] {
        let bytes = stride(from: 56, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: number >> UInt64($0))
        }
        return hexadecimal(bytes)
    }

    private static func number(_ name: [UInt8]) -> UInt64? {
        guard name.count == 16 else { return nil }
        return UInt64(String(decoding: name, as: UTF8.self), radix: 16)
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
                writer.put(item.bytes)
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
            (try? RelativePath.checkName(object)) != nil, let isPacked = reader.flag(),
            let bytes = reader.integer(UInt64.self)
        else { return nil }
        return ShelfItem(
            id: id,
            path: path,
            state: state,
            time: time,
            shelfClass: shelfClass,
            generation: generation,
            object: object,
            isPacked: isPacked,
            bytes: bytes
        )
    }
}
