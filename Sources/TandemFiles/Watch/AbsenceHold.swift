import TandemTree

/// Entries that were seen missing, or emptied, and are not believed to be so yet.
///
/// An editor that saves may move the file away before the new one is in its place, or empty it
/// before it writes. Such a moment must not be taken for a deletion, so it is looked at again, soon
/// and then later, until the patience ends. Times are monotonic nanoseconds.
struct AbsenceHold: Hashable, Sendable {
    private struct Held: Hashable {
        var since: UInt64
        var next: UInt64
    }

    private var held: [RelativePath: Held] = [:]
    private let patience: UInt64
    private let firstLook: UInt64

    /// Beyond it so many entries went at once that no editor did it.
    static let capacity = 256

    /// - Parameters:
    ///   - patience: how long an entry must be missing; editors were seen to take up to 5 ms.
    ///   - firstLook: when to look for the first time; then after twice the time, and so on.
    init(patience: UInt64 = 30_000_000, firstLook: UInt64 = 2_000_000) {
        self.patience = patience
        self.firstLook = firstLook
    }

    /// Whether an entry that is missing now is believed to be gone.
    mutating func believes(_ path: RelativePath, now: UInt64) -> Bool {
        guard let known = held[path] else {
            guard held.count < Self.capacity else { return true }
            held[path] = Held(since: now, next: now + min(firstLook, patience))
            return false
        }
        let age = now - min(known.since, now)
        guard age < patience else {
            held[path] = nil
            return true
        }
        held[path]?.next = known.since + min(max(2 * age, firstLook), patience)
        return false
    }

    /// Forgets an entry: it is there, or was believed to be gone.
    mutating func forget(_ path: RelativePath) {
        guard !held.isEmpty else { return }
        held[path] = nil
    }

    /// Forgets an entry and what stood below it: no directory stands there, so nothing can.
    mutating func forgetAll(at path: RelativePath) {
        guard !held.isEmpty else { return }
        held = held.filter { $0.key != path && !$0.key.isDescendant(of: path) }
    }

    /// Whether an entry is waited for.
    func holds(_ path: RelativePath) -> Bool { held[path] != nil }

    /// What is waited for.
    var paths: [RelativePath] { held.keys.sorted() }

    /// When to look again; nil when nothing is waited for.
    var next: UInt64? { held.values.map(\.next).min() }

    /// What shall be looked at by now.
    func due(_ now: UInt64) -> [RelativePath] {
        held.filter { $0.value.next <= now }.map(\.key)
    }
}
