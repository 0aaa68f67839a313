package import TandemTree

/// What happened to one path: the answer to "which file, when, and why".
package struct ActivityRecord: Hashable, Sendable {
    /// What was done.
    package enum Action: String, Sendable, CaseIterable {
        case sent
        case received
        case removedOnVM = "removed-on-vm"
        case removedOnLaptop = "removed-on-laptop"
        case conflicted
        case resolved
        case refused
        case problem
        case hook
        case hookFailed = "hook-failed"
    }

    /// In nanoseconds since 1970.
    package var time: Int64
    package var path: RelativePath
    package var action: Action
    /// Why, in a sentence or a few words; may be empty.
    package var reason: String
    /// The generation it belongs to.
    package var generation: UInt64

    package init(
        time: Int64,
        path: RelativePath,
        action: Action,
        reason: String = "",
        generation: UInt64
    ) {
        self.time = time
        self.path = path
        self.action = action
        self.reason = reason
        self.generation = generation
    }
}
