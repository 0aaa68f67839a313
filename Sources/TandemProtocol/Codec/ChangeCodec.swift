import TandemTree

/// One change on the wire.
///
///     path          prefix-compressed against the change before
///     state         what the sender believes stands there
///     state         what shall stand there
///     varint, bytes link target, only if the new state is a link
///     u8            source: 0 content follows or none is needed, 1 move, 2 copy
///     path          the source's path against this change's path, if move or copy
enum ChangeCodec {
    private static let noSource: UInt8 = 0
    private static let move: UInt8 = 1
    private static let copy: UInt8 = 2

    static func append(_ change: Change, _ paths: inout PathWriter, to bytes: inout [UInt8]) {
        paths.append(change.path, to: &bytes)
        StateCodec.append(change.expected, to: &bytes)
        StateCodec.append(change.new, to: &bytes)
        if change.new?.kind == .link { bytes.append(counted: change.linkTarget ?? []) }
        switch change.source {
        case nil:
            bytes.append(noSource)
        case .move(let path):
            bytes.append(move)
            PathWriter.append(path.bytes, after: change.path.bytes, to: &bytes)
        case .copy(let path):
            bytes.append(copy)
            PathWriter.append(path.bytes, after: change.path.bytes, to: &bytes)
        }
    }

    static func read(
        _ reader: inout ByteReader,
        _ paths: inout PathReader
    ) throws(ProtocolError) -> Change {
        let path = try paths.path(&reader, "Changes.path")
        let expected = try StateCodec.read(&reader, "Changes.expected")
        let new = try StateCodec.read(&reader, "Changes.new")
        var target: [UInt8]?
        if new?.kind == .link {
            target = try reader.counted("Changes.target", atMost: Limits.linkTarget)
        }
        let source = try readSource(&reader, &paths, of: path)
        let change = Change(
            path: path,
            expected: expected,
            new: new,
            linkTarget: target,
            source: source
        )
        try validate(change)
        return change
    }

    private static func readSource(
        _ reader: inout ByteReader,
        _ paths: inout PathReader,
        of path: RelativePath
    ) throws(ProtocolError) -> ContentSource? {
        switch try reader.byte("Changes.source") {
        case noSource: return nil
        case move: return .move(try paths.path(&reader, after: path, "Changes.source"))
        case copy: return .copy(try paths.path(&reader, after: path, "Changes.source"))
        default: throw ProtocolError(.badValue, "Changes.source")
        }
    }

    /// Refuses a change that no honest sender makes, whichever way it came.
    static func validate(_ change: Change) throws(ProtocolError) {
        guard change.path != .root else { throw ProtocolError(.badPath, "Changes.path") }
        guard change.expected != nil || change.new != nil, change.new?.kind != .other else {
            throw ProtocolError(.badValue, "Changes.new")
        }
        try validateTarget(change)
        try validateSource(change)
    }

    private static func validateTarget(_ change: Change) throws(ProtocolError) {
        guard let new = change.new, new.kind == .link else {
            guard change.linkTarget == nil else {
                throw ProtocolError(.badValue, "Changes.target")
            }
            return
        }
        guard let target = change.linkTarget, !target.isEmpty, !target.contains(0),
            target.count <= Limits.linkTarget, UInt64(target.count) == new.size
        else { throw ProtocolError(.badValue, "Changes.target") }
    }

    private static func validateSource(_ change: Change) throws(ProtocolError) {
        switch change.source {
        case nil:
            return
        case .copy(let source):
            guard change.new?.kind == .file, source != .root else {
                throw ProtocolError(.badValue, "Changes.source")
            }
        case .move(let source):
            // A move into itself, or out of what it replaces, has no order in which it works.
            guard change.new != nil, source != .root, source != change.path,
                !source.isDescendant(of: change.path), !change.path.isDescendant(of: source)
            else { throw ProtocolError(.badValue, "Changes.source") }
        }
    }
}

/// Holds a batch to strict pre-order, over all its frames.
///
/// Pre-order puts a directory right before what is in it. So the last path alone tells a repeat,
/// and the last path that is left without a directory alone tells an entry with no parent.
struct ChangeOrder: Hashable, Sendable {
    private var last: RelativePath?
    private var closed: RelativePath?

    mutating func check(_ change: Change) throws(ProtocolError) {
        try checkPath(change.path, "Changes.path")
        if let closed, change.path.isDescendant(of: closed) {
            guard change.new == nil else { throw ProtocolError(.badPath, "Changes.path") }
        } else if change.new?.kind != .directory {
            closed = change.path
        }
    }

    /// Checks the order alone.
    mutating func checkPath(
        _ path: RelativePath,
        _ field: StaticString
    ) throws(ProtocolError) {
        if let last, !(last < path) {
            throw ProtocolError(last == path ? .duplicatePath : .unsorted, field)
        }
        last = path
    }
}
