package import TandemTree

/// The checks that stop a push before it deletes what a mistake, not a user, took away.
///
/// An emptied or unmounted root looks exactly like a root whose files were deleted; only the
/// amount tells, so above these bounds a person decides.
package enum HaltPolicy {
    /// Deletions below this number never halt.
    package static let deletionCount = 20
    /// Deletions below this part of the agreed tree never halt, in percent.
    package static let deletionPercent = 50
    /// A root that had at least this many entries and has none is taken for lost.
    package static let emptiedCount = 2

    /// Why a plan is not applied, or nil when it may be.
    ///
    /// - Parameters:
    ///   - plan: what would be sent to the vm.
    ///   - archive: the tree that was agreed last.
    ///   - laptop: the laptop's tree now.
    ///   - accepted: the deletions the user accepted, with `--accept-delete=N`.
    /// - Returns: what to tell the user.
    package static func check(
        plan: Plan,
        archive: Tree,
        laptop: Tree,
        accepted: Int?
    ) -> SyncError? {
        let deletions = deletions(in: plan.toVM, archive)
        if let accepted, deletions <= accepted { return nil }
        let hint =
            "look at the laptop root; if it is meant, push again with "
            + "--accept-delete=\(deletions)"
        if archive.count >= emptiedCount && laptop.count == 0 && deletions > 0 {
            return SyncError(
                .halted,
                "the laptop root is empty and had \(archive.count) entries; nothing was applied",
                hint: hint
            )
        }
        guard isMass(deletions, of: archive) else { return nil }
        return SyncError(
            .halted,
            "this push would delete \(deletions) of \(archive.count) entries on the vm; "
                + "nothing was applied",
            hint: hint
        )
    }

    /// Why the plan of a session that writes to both sides is not applied, or nil when it may be.
    ///
    /// - Parameters:
    ///   - plan: what would be done on both sides.
    ///   - archive: the tree that was agreed last.
    ///   - laptop: the laptop's tree now.
    ///   - vm: the vm's tree now.
    ///   - accepted: the deletions the user accepted.
    ///   - made: for each side, what was made there a moment ago because the other has it still:
    ///     the first half of a move.
    /// - Returns: what to tell the user.
    package static func check(
        _ plan: Plan,
        archive: Tree,
        laptop: Tree,
        vm: Tree,
        accepted: Int?,
        made: (Side) -> [EntryState] = { _ in [] }
    ) -> SyncError? {
        check(plan.toVM, on: .vm, because: laptop, archive, accepted, made)
            ?? check(plan.toLaptop, on: .laptop, because: vm, archive, accepted, made)
    }

    private static func check(
        _ changes: [Change],
        on side: Side,
        because other: Tree,
        _ archive: Tree,
        _ accepted: Int?,
        _ made: (Side) -> [EntryState]
    ) -> SyncError? {
        guard !changes.isEmpty else { return nil }
        let deletions = deletions(in: changes, archive) { made(side) }
        guard deletions > accepted ?? 0 else { return nil }
        let hint =
            "look at the \(side.other) root; if it is meant, go on with "
            + "`tandem resume --accept-delete=\(deletions)`"
        if archive.count >= emptiedCount && other.count == 0 {
            return SyncError(
                .halted,
                "the \(side.other) root is empty and had \(archive.count) entries; "
                    + "nothing was applied",
                hint: hint
            )
        }
        guard isMass(deletions, of: archive) else { return nil }
        return SyncError(
            .halted,
            "\(deletions) of \(archive.count) entries would be deleted on the \(side); "
                + "nothing was applied",
            hint: hint
        )
    }

    private static func isMass(_ deletions: Int, of archive: Tree) -> Bool {
        deletions >= deletionCount && deletions * 100 >= archive.count * deletionPercent
    }

    /// The entries of the agreed tree that changes take away.
    ///
    /// Only where they are many is it worth to find out which of them come to be elsewhere.
    private static func deletions(
        in changes: [Change],
        _ archive: Tree,
        made: () -> [EntryState] = { [] }
    ) -> Int {
        let deletions = changes.reduce(0) { $0 + deletedEntries($1, in: archive) }
        guard isMass(deletions, of: archive) else { return deletions }
        var losses = LossCount(changes, earlier: made())
        return losses.lost(by: changes, of: archive)
    }

    /// The entries of the agreed tree that a change takes away; a move takes none.
    private static func deletedEntries(_ change: Change, in archive: Tree) -> Int {
        guard change.removes else { return 0 }
        guard let id = archive.find(change.path) else { return 1 }
        return 1 + archive.descendantCount(of: id)
    }
}
