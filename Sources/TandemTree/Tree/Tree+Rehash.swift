extension Tree {
    // What the digest covers of one child besides its name: kind, execute bit, name length, digest.
    private static let childRecordSize = 1 + 1 + 2 + Digest.byteCount

    /// Brings the digests of dirty directories up to date.
    public mutating func rehash() {
        guard needsRehash else { return }
        // Parents before children; so from the end on every child is done before its parent.
        var order: [ID] = [Tree.rootID]
        var next = 0
        while next < order.count {
            for child in childIDs(of: order[next]) where isDirty(child) { order.append(child) }
            next += 1
        }
        var buffer: [UInt8] = []
        var hasher = ContentHasher()
        for id in order.reversed() {
            let length = digestInputLength(of: id)
            if buffer.count < length {
                buffer = [UInt8](repeating: 0, count: max(length, buffer.count * 2))
            }
            digests[Int(id)] = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe writeDigestInput(of: id, into: bytes)
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
                return hasher.finish()
            }
            flags[Int(id)] &= ~Tree.dirtyFlag
        }
    }

    private func digestInputLength(of id: ID) -> Int {
        var length = 1
        for child in childIDs(of: id) where kinds[Int(child)] != EntryKind.other.rawValue {
            length += Tree.childRecordSize + Int(nameLengths[Int(child)])
        }
        return length
    }

    private func writeDigestInput(of id: ID, into buffer: UnsafeMutableRawBufferPointer) {
        unsafe buffer[0] = Tree.directoryDigestVersion
        var position = 1
        for child in childIDs(of: id) {
            let row = Int(child)
            if kinds[row] == EntryKind.other.rawValue { continue }
            unsafe buffer[position] = kinds[row]
            unsafe buffer[position + 1] = flags[row] & Tree.executableFlag
            unsafe buffer.storeBytes(
                of: nameLengths[row].littleEndian,
                toByteOffset: position + 2,
                as: UInt16.self
            )
            position += 4
            unsafe withName(of: child) { name in
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[position...])
                unsafe target.copyMemory(from: name)
                position += name.count
            }
            unsafe digests[row].store(into: buffer, at: position)
            position += Digest.byteCount
        }
    }
}
