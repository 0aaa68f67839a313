package import TandemTree

/// What the laptop says to the vm.
package enum LaptopMessage: Hashable, Sendable {
    case hello(Hello)
    case rules(RulesChunk)
    /// Asks for RootTree.
    case compare
    /// Asks for a Listing of each directory, in this order: strictly ascending paths.
    case list([RelativePath])
    case begin(Begin)
    case changes(ChangeRun)
    case data(DataPack)
    /// All of the batch is sent: the number of its changes once more.
    case end(changes: UInt32)
    /// Asks for Applied.
    case appliedQuery
    /// The laptop's archive durably holds this generation; the vm may forget the one before.
    case commit(LineagePoint)
    /// Asks for ShelfItems under a path; the root for all.
    case shelfList(RelativePath)
    case shelfRestore(ShelfPlace)
    /// From now on the vm watches its root and reports what changes there; once a session.
    case watch
    /// Asks for Drained, once all that happened on the vm before is reported.
    case drain
    case fetch(Fetch)
    /// Grants more bytes of Content.
    case grant(UInt64)
    /// Asks when the entries at these paths were modified: strictly ascending, without the root.
    ///
    /// Only a vm with the capability `times` knows it.
    case times([RelativePath])
    case ping(UInt64)
    case pong(UInt64)
    case bye

    package var type: FrameType {
        switch self {
        case .hello: .hello
        case .rules: .rules
        case .compare: .compare
        case .list: .list
        case .begin: .begin
        case .changes: .changes
        case .data: .data
        case .end: .end
        case .appliedQuery: .appliedQuery
        case .commit: .commit
        case .shelfList: .shelfList
        case .shelfRestore: .shelfRestore
        case .watch: .watch
        case .drain: .drain
        case .fetch: .fetch
        case .grant: .grant
        case .times: .times
        case .ping: .ping
        case .pong: .pong
        case .bye: .bye
        }
    }

    /// The message as a whole frame; knows nothing of order or credit (`LaptopEnd` does).
    package func frame() throws(ProtocolError) -> [UInt8] {
        var bytes = [UInt8].frame(type)
        try append(to: &bytes)
        try bytes.finishFrame()
        return bytes
    }

    private func append(to bytes: inout [UInt8]) throws(ProtocolError) {
        switch self {
        case .hello(let hello): hello.append(to: &bytes)
        case .rules(let chunk): chunk.append(to: &bytes)
        case .list(let paths), .times(let paths): ListCodec.append(paths, to: &bytes)
        case .begin(let begin): begin.append(to: &bytes)
        case .changes(let run): try run.append(to: &bytes)
        case .data(let pack): pack.append(to: &bytes)
        case .end(let changes): bytes.appendVarint(changes)
        case .commit(let point): point.append(to: &bytes)
        case .shelfList(let path): bytes.append(counted: path.bytes)
        case .shelfRestore(let place): place.append(to: &bytes)
        case .fetch(let fetch): fetch.append(to: &bytes)
        case .grant(let number), .ping(let number), .pong(let number):
            bytes.appendVarint(number)
        case .compare, .appliedQuery, .watch, .drain, .bye: break
        }
    }

    /// Decodes a frame's payload.
    init(_ frame: consuming Frame) throws(ProtocolError) {
        if frame.type == .data {
            self = .data(try DataPack(decoding: frame.payload))
            return
        }
        var reader = ByteReader(frame.payload)
        self = try Self.decode(frame.type, &reader)
        try reader.finish("laptop message")
    }

    private static func decode(
        _ type: FrameType,
        _ reader: inout ByteReader
    ) throws(ProtocolError) -> LaptopMessage {
        switch type {
        case .hello: .hello(try Hello(&reader))
        case .rules: .rules(try RulesChunk(&reader))
        case .compare: .compare
        case .list: .list(try ListCodec.read(&reader, "List.paths", root: true))
        case .begin: .begin(try Begin(&reader))
        case .changes: .changes(try ChangeRun(&reader))
        case .end: .end(changes: try reader.number("End.changes", atMost: Limits.changesInBatch))
        case .appliedQuery: .appliedQuery
        case .commit: .commit(try LineagePoint(&reader, "Commit.point"))
        case .shelfList: .shelfList(try reader.wholePath("ShelfList.prefix", root: true))
        case .shelfRestore: .shelfRestore(try ShelfPlace(&reader))
        case .watch: .watch
        case .drain: .drain
        case .fetch: .fetch(try Fetch(&reader))
        case .grant: .grant(try reader.number("Grant.bytes", atMost: Limits.credit))
        case .times: .times(try ListCodec.read(&reader, "Times.paths", root: false))
        case .ping: .ping(try reader.varint("Ping.number"))
        case .pong: .pong(try reader.varint("Pong.number"))
        case .bye: .bye
        default: throw ProtocolError(.unknownType, "\(type) from the laptop")
        }
    }
}
