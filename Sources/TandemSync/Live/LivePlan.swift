import TandemSystem
package import TandemTree

/// What a session would do with both sides as it knows them now; nothing is done for it.
package struct LivePlan: Sendable {
    package var plan: Plan
    package var laptopEntries: Int
    package var vmEntries: Int
    /// Whether both sides were looked at whole.
    package var isComplete: Bool
}

extension LiveSession {
    /// Plans without doing anything; nil while the vm's tree is not known.
    ///
    /// - Parameters:
    ///   - isReset: whether to plan as if both sides had agreed on nothing yet.
    ///   - laptop: the laptop's side as it is now.
    /// - Returns: the plan.
    package func preview(isReset: Bool, laptop: Laptop) -> LivePlan? {
        switch phase {
        case .starting, .settling, .comparing, .walking: return nil
        case .resting, .intending, .applying, .archiving, .committing, .halted: break
        }
        // A tree read under other rules would show what is ignored as deleted.
        guard vmRules == laptop.rules, !isVMInDoubt else { return nil }
        let plan = reconcile(
            archive: isReset ? Tree() : memory.archive,
            laptop: laptop.tree,
            vm: vm,
            modes: settings.modes
        )
        return LivePlan(
            plan: plan,
            laptopEntries: laptop.tree.count,
            vmEntries: vm.count,
            isComplete: isVMComplete && laptop.isComplete
        )
    }
}

/// A plan that is waited for until both sides are known.
struct PendingPlan {
    var isReset: Bool
    var ticket: Ticket<Result<LivePlan, SyncError>>
}

extension LiveLoop {
    func plan(isReset: Bool, _ ticket: Ticket<Result<LivePlan, SyncError>>) {
        // Without a link on its way nothing would come of waiting.
        guard session != nil || (link != nil || retryAt == nil) && !isPaused && side != nil else {
            let status = board.status
            return ticket.answer(
                .failure(
                    SyncError(
                        .unreachable,
                        "both sides cannot be compared now: \(status.headline)",
                        hint: isPaused ? "tandem resume" : "tandem status says what it waits for"
                    )
                )
            )
        }
        planning.append(PendingPlan(isReset: isReset, ticket: ticket))
    }

    func answerPlans() {
        guard !planning.isEmpty, let session, let side else { return }
        planning.removeAll { pending in
            guard let plan = session.preview(isReset: pending.isReset, laptop: side.laptop)
            else { return false }
            pending.ticket.answer(.success(plan))
            return true
        }
    }
}
