/// What the vm says to the laptop.
package enum VMMessage: Hashable, Sendable {
    case welcome(Welcome)
    case rootTree(RootTree)
    case listing(Listing)
    case need(Need)
    /// Grants more content bytes.
    case credit(UInt64)
    case progress(Progress)
    /// Changes that were not applied, ascending by number.
    case outcome([OutcomeItem])
    case ended(Ended)
    case applied(Applied)
    case committed(generation: UInt64)
    case shelfItems(ShelfItems)
    case restored(ShelfPlace)
    case failure(Failure)
    case observed(Observed)
    /// Pieces of the contents that Fetch ordered.
    case content(DataPack)
    /// All that could be read of an order of so many contents is sent.
    case fetched(items: UInt32)
    case drained
    case notice(WatchNotice)
    /// When what Times named was modified, in its order; nil where nothing stands.
    ///
    /// Nanoseconds since 1970 by the vm's clock.
    case modified([Int64?])
    case ping(UInt64)
    case pong(UInt64)
    case bye

    package var type: FrameType {
        switch self {
        case .welcome: .welcome
        case .rootTree: .rootTree
        case .listing: .listing
        case .need: .need
        case .credit: .credit
        case .progress: .progress
        case .outcome: .outcome
        case .ended: .ended
        case .applied: .applied
        case .committed: .committed
        case .shelfItems: .shelfItems
        case .restored: .restored
        case .failure: .failure
        case .observed: .observed
        case .content: .content
        case .fetched: .fetched
        case .drained: .drained
        case .notice: .notice
        case .modified: .modified
        case .ping: .ping
        case .pong: .pong
        case .bye: .bye
        }
    }

    /// The message as a whole frame; knows nothing of order (`VMEnd` does).
    package func frame() throws(ProtocolError) -> [UInt8] {
        var bytes = [UInt8].frame(type)
        try append(to: &bytes)
        try bytes.finishFrame()
        return bytes
    }

    private func append(to bytes: inout [UInt8]) throws(ProtocolError) {
        switch self {
        case .welcome(let welcome): welcome.append(to: &bytes)
        case .rootTree(let tree): tree.append(to: &bytes)
        case .listing(let listing): listing.append(to: &bytes)
        case .need(let need): try need.append(to: &bytes)
        case .progress(let progress): progress.append(to: &bytes)
        case .outcome(let items): Self.append(items, to: &bytes)
        case .ended(let ended): ended.append(to: &bytes)
        case .applied(let applied): applied.append(to: &bytes)
        case .shelfItems(let items): items.append(to: &bytes)
        case .restored(let place): place.append(to: &bytes)
        case .failure(let failure): failure.append(to: &bytes)
        case .observed(let observed): observed.append(to: &bytes)
        case .content(let pack): pack.append(to: &bytes)
        case .fetched(let items): bytes.appendVarint(items)
        case .notice(let notice): notice.append(to: &bytes)
        case .modified(let times): TimesCodec.append(times, to: &bytes)
        case .credit(let number), .committed(let number), .ping(let number), .pong(let number):
            bytes.appendVarint(number)
        case .drained, .bye: break
        }
    }

    private static func append(_ items: [OutcomeItem], to bytes: inout [UInt8]) {
        bytes.appendVarint(count: items.count)
        for item in items { item.append(to: &bytes) }
    }

    /// Decodes a frame's payload.
    init(_ frame: consuming Frame) throws(ProtocolError) {
        if frame.type == .content {
            self = .content(try DataPack(decoding: frame.payload))
            return
        }
        var reader = ByteReader(frame.payload)
        self = try Self.decode(frame.type, &reader)
        try reader.finish("vm message")
    }

    private static func decode(
        _ type: FrameType,
        _ reader: inout ByteReader
    ) throws(ProtocolError) -> VMMessage {
        switch type {
        case .welcome: .welcome(try Welcome(&reader))
        case .rootTree: .rootTree(try RootTree(&reader))
        case .listing: .listing(try Listing(&reader))
        case .need: .need(try Need(&reader))
        case .credit: .credit(try reader.number("Credit.bytes", atMost: Limits.credit))
        case .progress: .progress(try Progress(&reader))
        case .outcome: .outcome(try outcome(&reader))
        case .ended: .ended(try Ended(&reader))
        case .applied: .applied(try Applied(&reader))
        case .committed: .committed(generation: try reader.varint("Committed.generation"))
        case .shelfItems: .shelfItems(try ShelfItems(&reader))
        case .restored: .restored(try ShelfPlace(&reader))
        case .failure: .failure(try Failure(&reader))
        case .observed: .observed(try Observed(&reader))
        case .fetched:
            .fetched(items: try reader.number("Fetched.items", atMost: Limits.changesInBatch))
        case .drained: .drained
        case .notice: .notice(try WatchNotice(&reader))
        case .modified: .modified(try TimesCodec.read(&reader))
        case .ping: .ping(try reader.varint("Ping.number"))
        case .pong: .pong(try reader.varint("Pong.number"))
        case .bye: .bye
        default: throw ProtocolError(.unknownType, "\(type) from the vm")
        }
    }

    private static func outcome(
        _ reader: inout ByteReader
    ) throws(ProtocolError) -> [OutcomeItem] {
        var items: [OutcomeItem] = []
        for _ in 0..<(try reader.count("Outcome.count")) {
            let item = try OutcomeItem(&reader)
            if let last = items.last, last.id >= item.id {
                throw ProtocolError(.unsorted, "Outcome.id")
            }
            items.append(item)
        }
        return items
    }
}
