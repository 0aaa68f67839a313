/// The children of one directory on their way into a tree, in columns.
public struct ChildBatch: Sendable {
    var names: [UInt8] = []
    var nameOffsets: [UInt32] = []
    var nameLengths: [UInt16] = []
    var states: [EntryState] = []
    var stamps: [Stamp] = []
    var order: [UInt32] = []
    var isSorted = true

    /// An empty batch.
    public init() {}

    /// How many children it holds.
    public var count: Int { order.count }

    /// Adds a child whose name is a valid one.
    public mutating func append(
        name: UnsafeRawBufferPointer,
        state: EntryState,
        stamp: Stamp = .zero
    ) {
        nameOffsets.append(UInt32(names.count))
        nameLengths.append(UInt16(name.count))
        unsafe names.append(contentsOf: name)
        finishAppend(state, stamp)
    }

    /// Adds a child whose name is a valid one.
    public mutating func append(name: [UInt8], state: EntryState, stamp: Stamp = .zero) {
        nameOffsets.append(UInt32(names.count))
        nameLengths.append(UInt16(name.count))
        names.append(contentsOf: name)
        finishAppend(state, stamp)
    }

    private mutating func finishAppend(_ state: EntryState, _ stamp: Stamp) {
        let index = states.count
        states.append(state)
        stamps.append(stamp)
        if isSorted, let last = order.last, compare(Int(last), index) >= 0 { isSorted = false }
        order.append(UInt32(index))
    }

    /// Puts the children in the order of their names; of two with one name the first stays.
    public mutating func sort() {
        guard !isSorted else { return }
        // A stable order of equal names: by position.
        let ordered = order.sorted { left, right in
            let result = compare(Int(left), Int(right))
            return result == 0 ? left < right : result < 0
        }
        var kept: [UInt32] = []
        kept.reserveCapacity(order.count)
        for index in ordered {
            if let last = kept.last, compare(Int(last), Int(index)) == 0 { continue }
            kept.append(index)
        }
        order = kept
        isSorted = true
    }

    /// Empties the batch and keeps its memory for the next directory.
    public mutating func removeAll() {
        names.removeAll(keepingCapacity: true)
        nameOffsets.removeAll(keepingCapacity: true)
        nameLengths.removeAll(keepingCapacity: true)
        states.removeAll(keepingCapacity: true)
        stamps.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
        isSorted = true
    }

    func nameRange(_ index: Int) -> Range<Int> {
        let start = Int(nameOffsets[index])
        return start..<(start + Int(nameLengths[index]))
    }

    private func compare(_ left: Int, _ right: Int) -> Int {
        var (l, r) = (Int(nameOffsets[left]), Int(nameOffsets[right]))
        let (leftLength, rightLength) = (Int(nameLengths[left]), Int(nameLengths[right]))
        for _ in 0..<min(leftLength, rightLength) {
            if names[l] != names[r] { return names[l] < names[r] ? -1 : 1 }
            l += 1
            r += 1
        }
        return leftLength - rightLength
    }
}
