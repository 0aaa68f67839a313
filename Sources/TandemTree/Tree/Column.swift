/// A column of a tree, in pieces: copies of it share each piece until one of them changes it.
///
/// So a tree that is held twice costs one piece at a change and not a whole column, and trees that
/// are nearly the same cost the memory of one (`Tree.sharing`).
struct Column<Element: BitwiseCopyable & Sendable>: Sendable {
    // All pieces but the last are full.
    var pieces: [[Element]] = []
    private(set) var count = 0

    // 1,024 elements: small enough to copy in microseconds, large enough that pieces are few.
    private static var bits: Int { 10 }
    private static var size: Int { 1 << bits }
    private static var mask: Int { size - 1 }

    /// A column of one element.
    init(_ element: Element) { append(element) }

    /// A column of equal elements; its full pieces are one and the same.
    init(repeating element: Element, count: Int) {
        let piece = [Element](repeating: element, count: min(count, Self.size))
        pieces = Array(repeating: piece, count: count / Self.size)
        let rest = count & Self.mask
        if rest > 0 { pieces.append(Array(piece[..<rest])) }
        self.count = count
    }

    /// A column of so many elements, made from their numbers.
    init(count: Int, _ element: (Int) -> Element) {
        pieces.reserveCapacity((count + Self.mask) >> Self.bits)
        for start in stride(from: 0, to: count, by: Self.size) {
            pieces.append((start..<min(start + Self.size, count)).map(element))
        }
        self.count = count
    }

    var indices: Range<Int> { 0..<count }

    // Without being inlined a debug build looks the element's type up at each access: it would be
    // some times slower than an array. The numbers are those above.
    subscript(row: Int) -> Element {
        @_transparent get { pieces[row >> 10][row & 1_023] }
        @_transparent set { pieces[row >> 10][row & 1_023] = newValue }
    }

    mutating func append(_ element: Element) {
        if count & Self.mask == 0 { pieces.append([]) }
        pieces[pieces.count - 1].append(element)
        count += 1
    }
}
