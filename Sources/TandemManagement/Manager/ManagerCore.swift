/// What the manager decides: a value that is told what happened and says what to do.
package struct ManagerCore: Sendable {
    package let list: WatchList
    private(set) package var book: RolloutBook
    private let times: ManagerTimes
    private var watches: [WatchList.Member: ComponentWatch]
    private var rollout: Rollout?
    /// Whether the rollout's first calls have still to be made, after a restart of the manager.
    private var mustKick = false

    /// Makes a core; a rollout that the book says was under way goes on.
    package init(list: WatchList, book: RolloutBook, times: ManagerTimes, at now: UInt64) {
        self.list = list
        self.book = book
        self.times = times
        watches = Dictionary(
            uniqueKeysWithValues: list.members.map { ($0, ComponentWatch($0, times: times)) }
        )
        for member in list.members where rollout == nil {
            guard let pending = book[member].pending else { continue }
            rollout = Rollout(member, pending, times: times, at: now)
            mustKick = true
        }
    }

    /// The component that is being rolled; only one is at a time.
    package var rolling: WatchList.Member? { rollout?.member }

    /// What was last seen of a component.
    package func seen(_ member: WatchList.Member) -> ContainerObservation? { watches[member]?.seen }

    /// What a person is told about a component beside its state.
    package func words(_ member: WatchList.Member) -> String {
        if let pending = rollout.flatMap({ $0.member == member ? $0.pending : nil }) {
            return pending.returning.map { "going back to \(pending.from.short): \($0)" }
                ?? "trying \(pending.to.short)"
        }
        return watches[member]?.words ?? ""
    }

    // MARK: - Events

    /// Something was seen of a component.
    ///
    /// - Parameters:
    ///   - observation: what Podman said.
    ///   - member: of which component.
    ///   - now: the time, of a clock that never goes back.
    ///   - spread: a random number from 0 to 1.
    /// - Returns: what to do, in this order.
    package mutating func observe(
        _ observation: ContainerObservation,
        of member: WatchList.Member,
        at now: UInt64,
        spread: Double
    ) -> [ManagerAction] {
        let isRolling = rollout?.member == member
        let actions =
            watches[member]?.observe(observation, at: now, spread: spread, acts: !isRolling) ?? []
        guard isRolling else { return actions }
        return actions + goOn(observation, at: now)
    }

    /// A call that an action asked for did not succeed.
    package mutating func failed(
        _ call: PodmanCall,
        _ error: PodmanError,
        at now: UInt64
    ) -> [ManagerAction] {
        switch call {
        case .use(_, let member) where rollout?.member == member:
            return turn("the image could not be put in place (\(error))", at: now)
        case .stop(let member), .start(let member), .restart(let member):
            return [.report(ManagerReport(.error, member, "\(error)"))]
        case .keep(_, let member):
            return [.report(ManagerReport(.warning, member, "\(error)"))]
        default: return []
        }
    }

    /// The book could not be written: what has begun is not gone on with.
    package mutating func abandon(_ why: String) -> [ManagerAction] {
        guard let member = rollout?.member else { return [] }
        rollout = nil
        book[member].pending = nil
        return [.report(ManagerReport(.error, member, "not rolled: \(why)"))]
    }

    // MARK: - Requests

    /// A person asks for a restart.
    package mutating func restart(
        _ member: WatchList.Member
    ) throws(ManagerRefusal) -> [ManagerAction] {
        guard rollout?.member != member else { throw .busy(member) }
        guard let seen = watches[member]?.seen, seen.state != .absent else { throw .absent(member) }
        watches[member]?.reset()
        let report = ManagerReport(.info, member, "restarting, as asked")
        return [.report(report), .call(ComponentWatch.renew(member, seen))]
    }

    /// A person asks for another image.
    ///
    /// - Parameters:
    ///   - member: which component.
    ///   - image: an image that is there.
    ///   - now: the time.
    /// - Returns: what to do, in this order.
    /// - Throws: `ManagerRefusal`
    package mutating func roll(
        _ member: WatchList.Member,
        to image: ImageID,
        at now: UInt64
    ) throws(ManagerRefusal) -> [ManagerAction] {
        if let rolling = rollout?.member { throw .busy(rolling) }
        guard let seen = watches[member]?.seen, let from = seen.image else { throw .absent(member) }
        guard seen.unit != nil else { throw .noUnit(member) }
        guard from != image else { throw .runsAlready(member, image) }
        let pending = RolloutBook.Pending(from: from, to: image)
        let rollout = Rollout(member, pending, times: times, at: now)
        self.rollout = rollout
        mustKick = false
        book[member].pending = pending
        let report = ManagerReport(.info, member, "rolling \(from.short) → \(image.short)")
        return [.report(report), .remember(book)] + rollout.kick
    }

    /// A person asks for the image before.
    package mutating func rollBack(
        _ member: WatchList.Member,
        at now: UInt64
    ) throws(ManagerRefusal) -> [ManagerAction] {
        guard let previous = book[member].previous else { throw .noPrevious(member) }
        return try roll(member, to: previous, at: now)
    }

    // MARK: - Rollouts

    private mutating func goOn(
        _ observation: ContainerObservation,
        at now: UInt64
    ) -> [ManagerAction] {
        guard var rollout else { return [] }
        if mustKick {
            mustKick = false
            if observation.image != rollout.pending.target { return rollout.kick }
        }
        let (verdict, actions) = rollout.judge(observation, at: now)
        self.rollout = rollout
        switch verdict {
        case .wait: return actions
        case .healthy: return actions + arrive(rollout)
        case .broken(let why): return actions + turn(why, at: now)
        }
    }

    /// The target runs and is healthy.
    private mutating func arrive(_ rollout: Rollout) -> [ManagerAction] {
        let pending = rollout.pending
        let (from, to) = (pending.from, pending.to)
        guard let why = pending.returning else {
            book[rollout.member].previous = from
            let report = ManagerReport(.info, rollout.member, "runs \(to.short) and is healthy")
            return end(rollout, .init(.done, from: from, to: to), report)
        }
        let text = "went back to \(from.short), because of \(to.short): \(why)"
        let report = ManagerReport(.error, rollout.member, text)
        return end(rollout, .init(.rolledBack, from: from, to: to, reason: why), report)
    }

    /// The target does not become healthy: back, or on the way back, the end.
    private mutating func turn(_ why: String, at now: UInt64) -> [ManagerAction] {
        guard var rollout else { return [] }
        let pending = rollout.pending
        if let first = pending.returning {
            let text =
                "neither image became healthy: \(pending.to.short): \(first); "
                + "\(pending.from.short): \(why)"
            let report = ManagerReport(.error, rollout.member, text)
            let reason = "\(first); then \(why)"
            return end(
                rollout,
                .init(.failed, from: pending.from, to: pending.to, reason: reason),
                report
            )
        }
        rollout.goBack(why, at: now)
        self.rollout = rollout
        book[rollout.member].pending = rollout.pending
        let text = "\(pending.to.short): \(why); going back to \(pending.from.short)"
        let report = ManagerReport(.warning, rollout.member, text)
        return [.report(report), .remember(book)] + rollout.kick
    }

    private mutating func end(
        _ rollout: Rollout,
        _ outcome: RolloutBook.Outcome,
        _ report: ManagerReport
    ) -> [ManagerAction] {
        book[rollout.member].pending = nil
        book[rollout.member].last = outcome
        self.rollout = nil
        watches[rollout.member]?.reset()
        return [.remember(book), .report(report)]
    }
}

/// Why the manager does not do what a person asks.
package enum ManagerRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case absent(WatchList.Member)
    case busy(WatchList.Member)
    case noUnit(WatchList.Member)
    case noPrevious(WatchList.Member)
    case runsAlready(WatchList.Member, ImageID)

    package var description: String {
        switch self {
        case .absent(let member): "\(member) is not there; its unit starts it"
        case .busy(let member): "\(member) is being rolled; wait until that has ended"
        case .noUnit(let member):
            "\(member) is run by no systemd unit, so nothing would start it from another image"
        case .noPrevious(let member): "no image before the one of \(member) is known"
        case .runsAlready(let member, let image): "\(member) runs \(image.short) already"
        }
    }
}
