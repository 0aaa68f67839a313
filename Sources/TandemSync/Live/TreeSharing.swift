import TandemTree

/// When the session's three trees are made to share memory again, as a value.
///
/// They hold the same but for what is under way. A change gives each tree that takes it its own piece
/// of the columns it lies in, so from time to time the pieces are made one again.
struct TreeSharing: Sendable {
    /// Sharing anew costs some microseconds for each change that made it due.
    private static let changesBetween = 64

    private var changes = 0
    private var fullLooks = 0

    /// Counts changes that a tree took.
    mutating func note(_ count: Int) { changes += count }

    /// Whether it pays now.
    func isDue(_ laptop: LiveSession.Laptop) -> Bool {
        changes >= Self.changesBetween || laptop.fullLooks != fullLooks
    }

    /// Starts counting anew.
    mutating func isDone(_ laptop: LiveSession.Laptop) {
        changes = 0
        fullLooks = laptop.fullLooks
    }
}

extension LiveSession {
    /// Lets the archive and the vm's tree share the memory of the laptop's, as far as they are equal.
    mutating func shareTrees(_ laptop: Laptop) {
        memory.archive = memory.archive.sharing(laptop.tree)
        vm = vm.sharing(laptop.tree)
        sharing.isDone(laptop)
    }
}
