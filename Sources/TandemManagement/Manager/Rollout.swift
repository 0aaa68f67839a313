/// One component on its way to another image, and back where that does not become healthy.
struct Rollout: Sendable {
    /// What an observation means for it.
    enum Verdict: Hashable, Sendable {
        case wait
        /// The target runs and is healthy.
        case healthy
        case broken(String)
    }

    let member: WatchList.Member
    let times: ManagerTimes
    private(set) var pending: RolloutBook.Pending
    private var deadline: UInt64
    private var start = ""
    private var starts = 0
    private var runningSince: UInt64?
    private var idleSince: UInt64?
    private var checkedAt: UInt64?

    init(
        _ member: WatchList.Member,
        _ pending: RolloutBook.Pending,
        times: ManagerTimes,
        at now: UInt64
    ) {
        self.member = member
        self.times = times
        self.pending = pending
        deadline = now.addingReportingOverflow(times.rollout).partialValue
    }

    /// What is done at its begin, and again after a restart of the manager: each may be repeated.
    ///
    /// The unit starts the image of one name, so that name moves and the container is stopped.
    var kick: [ManagerAction] {
        [
            .call(.keep(pending.from, member)),
            .call(.use(pending.target, member)),
            .call(.stop(member)),
        ]
    }

    /// Turns around.
    mutating func goBack(_ why: String, at now: UInt64) {
        pending.returning = why
        deadline = now.addingReportingOverflow(times.rollout).partialValue
        start = ""
        starts = 0
        runningSince = nil
        idleSince = nil
        checkedAt = nil
    }

    /// Judges what was seen, and asks for a health check where the last is old.
    mutating func judge(
        _ seen: ContainerObservation,
        at now: UInt64
    ) -> (Verdict, [ManagerAction]) {
        if seen.state == .running, seen.image == pending.target {
            idleSince = nil
            if seen.start != start {
                start = seen.start
                starts += 1
                runningSince = now
                checkedAt = nil
            }
            switch seen.health {
            case .healthy: return (.healthy, [])
            case .unhealthy: return (.broken("it is unhealthy"), [])
            case .none where now - min(runningSince ?? now, now) >= times.settle:
                return (.healthy, [])
            case .none, .starting: break
            }
        } else {
            runningSince = nil
            idleSince = idleSince ?? now
        }
        if starts > times.rolloutStarts {
            return (.broken("it ended \(starts - 1) times"), [])
        }
        // On the way back there is nothing better to turn to: that waits as long as it may.
        if pending.returning == nil, let idleSince, now - min(idleSince, now) >= times.rolloutIdle {
            return (.broken("it has not run for \(times.rolloutIdle / 1_000_000_000) s"), [])
        }
        if now >= deadline {
            return (.broken("it was not healthy within \(times.rollout / 1_000_000_000) s"), [])
        }
        return (.wait, check(seen, at: now))
    }

    private mutating func check(
        _ seen: ContainerObservation,
        at now: UInt64
    ) -> [ManagerAction] {
        guard runningSince != nil, seen.health != .none else { return [] }
        if let checkedAt, now - min(checkedAt, now) < times.rollingCheck { return [] }
        checkedAt = now
        return [.call(.checkHealth(member))]
    }
}
