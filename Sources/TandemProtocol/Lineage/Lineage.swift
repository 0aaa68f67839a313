/// What the two sides' records of a pair allow, when a session begins.
package enum Lineage {
    /// Decides from the laptop's claim and the vm's state; pure, and the same on both sides.
    ///
    /// Invariant it keeps (SAFETY I7): the archive at generation n is used only if the vm durably
    /// held generation n. Whatever is not listed in DESIGN.md, "Committing a generation", is amnesia.
    package static func decide(_ claim: LineageClaim?, _ vm: LineageState) -> LineageDecision {
        guard let claim else {
            return vm == .none ? .firstContact : .amnesia(.laptopHasNoArchive)
        }
        switch vm {
        case .none:
            // Generation 0 is what pairing writes: its archive is empty, so nothing can be lost.
            return claim.point.generation == 0 ? .firstContact : .amnesia(.vmHasNoLineage)
        case .unreadable:
            return .amnesia(.vmLineageUnreadable)
        case .settled(let point), .begun(let point, _):
            return claim.point == point ? .goOn : .amnesia(difference(claim.point, point))
        case .ended(let point, let next):
            return decide(claim, endedAfter: point, next)
        }
    }

    private static func decide(
        _ claim: LineageClaim,
        endedAfter point: LineagePoint,
        _ next: LineageToken
    ) -> LineageDecision {
        if claim.point == point {
            return claim.intent == next ? .rollForward : .amnesia(.intentUnknown)
        }
        if point.isFollowed(by: claim.point, named: next) { return .commitPending }
        return .amnesia(difference(claim.point, point))
    }

    private static func difference(_ laptop: LineagePoint, _ vm: LineagePoint) -> AmnesiaReason {
        if laptop.generation == vm.generation { return .tokensDiffer }
        return laptop.generation < vm.generation ? .laptopIsOlder : .vmIsOlder
    }
}

/// How a session goes on.
package enum LineageDecision: Hashable, Sendable {
    /// Both stand at the same generation; what the vm may have begun is forgotten.
    case goOn
    /// The vm has generation n+1 and the laptop meant it: take the vm's list into the archive.
    case rollForward
    /// The laptop has generation n+1 and the vm awaits its Commit: send it.
    case commitPending
    /// Nothing has been agreed yet: the archive is empty, trees unite. Only for purpose `pair`.
    case firstContact
    /// The records contradict each other: unite, delete and overwrite nothing, tell the user.
    case amnesia(AmnesiaReason)
}

/// Why the sides' records cannot be used.
package enum AmnesiaReason: String, Hashable, Sendable, CaseIterable {
    case laptopHasNoArchive = "the laptop has no archive of this pair, the vm has"
    case vmHasNoLineage = "the vm has no record of this pair: another volume, or a new one"
    case vmLineageUnreadable = "the vm's record of this pair cannot be read"
    case laptopIsOlder = "the laptop's archive is older than the vm's: restored from a backup?"
    case vmIsOlder = "the vm's record is older than the laptop's: rolled back to a snapshot?"
    case tokensDiffer = "both sides are at the same generation of different lineages"
    case intentUnknown = "the vm ended a batch that this laptop did not begin"
}
