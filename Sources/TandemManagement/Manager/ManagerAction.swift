/// What the core of the manager wants done.
package enum ManagerAction: Hashable, Sendable {
    /// Make a call; `ManagerCore.failed` is told when it does not succeed.
    case call(PodmanCall)
    /// Write the book of rollouts durably before anything that follows.
    case remember(RolloutBook)
    case report(ManagerReport)
}

/// Something a person may want to read in the log.
package struct ManagerReport: Hashable, Sendable {
    package enum Level: String, Hashable, Sendable { case info, warning, error }

    package var level: Level
    package var member: WatchList.Member
    package var text: String

    package init(_ level: Level, _ member: WatchList.Member, _ text: String) {
        self.level = level
        self.member = member
        self.text = text
    }
}

/// The manager's times, in nanoseconds of a clock that never goes back.
package struct ManagerTimes: Hashable, Sendable {
    private static let second: UInt64 = 1_000_000_000

    package var backoff = RestartBackoff.Policy()
    /// How long a container may say that it starts.
    package var starting = 120 * second
    /// How long a unit may take to bring its container back before a person is told: several times
    /// the units' longest pause between two starts.
    package var absent = 60 * second
    /// How old the last health check may be; Podman's own timers check every 30 s where systemd
    /// runs them, and nobody does elsewhere.
    package var check = 45 * second
    /// How old it may be while a new image is being tried.
    package var rollingCheck = 2 * second
    /// How long a new image may take to become healthy.
    package var rollout = 60 * second
    /// How long a new image may not run at all.
    ///
    /// That is the units' longest pause between two starts, and a slow start; what ends at once is
    /// hardly ever seen running.
    package var rolloutIdle = 25 * second
    /// How long a container without a health check has to run to count as healthy.
    package var settle = 5 * second
    /// How often a new image may end before it is given up.
    package var rolloutStarts = 3

    package init() {}
}
