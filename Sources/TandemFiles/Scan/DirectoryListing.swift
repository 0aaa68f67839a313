import TandemSystem

/// The names in one directory, sorted by bytes; its memory is used again for the next directory.
struct DirectoryListing: ~Copyable {
    private let buffer: UnsafeMutableRawBufferPointer
    private var names: [CChar] = []
    private var entries: [Entry] = []

    /// Where a name lies, its NUL not counted.
    private struct Entry {
        var offset: UInt32
        var length: UInt16
        var end: Int { Int(offset) + Int(length) }
    }

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
                entries.append(Entry(offset: UInt32(names.count), length: UInt16(name.count - 1)))
                names.append(contentsOf: name)
            }
        }
        sort()
    }

    /// Calls with a name, which a NUL follows.
    func withName<Result, Failure: Error>(
        _ index: Int,
        _ body: (UnsafeBufferPointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let range = Int(entries[index].offset)..<entries[index].end
        return try names.withUnsafeBufferPointer { names throws(Failure) in
            try body(UnsafeBufferPointer(rebasing: names[range]))
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
            func name(_ entry: Entry) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: bytes[Int(entry.offset)..<entry.end])
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
