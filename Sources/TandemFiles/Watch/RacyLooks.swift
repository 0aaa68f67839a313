import TandemTree

/// Entries whose stamp vouches for nothing, and when each is to be read again (invariant 15).
///
/// An entry that is never settled is read ever more rarely. Times are monotonic nanoseconds.
struct RacyLooks: Hashable, Sendable {
    private struct Look: Hashable {
        var due: UInt64
        var attempts: UInt8
    }

    private var looks: [RelativePath: Look] = [:]
    /// There are so many that everything is looked at.
    private(set) var whole: UInt64?
    private var wholeAttempts: UInt8 = 0
    private let window: UInt64
    /// No look is due before it; it may be too early after looks were forgotten.
    private var earliest = UInt64.max

    /// So many are kept of a tree of any size.
    static let capacity = 4_096
    /// Looking at one entry costs as much as this many of a full scan, which only reads what has no
    /// stamp.
    private static let costOfLook = 8
    /// Beyond it one full scan costs less.
    private var capacity = Self.capacity
    /// The longest time between two looks at an entry that is never settled.
    private static let longest: UInt64 = 60_000_000_000
    /// A look at the very edge of the window would be one too early.
    private static let margin: UInt64 = 5_000_000

    init(_ window: RacyWindow) {
        self.window = UInt64(max(window.nanoseconds, 0)) + Self.margin
    }

    /// When to look again; nil when nothing is to be.
    var next: UInt64? {
        let first = looks.isEmpty ? nil : earliest
        return [whole, first].compactMap(\.self).min()
    }

    /// Notes how many entries a full scan would have to look at.
    mutating func expect(entries: Int) {
        capacity = max(Self.capacity, entries / Self.costOfLook)
    }

    /// Finds out anew when the next look is due, once the first of them was.
    mutating func recount(_ now: UInt64) {
        guard earliest <= now else { return }
        earliest = looks.values.lazy.map(\.due).min() ?? .max
    }

    /// What shall be looked at by now.
    func due(_ now: UInt64) -> [RelativePath] {
        looks.filter { $0.value.due <= now }.map(\.key)
    }

    /// Takes what a look at an entry said; a directory's stamp vouches for nothing anyway.
    mutating func note(_ path: RelativePath, _ state: EntryState, _ stamp: Stamp, now: UInt64) {
        guard stamp == .zero, state.kind == .file || state.kind == .link else {
            if !looks.isEmpty { looks[path] = nil }
            return
        }
        guard whole == nil else { return }
        // Only a look that was due and settled nothing makes the next one later.
        let attempts = looks[path].map { look in
            look.due <= now ? min(look.attempts + 1, Self.mostDoublings) : look.attempts
        }
        let due = now + delay(after: attempts ?? 0)
        looks[path] = Look(due: due, attempts: attempts ?? 0)
        earliest = min(earliest, due)
        guard looks.count > capacity else { return }
        looks.removeAll()
        earliest = .max
        whole = now + delay(after: wholeAttempts)
    }

    private func delay(after attempts: UInt8) -> UInt64 {
        min(window << UInt64(min(attempts, Self.mostDoublings)), max(Self.longest, window))
    }

    private static let mostDoublings: UInt8 = 16

    /// Takes what a scan of a directory found.
    mutating func note(_ below: Tree, at path: RelativePath, now: UInt64) {
        below.forEach { id, bytes in
            let stamp = below.stamp(of: id)
            guard stamp == .zero || !looks.isEmpty else { return true }
            let entry = RelativePath(trusted: bytes).below(path)
            note(entry, below.state(of: id), stamp, now: now)
            return true
        }
    }

    /// Starts anew: everything is being looked at.
    mutating func removeAll() {
        wholeAttempts = whole == nil ? 0 : min(wholeAttempts + 1, Self.mostDoublings)
        looks.removeAll()
        earliest = .max
        whole = nil
    }

    /// Forgets an entry that is gone, and what was below it.
    mutating func forget(_ path: RelativePath) {
        guard !looks.isEmpty else { return }
        looks = looks.filter { $0.key != path && !$0.key.isDescendant(of: path) }
    }
}
