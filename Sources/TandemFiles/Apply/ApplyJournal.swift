import Glibc
import TandemSystem
import TandemTree

/// The record of a swap pass, durable before its first rename and gone after its last.
///
/// It tells which value under an opaque name is staged and which was displaced: the staged one has
/// the inode noted here.
struct ApplyJournal {
    struct Operation {
        var kind: ApplyPlan.Kind
        /// The opaque name of the staged value; a value renamed away has `displaced` of it.
        var name: [UInt8]
        var path: RelativePath
        var expected: EntryState?
        var new: EntryState?
        /// The staged value's; 0 where nothing is staged.
        var inode: UInt64
    }

    var rules: RuleSet?
    var shelfClass: ShelfClass
    var generation: UInt64
    var operations: [Operation] = []

    static let fileName = Array("journal".utf8)
    private static let magic = Array("TNDMJRN1".utf8)
    /// 200 bytes for each of a million changes, and long paths.
    private static let sizeLimit = 1 << 30

    /// The name for what is renamed out of the way, where nothing can be exchanged.
    static func displaced(_ name: [UInt8]) -> [UInt8] { name + [UInt8(ascii: "d")] }

    func write(in stage: Directory) throws(SystemError) {
        var writer = RecordWriter()
        writer.put(raw: Self.magic)
        writer.put(shelfClass.rawValue)
        writer.put(generation)
        writer.put(rules?.encode() ?? [])
        writer.put(UInt32(clamping: operations.count))
        for operation in operations {
            writer.put(operation.kind.rawValue)
            writer.put(operation.name)
            writer.put(operation.path.bytes)
            writer.put(operation.expected)
            writer.put(operation.new)
            writer.put(operation.inode)
        }
        try stage.writeDurably(Self.fileName, writer.sealed())
    }

    enum Loaded {
        case none
        case whole(ApplyJournal)
        /// Written whole once, and changed since: nothing it says can be trusted.
        case damaged
    }

    static func load(from stage: Directory) throws(SystemError) -> Loaded {
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try stage.readWhole(fileName, limit: sizeLimit)
        } catch {
            guard error.errno == EFBIG || error.errno == EISDIR else { throw error }
            return .damaged
        }
        guard let bytes else { return .none }
        return decode(bytes).map { .whole($0) } ?? .damaged
    }

    static func decode(_ bytes: [UInt8]) -> ApplyJournal? {
        guard var reader = RecordReader(sealed: bytes), reader.raw(magic.count) == magic,
            let code = reader.integer(UInt8.self), let shelfClass = ShelfClass(rawValue: code),
            let generation = reader.integer(UInt64.self), let rules = reader.counted(),
            let count = reader.integer(UInt32.self)
        else { return nil }
        var journal = ApplyJournal(
            rules: rules.isEmpty ? nil : try? RuleSet(decoding: rules),
            shelfClass: shelfClass,
            generation: generation
        )
        for _ in 0..<count {
            guard let operation = decodeOperation(&reader) else { return nil }
            journal.operations.append(operation)
        }
        return reader.isAtEnd ? journal : nil
    }

    private static func decodeOperation(_ reader: inout RecordReader) -> Operation? {
        guard let code = reader.integer(UInt8.self), let kind = ApplyPlan.Kind(rawValue: code),
            let name = reader.counted(), (try? RelativePath.checkName(name)) != nil,
            let path = reader.path(), let expected = reader.state(), let new = reader.state(),
            let inode = reader.integer(UInt64.self)
        else { return nil }
        return Operation(
            kind: kind,
            name: name,
            path: path,
            expected: expected,
            new: new,
            inode: inode
        )
    }

    static func remove(from stage: Directory) throws(SystemError) {
        try stage.removeIfPresent(fileName)
        try stage.sync()
    }
}
