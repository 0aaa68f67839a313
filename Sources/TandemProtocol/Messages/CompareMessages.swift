package import TandemTree

/// The vm's whole tree in one line.
///
///     32 bytes      the root's digest
///     varint        entries
///     u8            1 if everything under the root was looked at since the last overflow
package struct RootTree: Hashable, Sendable {
    package var digest: Digest
    package var entries: UInt64
    package var complete: Bool

    package init(digest: Digest, entries: UInt64, complete: Bool) {
        self.digest = digest
        self.entries = entries
        self.complete = complete
    }

    func append(to bytes: inout [UInt8]) {
        digest.append(to: &bytes)
        bytes.appendVarint(entries)
        bytes.append(flag: complete)
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        digest = try reader.digest("RootTree.digest")
        entries = try reader.varint("RootTree.entries")
        complete = try reader.flag("RootTree.complete")
    }
}

/// A name in a directory and what stands there.
package struct ListingItem: Hashable, Sendable {
    package var name: [UInt8]
    package var state: EntryState

    package init(name: [UInt8], state: EntryState) {
        self.name = name
        self.state = state
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(counted: name)
        StateCodec.append(state, to: &bytes)
    }
}

/// A directory's children, or some of them; the rest follows in the next Listing.
///
///     varint, bytes the directory's path, whole; empty is the root
///     u8            0 more follows, 1 that was all, 2 there is no such directory
///     varint        how many
///     per child     varint, bytes: the name; state. Strictly ascending over all Listings
package struct Listing: Hashable, Sendable {
    package enum End: UInt8, Sendable, CaseIterable {
        case more = 0
        case complete = 1
        case missing = 2
    }

    package var path: RelativePath
    package var end: End
    package var items: [ListingItem]

    package init(path: RelativePath, end: End, items: [ListingItem]) {
        self.path = path
        self.end = end
        self.items = items
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(counted: path.bytes)
        bytes.append(end.rawValue)
        bytes.appendVarint(count: items.count)
        for item in items { item.append(to: &bytes) }
    }

    init(_ reader: inout ByteReader) throws(ProtocolError) {
        path = try reader.wholePath("Listing.path", root: true)
        guard let end = End(rawValue: try reader.byte("Listing.end")) else {
            throw ProtocolError(.badValue, "Listing.end")
        }
        self.end = end
        let count = try reader.count("Listing.count")
        guard end != .missing || count == 0 else {
            throw ProtocolError(.badValue, "Listing.count")
        }
        items = []
        var last: [UInt8] = []
        for _ in 0..<count {
            let item = try Self.item(&reader)
            guard last.lexicographicallyPrecedes(item.name) else {
                throw ProtocolError(last == item.name ? .duplicatePath : .unsorted, "Listing.name")
            }
            last = item.name
            items.append(item)
        }
    }

    private static func item(_ reader: inout ByteReader) throws(ProtocolError) -> ListingItem {
        let name = try reader.counted("Listing.name", atMost: Limits.path)
        do { try RelativePath.checkName(name) } catch {
            throw ProtocolError(.badPath, "Listing.name")
        }
        let state = try StateCodec.readPresent(&reader, "Listing.state")
        return ListingItem(name: name, state: state)
    }
}

/// Paths the laptop asks about: prefix-compressed, strictly ascending.
enum ListCodec {
    static func append(_ paths: [RelativePath], to bytes: inout [UInt8]) {
        bytes.appendVarint(count: paths.count)
        var writer = PathWriter()
        for path in paths { writer.append(path, to: &bytes) }
    }

    /// Reads the paths; the root, which is empty and comes first, only where `root` says so.
    static func read(
        _ reader: inout ByteReader,
        _ field: StaticString,
        root: Bool
    ) throws(ProtocolError) -> [RelativePath] {
        let count = try reader.count(field)
        var paths: [RelativePath] = []
        var compressed = PathReader()
        var order = ChangeOrder()
        for _ in 0..<count {
            let path = try compressed.path(&reader, field, root: root && paths.isEmpty)
            try order.checkPath(path, field)
            paths.append(path)
        }
        return paths
    }
}
