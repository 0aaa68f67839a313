/// Watches one component and decides when it is started again.
///
/// A value: it is given what was seen and the time, and says what to do.
struct ComponentWatch: Sendable {
    enum Phase: Hashable, Sendable {
        case fine
        /// Not fine; something is done about it when this time has come.
        case waiting(until: UInt64)
        /// It kept failing; a person has to look.
        case gaveUp(restarts: Int)
    }

    let member: WatchList.Member
    let times: ManagerTimes
    private(set) var phase = Phase.fine
    private(set) var seen: ContainerObservation?
    private var backoff: RestartBackoff
    private var startedAt: UInt64?
    private var missingSince: UInt64?
    private var wasMissed = false
    private var checkedAt: UInt64?

    init(_ member: WatchList.Member, times: ManagerTimes) {
        self.member = member
        self.times = times
        backoff = RestartBackoff(policy: times.backoff)
    }

    /// Takes what was seen, and says what to do about it.
    ///
    /// - Parameters:
    ///   - observation: what Podman said.
    ///   - now: the time.
    ///   - spread: a random number from 0 to 1.
    ///   - acts: whether anything is done; not while a rollout has the container in its hands.
    /// - Returns: what to do, in this order.
    mutating func observe(
        _ observation: ContainerObservation,
        at now: UInt64,
        spread: Double,
        acts: Bool
    ) -> [ManagerAction] {
        var actions = note(observation, at: now)
        guard acts else { return actions }
        switch observation.state {
        case .running: actions += running(observation, at: now, spread)
        case .absent: actions += missing(observation, at: now)
        case .ended(_, byRequest: true) where observation.unit == nil:
            phase = .fine  // somebody stopped it, and nothing starts it against that
        case .ended(let code, _):
            actions +=
                observation.unit == nil
                ? broken("it ended with code \(code)", observation, at: now, spread)
                : missing(observation, at: now)
        case .other: break
        }
        return actions
    }

    /// A person asked for a restart: the past is forgotten.
    mutating func reset() {
        backoff.reset()
        phase = .fine
    }

    /// The call that makes a container new: a unit starts it again when it is stopped.
    static func renew(_ member: WatchList.Member, _ seen: ContainerObservation) -> PodmanCall {
        if case .ended = seen.state, seen.unit == nil { return .start(member) }
        return seen.unit == nil ? .restart(member) : .stop(member)
    }

    /// Keeps what was seen; asks for a health check where the last is old.
    private mutating func note(
        _ observation: ContainerObservation,
        at now: UInt64
    ) -> [ManagerAction] {
        let old = seen
        seen = observation
        guard observation.state == .running else { return [] }
        if old?.start != observation.start || old?.state != .running {
            startedAt = now
            backoff.didStart(at: now)
            checkedAt = nil
        } else if old?.healthStamp != observation.healthStamp {
            checkedAt = now
        }
        guard observation.health != .none else { return [] }
        let isOld = checkedAt.map { now - min($0, now) >= times.check } ?? true
        guard isOld else { return [] }
        checkedAt = now
        return [.call(.checkHealth(member))]
    }

    private mutating func running(
        _ observation: ContainerObservation,
        at now: UInt64,
        _ spread: Double
    ) -> [ManagerAction] {
        let wasBack = missingSince != nil && wasMissed
        missingSince = nil
        wasMissed = false
        switch observation.health {
        case .unhealthy: return broken("it is unhealthy", observation, at: now, spread)
        case .starting where now - min(startedAt ?? now, now) >= times.starting:
            return broken("it does not become healthy", observation, at: now, spread)
        case .starting: return []
        case .healthy, .none:
            let wasFine = phase == .fine && !wasBack
            phase = .fine
            return wasFine ? [] : [report(.info, "it is \(observation.word) again")]
        }
    }

    /// Not fine, and the manager can do something about it.
    private mutating func broken(
        _ why: String,
        _ observation: ContainerObservation,
        at now: UInt64,
        _ spread: Double
    ) -> [ManagerAction] {
        switch phase {
        case .gaveUp: return []
        case .waiting(let until) where now < until: return []
        case .waiting:
            phase = .fine
            return [.call(Self.renew(member, observation)), report(.warning, "restarting: \(why)")]
        case .fine:
            switch backoff.didEnd(at: now, spread: spread) {
            case .start(let time):
                phase = .waiting(until: time)
                let seconds = (time - min(now, time) + 500_000_000) / 1_000_000_000
                return [report(.warning, "\(why); restart in \(seconds) s")]
            case .giveUp(let restarts):
                phase = .gaveUp(restarts: restarts)
                let text =
                    "\(why), after \(restarts) restarts; it is left alone until somebody "
                    + "restarts it: tandem vm restart \(member)"
                return [report(.error, text)]
            }
        }
    }

    /// Not there, or ended: its unit brings it back, or else a person is told once.
    private mutating func missing(
        _ observation: ContainerObservation,
        at now: UInt64
    ) -> [ManagerAction] {
        let since = missingSince ?? now
        missingSince = since
        guard !wasMissed, now - min(since, now) >= times.absent else { return [] }
        wasMissed = true
        let unit = observation.unit ?? "\(member).service"
        let text =
            "it is \(observation.word), and nothing starts it; on the vm: "
            + "systemctl --user status \(unit)"
        return [report(.error, text)]
    }

    private func report(_ level: ManagerReport.Level, _ text: String) -> ManagerAction {
        .report(ManagerReport(level, member, text))
    }

    /// What a person is told about it.
    var words: String {
        if wasMissed { return "nothing starts it" }
        switch phase {
        case .fine: return ""
        case .waiting: return "waits for a restart"
        case .gaveUp(let restarts): return "left alone after \(restarts) restarts"
        }
    }
}
