import TandemSystem

/// The names in one directory, sorted by bytes; its memory is used again for the next directory.
struct DirectoryListing: ~Copyable {
    private let buffer: UnsafeMutableRawBufferPointer
    private var names: [CChar] = []
    private var entries: [(offset: UInt32, length: UInt16)] = []

    /// One call for most directories; the kernel gives what fits.
    private static let bufferSize = 128 * 1024

    init() {
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 8)
    }

    deinit { buffer.deallocate() }

    var count: Int { entries.count }

    /// Reads all names of an open directory; a name listed twice is kept once.
    mutating func read(_ directory: Int32, on fileSystem: any FileSystem) throws(SystemError) {
        names.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        while true {
            let count = try fileSystem.readDirectory(directory, into: buffer)
            guard count > 0 else { break }
            var records = DirectoryRecords(buffer, count: count)
            while let name = records.next() {
                entries.append((UInt32(names.count), UInt16(name.count - 1)))
                names.append(contentsOf: name)
            }
        }
        sort()
    }

    /// Calls with a name, which a NUL follows.
    func withName<Result>(
        _ index: Int,
        _ body: (UnsafeBufferPointer<CChar>) throws -> Result
    ) rethrows -> Result {
        let (offset, length) = entries[index]
        return try names.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[Int(offset)..<(Int(offset) + Int(length))]))
        }
    }

    /// Whether a name is in the listing.
    func contains(_ name: StaticString) -> Bool {
        let wanted = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        var low = 0
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            let order = withName(middle) { compareNames(UnsafeRawBufferPointer($0), wanted) }
            if order == 0 { return true }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return false
    }

    private mutating func sort() {
        names.withUnsafeBytes { bytes in
            func name(_ entry: (offset: UInt32, length: UInt16)) -> UnsafeRawBufferPointer {
                let start = Int(entry.offset)
                return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(entry.length))])
            }
            entries.sort { compareNames(name($0), name($1)) < 0 }
            var kept = 0
            for index in entries.indices {
                if kept > 0, compareNames(name(entries[kept - 1]), name(entries[index])) == 0 {
                    continue
                }
                entries[kept] = entries[index]
                kept += 1
            }
            entries.removeLast(entries.count - kept)
        }
    }
}
