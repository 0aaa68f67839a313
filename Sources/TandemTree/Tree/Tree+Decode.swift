extension Tree {
    /// Reads what `encode()` wrote; any other bytes are an error.
    /// - Parameter bytes: the whole of it.
    /// - Throws: `TreeDecodingError`, which also says if a later version wrote it.
    public init(decoding bytes: [UInt8]) throws(TreeDecodingError) {
        self.init()
        let (rows, nameBytes) = try Tree.readHeader(bytes)
        guard let layout = TreeEncoding.Layout(rows: rows, nameBytes: nameBytes),
            layout.end == bytes.count
        else { throw .wrongLength }
        let intact = unsafe bytes.withUnsafeBytes { whole in
            unsafe TreeEncoding.checksum(whole)
                == Digest(loading: whole, at: TreeEncoding.checksumOffset)
        }
        guard intact else { throw .damaged }
        unsafe bytes.withUnsafeBytes { unsafe readColumns($0, rows: rows, layout) }
        try linkRows(names: bytes[layout.names..<layout.end])
        try checkRows()
        try checkNames()
    }

    private static func readHeader(
        _ bytes: [UInt8]
    ) throws(TreeDecodingError) -> (rows: Int, nameBytes: Int) {
        guard bytes.starts(with: TreeEncoding.magic) else { throw .notATree }
        guard bytes.count >= TreeEncoding.headerSize else { throw .wrongLength }
        let (version, rows, names) = unsafe bytes.withUnsafeBytes { header in
            unsafe (
                header.loadLittle(at: 8, as: UInt32.self),
                header.loadLittle(at: 12, as: UInt32.self),
                header.loadLittle(at: 16, as: UInt64.self)
            )
        }
        guard version <= TreeEncoding.version else { throw .newerVersion(version) }
        guard version == TreeEncoding.version, rows > 0 else { throw .notATree }
        // Names are addressed with 32 bits.
        guard let nameBytes = UInt32(exactly: names) else { throw .wrongLength }
        return (Int(rows), Int(nameBytes))
    }

    /// Copies the columns; the layout has been checked against the length.
    private mutating func readColumns(
        _ bytes: UnsafeRawBufferPointer,
        rows: Int,
        _ layout: TreeEncoding.Layout
    ) {
        kinds = Column(count: rows) { unsafe bytes[layout.kinds + $0] }
        childCounts = Column(count: rows) {
            unsafe bytes.loadLittle(at: layout.childCounts + $0 * 4, as: UInt32.self)
        }
        sizes = Column(count: rows) {
            unsafe bytes.loadLittle(at: layout.sizes + $0 * 8, as: UInt64.self)
        }
        digests = Column(count: rows) {
            unsafe Digest(loading: bytes, at: layout.digests + $0 * Digest.byteCount)
        }
        stamps = Column(count: rows) {
            let offset = layout.stamps + $0 * 24
            return unsafe Stamp(
                inode: bytes.loadLittle(at: offset, as: UInt64.self),
                modified: bytes.loadLittle(at: offset + 8, as: Int64.self),
                changed: bytes.loadLittle(at: offset + 16, as: Int64.self)
            )
        }
        nameLengths = Column(count: rows) {
            unsafe bytes.loadLittle(at: layout.nameLengths + $0 * 2, as: UInt16.self)
        }
    }

    /// Gives every row its run, its parent and its place among the names.
    private mutating func linkRows(names bytes: ArraySlice<UInt8>) throws(TreeDecodingError) {
        let rows = kinds.count
        parents = Column(repeating: 0, count: rows)
        childStarts = Column(repeating: 0, count: rows)
        nameOffsets = Column(repeating: 0, count: rows)
        childCapacities = childCounts
        slots = (1..<max(rows, 1)).map { ID($0) }
        var nextChild = 1
        var nextName = bytes.startIndex
        for row in 0..<rows {
            // A row whose parent does not come before it would be its own ancestor.
            guard nextChild > row else { throw .malformed(row: row) }
            let children = Int(childCounts[row])
            guard children <= rows - nextChild else { throw .malformed(row: row) }
            childStarts[row] = UInt32(nextChild - 1)
            for child in nextChild..<(nextChild + children) { parents[child] = ID(row) }
            nextChild += children
            let nameEnd = nextName + Int(nameLengths[row])
            guard nameEnd <= bytes.endIndex else { throw .malformed(row: row) }
            nameOffsets[row] = names.append(bytes[nextName..<nameEnd])
            nextName = nameEnd
        }
        guard nextChild == rows, nextName == bytes.endIndex else { throw .malformed(row: rows) }
    }

    /// Splits kinds from flags and checks that each row is one that a tree can hold.
    private mutating func checkRows() throws(TreeDecodingError) {
        flags = Column(repeating: 0, count: kinds.count)
        for row in kinds.indices {
            let packed = kinds[row]
            guard let kind = EntryKind(rawValue: packed & TreeEncoding.kindMask) else {
                throw .malformed(row: row)
            }
            let isExecutable = packed & TreeEncoding.executableBit != 0
            let isDirty = packed & TreeEncoding.dirtyBit != 0
            let known = TreeEncoding.kindMask | TreeEncoding.executableBit | TreeEncoding.dirtyBit
            let hasContent = kind == .file || kind == .link
            guard packed & ~known == 0,
                !isExecutable || kind == .file,
                !isDirty || kind == .directory,
                childCounts[row] == 0 || kind == .directory,
                sizes[row] == 0 || hasContent,
                kind != .other || digests[row] == .zero,
                row > 0 || kind == .directory
            else { throw .malformed(row: row) }
            kinds[row] = kind.rawValue
            flags[row] = isExecutable ? Tree.executableFlag : isDirty ? Tree.dirtyFlag : 0
            // What is above a dirty directory is dirty; parents have been seen before.
            if isDirty && flags[Int(parents[row])] & Tree.dirtyFlag == 0 {
                throw .malformed(row: row)
            }
            if kind == .other { others.insert(ID(row)) }
        }
    }

    /// Checks that names are names and that siblings stand in order, each name once.
    private func checkNames() throws(TreeDecodingError) {
        guard nameLengths[0] == 0 else { throw .malformed(row: 0) }
        for row in 1..<max(kinds.count, 1) {
            do {
                try RelativePath.checkName(nameBytes(of: ID(row)))
            } catch {
                throw .malformed(row: row)
            }
            guard row > 1, parents[row] == parents[row - 1] else { continue }
            guard Tree.compareNames(self, ID(row - 1), self, ID(row)) < 0 else {
                throw .malformed(row: row)
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func loadLittle<Value: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as type: Value.Type
    ) -> Value {
        unsafe Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
