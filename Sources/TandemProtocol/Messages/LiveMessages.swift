package import TandemTree

/// Contents the laptop wants from the vm, numbered from 0 over the messages of one order.
///
///     varint        number of the first
///     varint        how many
///     per item      path (prefix-compressed), state: a file or a link, with its digest
///     u8            1 if the order is complete
package struct Fetch: Hashable, Sendable {
    /// One content: where it stands, and what the laptop believes it is.
    package struct Item: Hashable, Sendable {
        package var path: RelativePath
        package var state: EntryState

        package init(path: RelativePath, state: EntryState) {
            self.path = path
            self.state = state
        }
    }

    package var firstID: UInt32
    package var items: [Item]
    package var last: Bool

    package init(firstID: UInt32, items: [Item], last: Bool) {
        self.firstID = firstID
        self.items = items
        self.last = last
    }

    /// Cuts an order into messages that each fit a frame.
    package static func messages(for items: [Item]) -> [LaptopMessage] {
        var messages: [LaptopMessage] = []
        var start = 0
        repeat {
            var (end, bytes) = (start, 0)
            while end < items.count, end - start < Limits.itemsInFrame, bytes < Limits.packedFrame {
                bytes += items[end].path.bytes.count + itemOverhead
                end += 1
            }
            let fetch = Fetch(
                firstID: UInt32(start),
                items: Array(items[start..<end]),
                last: end == items.count
            )
            messages.append(.fetch(fetch))
            start = end
        } while start < items.count
        return messages
    }

    /// What an item takes beside its path, at most.
    private static let itemOverhead = 64

    /// The content the order is entitled to.
    var contentBytes: UInt64 { items.reduce(0) { $0.addingCapped($1.state.size) } }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(firstID)
        bytes.appendVarint(count: items.count)
        var paths = PathWriter()
        for item in items {
            paths.append(item.path, to: &bytes)
            StateCodec.append(item.state, to: &bytes)
        }
        bytes.append(flag: last)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        firstID = try reader.number("Fetch.firstID", atMost: Limits.changesInBatch)
        var paths = PathReader()
        items = []
        for _ in 0..<(try reader.count("Fetch.count")) {
            let path = try paths.path(&reader, "Fetch.path")
            let state = try StateCodec.readPresent(&reader, "Fetch.state")
            guard state.kind == .file || state.kind == .link else {
                throw ProtocolError(.badValue, "Fetch.state")
            }
            items.append(Item(path: path, state: state))
        }
        last = try reader.flag("Fetch.last")
    }
}

/// What changed on the vm since it was last told, and the digest of its tree after that.
///
///     varint        how many
///     per item      path (prefix-compressed, strictly ascending), state; absent for removed
///     u8            1 if it is the last of this report
///     32 bytes      the root's digest after the whole report
///     u8            1 if everything under the root was looked at since the last overflow
package struct Observed: Hashable, Sendable {
    /// What stands at one path now; a new directory's children are items of their own.
    package struct Item: Hashable, Sendable {
        package var path: RelativePath
        package var state: EntryState?

        package init(path: RelativePath, state: EntryState?) {
            self.path = path
            self.state = state
        }
    }

    package var items: [Item]
    package var last: Bool
    package var root: Digest
    package var complete: Bool

    package init(items: [Item], last: Bool, root: Digest, complete: Bool) {
        self.items = items
        self.last = last
        self.root = root
        self.complete = complete
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(count: items.count)
        var paths = PathWriter()
        for item in items {
            paths.append(item.path, to: &bytes)
            StateCodec.append(item.state, to: &bytes)
        }
        bytes.append(flag: last)
        root.append(to: &bytes)
        bytes.append(flag: complete)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        var paths = PathReader()
        var order = ChangeOrder()
        items = []
        for _ in 0..<(try reader.count("Observed.count")) {
            let path = try paths.path(&reader, "Observed.path")
            try order.checkPath(path, "Observed.path")
            let state = try StateCodec.read(&reader, "Observed.state")
            items.append(Item(path: path, state: state))
        }
        last = try reader.flag("Observed.last")
        root = try reader.digest("Observed.root")
        complete = try reader.flag("Observed.complete")
    }
}

/// How the vm watches its root, in a sentence for people.
///
///     u8            0 all is watched, 1 something is not watched as it should be, 2 events were lost
///     text          the sentence
package struct WatchNotice: Hashable, Sendable {
    /// What the sentence is about.
    package enum Kind: UInt8, Sendable {
        /// Every directory is watched.
        case complete = 0
        /// Something is polled, or fanotify watches instead of inotify; so until the next such notice.
        case limited = 1
        /// Events were lost, and everything is looked at anew: said once.
        case overflow = 2
    }

    package var kind: Kind
    package var text: String

    package init(_ kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(kind.rawValue)
        bytes.append(text: text, atMost: Limits.messageText)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        guard let kind = Kind(rawValue: try reader.byte("WatchNotice.kind")) else {
            throw ProtocolError(.badValue, "WatchNotice.kind")
        }
        self.kind = kind
        text = try reader.text("WatchNotice.text", atMost: Limits.messageText)
    }
}
