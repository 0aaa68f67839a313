package import TandemTree

/// Something that was displaced and waits on the vm's shelf.
///
///     varint, bytes its opaque name
///     varint, bytes the path it had
///     state         what it is
///     varint        when it was shelved: seconds since 1970 by the vm's clock, for people
///     u8            1 if it is live: kept until the user decides
package struct ShelfEntry: Hashable, Sendable {
    package var item: [UInt8]
    package var path: RelativePath
    package var state: EntryState
    package var shelvedAt: UInt64
    package var live: Bool

    package init(
        item: [UInt8],
        path: RelativePath,
        state: EntryState,
        shelvedAt: UInt64,
        live: Bool
    ) {
        self.item = item
        self.path = path
        self.state = state
        self.shelvedAt = shelvedAt
        self.live = live
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(counted: item)
        bytes.append(counted: path.bytes)
        StateCodec.append(state, to: &bytes)
        bytes.appendVarint(shelvedAt)
        bytes.append(flag: live)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        item = try reader.shelfItem("ShelfItems.item")
        path = try reader.wholePath("ShelfItems.path")
        state = try StateCodec.readPresent(&reader, "ShelfItems.state")
        shelvedAt = try reader.varint("ShelfItems.shelvedAt")
        live = try reader.flag("ShelfItems.live")
    }
}

/// Part of the answer to ShelfList: how many, the items, and 1 if they are the last.
package struct ShelfItems: Hashable, Sendable {
    package var items: [ShelfEntry]
    package var last: Bool

    package init(items: [ShelfEntry], last: Bool) {
        self.items = items
        self.last = last
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(count: items.count)
        for item in items { item.append(to: &bytes) }
        bytes.append(flag: last)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        items = []
        for _ in 0..<(try reader.count("ShelfItems.count")) {
            items.append(try ShelfEntry(&reader))
        }
        last = try reader.flag("ShelfItems.last")
    }
}

/// A shelf item and the path it shall have, or now has: asked in ShelfRestore, told in Restored.
///
///     varint, bytes the item's opaque name
///     varint, bytes the path
package struct ShelfPlace: Hashable, Sendable {
    package var item: [UInt8]
    package var path: RelativePath

    package init(item: [UInt8], path: RelativePath) {
        self.item = item
        self.path = path
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(counted: item)
        bytes.append(counted: path.bytes)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        item = try reader.shelfItem("ShelfRestore.item")
        path = try reader.wholePath("ShelfRestore.path")
    }
}

extension ByteReader {
    /// Reads an item's name, which is never a path: letters, digits, `-` and `_` only.
    mutating func shelfItem(_ field: StaticString) throws(ProtocolError) -> [UInt8] {
        let name = try counted(field, atMost: Limits.shelfItemName)
        guard !name.isEmpty, name.allSatisfy(ShelfPlace.isItemByte) else {
            throw ProtocolError(.badValue, field)
        }
        return name
    }
}

extension ShelfPlace {
    static func isItemByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default:
            false
        }
    }
}
