package import TandemTree

/// Writes one directory's children into as few Listing frames as the limits allow.
package struct ListingPacker: Sendable {
    private let path: RelativePath
    private var body: [UInt8] = []
    private var count = 0
    private var last: [UInt8] = []

    package init(_ path: RelativePath) {
        self.path = path
    }

    /// Adds the next child, strictly ascending by name, and gives the frame that became full.
    package mutating func add(
        _ name: [UInt8],
        _ state: EntryState
    ) throws(ProtocolError) -> [UInt8]? {
        guard last.lexicographicallyPrecedes(name) else {
            throw ProtocolError(last == name ? .duplicatePath : .unsorted, "Listing.name")
        }
        last = name
        let isFull = body.count >= Limits.packedFrame || count >= Limits.itemsInFrame
        let full = isFull ? take(.more) : nil
        ListingItem(name: name, state: state).append(to: &body)
        count += 1
        return full
    }

    /// The last frame of the directory, also of an empty one.
    package mutating func finish() -> [UInt8] { take(.complete) }

    private mutating func take(_ end: Listing.End) -> [UInt8] {
        var bytes = [UInt8].frame(.listing)
        bytes.append(counted: path.bytes)
        bytes.append(end.rawValue)
        bytes.appendVarint(count: count)
        bytes.append(contentsOf: body)
        // Path ≤ 64 KiB, body ≤ 256 KiB and one item: always below the frame limit.
        bytes.setFixed32(UInt32(bytes.count - 4), at: 0)
        body.removeAll(keepingCapacity: true)
        count = 0
        return bytes
    }
}
