/// Bytes that say where they stand, so that a lost, doubled or moved part is seen.
enum Pattern {
    /// A prime, so that no buffer size divides it and hides a shift.
    private static let period = 251

    static func bytes(from offset: Int, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in 0..<count {
                let position = offset + index
                let value = position % period ^ (position >> 16) & 0xFF
                buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: value))
            }
            filled = count
        }
    }
}
