/// The bytes of all names, in pieces that copies share; a name lies in one piece.
struct NameArena: Sendable {
    private var pieces: [[UInt8]] = []
    /// The bytes of all names that were put in, those nobody uses any more included.
    private(set) var count = 0

    // As large as the longest name that 16 bits can measure.
    private static let bits = 16
    private static let size = 1 << bits
    private static let mask = size - 1

    init() {}

    /// Adds a name; gives its place.
    mutating func append(_ name: some Collection<UInt8>) -> UInt32 {
        if pieces.isEmpty || pieces[pieces.count - 1].count + name.count > Self.size {
            pieces.append([])
        }
        let last = pieces.count - 1
        let place = UInt32(last << Self.bits | pieces[last].count & Self.mask)
        pieces[last].append(contentsOf: name)
        count += name.count
        return place
    }

    /// The bytes at a place.
    func name(at place: UInt32, count: UInt16) -> ArraySlice<UInt8> {
        guard count > 0 else { return [] }
        let start = Int(place) & Self.mask
        return pieces[Int(place) >> Self.bits][start..<(start + Int(count))]
    }

    /// Calls with the bytes where they lie.
    func withName<Result>(
        at place: UInt32,
        count: UInt16,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        guard count > 0 else {
            return unsafe try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        let start = Int(place) & Self.mask
        return unsafe try pieces[Int(place) >> Self.bits].withUnsafeBytes { bytes in
            unsafe try body(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(count))]))
        }
    }
}
