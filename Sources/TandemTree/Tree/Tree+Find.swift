extension Tree {
    /// The entry's name; empty for the root.
    public func name(of id: ID) -> [UInt8] { Array(nameBytes(of: id)) }

    /// Calls with the name's bytes where they lie.
    public func withName<Result>(
        of id: ID,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        unsafe try names.withName(
            at: nameOffsets[Int(id)],
            count: nameLengths[Int(id)],
            body
        )
    }

    /// The entry's path below the root.
    public func path(of id: ID) -> RelativePath {
        var chain: [ID] = []
        var length = 0
        var current = id
        while current != Tree.rootID {
            chain.append(current)
            length += Int(nameLengths[Int(current)]) + 1
            current = parents[Int(current)]
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        for id in chain.reversed() {
            if !bytes.isEmpty { bytes.append(RelativePath.separator) }
            bytes.append(contentsOf: nameBytes(of: id))
        }
        return RelativePath(trusted: bytes)
    }

    /// The child with this name.
    public func child(of id: ID, named name: some RandomAccessCollection<UInt8>) -> ID? {
        let place = search(name, in: id)
        return place.found ? slots[place.slot] : nil
    }

    /// The child with this name.
    public func child(of id: ID, named name: UnsafeRawBufferPointer) -> ID? {
        let place = unsafe search(name, in: id)
        return place.found ? slots[place.slot] : nil
    }

    /// The entry at a path; the root's id for the root.
    public func find(_ path: RelativePath) -> ID? {
        var current = Tree.rootID
        var rest = path.bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: RelativePath.separator) ?? rest.endIndex
            guard let next = child(of: current, named: rest[..<end]) else { return nil }
            current = next
            rest = end < rest.endIndex ? rest[(end + 1)...] : []
        }
        return current
    }

    /// The state at a path; nil where nothing stands.
    public func state(at path: RelativePath) -> EntryState? {
        find(path).map { state(of: $0) }
    }

    /// The slot at which a name stands or would be inserted.
    func search(
        _ name: some RandomAccessCollection<UInt8>,
        in id: ID
    ) -> (slot: Int, found: Bool) {
        let range = childRange(of: id)
        var (low, high) = (range.lowerBound, range.upperBound)
        // Most directories are filled in order.
        if low < high, compareName(of: slots[high - 1], to: name) < 0 { return (high, false) }
        while low < high {
            let middle = low + (high - low) / 2
            let order = compareName(of: slots[middle], to: name)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    private func compareName(of id: ID, to name: some RandomAccessCollection<UInt8>) -> Int {
        unsafe withName(of: id) { own in
            var position = 0
            for byte in name {
                if position == own.count { return -1 }
                let mine = unsafe own[position]
                if mine != byte { return mine < byte ? -1 : 1 }
                position += 1
            }
            return position == own.count ? 0 : 1
        }
    }

    /// Less than, equal to or greater than zero, as the names of two trees' entries stand.
    static func compareNames(_ left: Tree, _ leftID: ID, _ right: Tree, _ rightID: ID) -> Int {
        unsafe left.withName(of: leftID) { l in
            unsafe right.withName(of: rightID) { r in
                for position in 0..<min(l.count, r.count) {
                    let (a, b) = unsafe (l[position], r[position])
                    if a != b { return a < b ? -1 : 1 }
                }
                return l.count - r.count
            }
        }
    }
}
