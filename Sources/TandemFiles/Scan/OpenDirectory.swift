import Synchronization

/// A directory kept open for the sake of its subdirectories, closed with the last of them.
final class OpenDirectory: Sendable {
    let descriptor: Int32
    private let fileSystem: any FileSystem
    private let budget: DescriptorBudget

    init(_ descriptor: Int32, _ fileSystem: any FileSystem, _ budget: DescriptorBudget) {
        self.descriptor = descriptor
        self.fileSystem = fileSystem
        self.budget = budget
    }

    deinit {
        fileSystem.close(descriptor)
        budget.giveBack()
    }
}

/// How many directories a scan may keep open; beyond it a subdirectory is opened from the root.
final class DescriptorBudget: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) {
        left = Mutex(count)
    }

    /// Takes one; false when none is left.
    func take() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }

    /// Gives one back.
    func giveBack() {
        left.withLock { $0 += 1 }
    }

    /// Lends none any more: what comes back does not make it positive again.
    func exhaust() {
        left.withLock { $0 = Int.min / 2 }
    }
}
