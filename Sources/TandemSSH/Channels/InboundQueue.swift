/// Bytes that arrived on a channel and wait for their reader: whole arrays in a row, so that large
/// ones change hands without being copied.
struct InboundQueue: Sendable {
    /// Arrays below this are copied to the end of the one before, so that a slow reader of small
    /// messages does not hold their spare capacity.
    private static let copiedBelow = 16 * 1024

    private var chunks: [[UInt8]] = []
    private var first = 0
    /// Bytes already taken from the first chunk.
    private var taken = 0
    private(set) var count = 0

    /// True when `bytes` is better appended by `copy` than by `adopt`.
    static func shouldCopy(_ count: Int) -> Bool { count < copiedBelow }

    mutating func adopt(_ chunk: [UInt8]) {
        count += chunk.count
        chunks.append(chunk)
    }

    mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        count += bytes.count
        if first < chunks.count, chunks[chunks.count - 1].count < Self.copiedBelow {
            chunks[chunks.count - 1].append(contentsOf: bytes)
        } else {
            chunks.append(Array(bytes))
        }
    }

    /// Moves as much as there is, at most what `target` holds.
    mutating func take(into target: UnsafeMutableRawBufferPointer) -> Int {
        var filled = 0
        while filled < target.count, first < chunks.count {
            let available = chunks[first].count - taken
            let part = min(available, target.count - filled)
            chunks[first].withUnsafeBytes {
                let source = UnsafeRawBufferPointer(rebasing: $0[taken..<taken + part])
                UnsafeMutableRawBufferPointer(rebasing: target[filled...]).copyMemory(from: source)
            }
            filled += part
            taken += part
            if part == available { dropFirst() }
        }
        count -= filled
        return filled
    }

    private mutating func dropFirst() {
        chunks[first] = []
        first += 1
        taken = 0
        // Amortised: the emptied places go together, once they are half of the list.
        if first * 2 >= chunks.count {
            chunks.removeFirst(first)
            first = 0
        }
    }
}
