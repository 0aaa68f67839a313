extension Tree {
    /// The whole tree as bytes that `init(decoding:)` reads; ids are not kept.
    public func encode() -> [UInt8] {
        let order = breadthFirst()
        let nameBytes = order.reduce(0) { $0 + Int(nameLengths[Int($1)]) }
        guard let layout = TreeEncoding.Layout(rows: order.count, nameBytes: nameBytes) else {
            preconditionFailure("a tree in memory is smaller than the address space")
        }
        return unsafe [UInt8](unsafeUninitializedCapacity: layout.end) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            unsafe writeHeader(rows: order.count, nameBytes: nameBytes, to: bytes)
            for (row, id) in order.enumerated() {
                unsafe writeRow(Int(id), at: row, layout, to: bytes)
            }
            unsafe writeNames(order, at: layout.names, to: bytes)
            let whole = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<layout.end])
            let checksum = unsafe TreeEncoding.checksum(whole)
            unsafe checksum.store(into: bytes, at: TreeEncoding.checksumOffset)
            count = layout.end
        }
    }

    private func breadthFirst() -> [ID] {
        var order: [ID] = [Tree.rootID]
        order.reserveCapacity(count + 1)
        var next = 0
        while next < order.count {
            order.append(contentsOf: childIDs(of: order[next]))
            next += 1
        }
        return order
    }

    private func writeHeader(rows: Int, nameBytes: Int, to bytes: UnsafeMutableRawBufferPointer) {
        unsafe bytes.copyBytes(from: TreeEncoding.magic)
        unsafe bytes.storeLittle(TreeEncoding.version, at: 8)
        unsafe bytes.storeLittle(UInt32(rows), at: 12)
        unsafe bytes.storeLittle(UInt64(nameBytes), at: 16)
    }

    private func writeRow(
        _ id: Int,
        at row: Int,
        _ layout: TreeEncoding.Layout,
        to bytes: UnsafeMutableRawBufferPointer
    ) {
        var kind = kinds[id]
        if flags[id] & Tree.executableFlag != 0 { kind |= TreeEncoding.executableBit }
        if flags[id] & Tree.dirtyFlag != 0 { kind |= TreeEncoding.dirtyBit }
        unsafe bytes[layout.kinds + row] = kind
        unsafe bytes.storeLittle(childCounts[id], at: layout.childCounts + row * 4)
        unsafe bytes.storeLittle(sizes[id], at: layout.sizes + row * 8)
        unsafe digests[id].store(into: bytes, at: layout.digests + row * Digest.byteCount)
        let stamp = stamps[id]
        unsafe bytes.storeLittle(stamp.inode, at: layout.stamps + row * 24)
        unsafe bytes.storeLittle(stamp.modified, at: layout.stamps + row * 24 + 8)
        unsafe bytes.storeLittle(stamp.changed, at: layout.stamps + row * 24 + 16)
        unsafe bytes.storeLittle(nameLengths[id], at: layout.nameLengths + row * 2)
    }

    private func writeNames(
        _ order: [ID],
        at offset: Int,
        to bytes: UnsafeMutableRawBufferPointer
    ) {
        var position = offset
        for id in order {
            unsafe withName(of: id) { name in
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[position...])
                unsafe target.copyMemory(from: name)
                position += name.count
            }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func storeLittle(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int)
    {
        unsafe storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
    }
}
