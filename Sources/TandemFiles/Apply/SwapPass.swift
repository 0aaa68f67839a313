import Glibc
import TandemSystem
import TandemTree

/// The end of a batch: durable, journalled, swapped, looked at again, shelved, durable.
struct SwapPass: Sendable {
    let context: ApplyContext
    let shelf: Shelf
    let shelfClass: ShelfClass
    let generation: UInt64

    func run(_ taken: Stager, firstID: UInt32) throws(ApplyError) -> BatchOutcome {
        var stager = taken
        stager.close()
        CrashPoint.reach("apply.staged")
        try flushStage(&stager)
        CrashPoint.reach("apply.before-journal")
        try writeJournal(stager)
        CrashPoint.reach("apply.after-journal")
        var swapper = Swapper(context, stager, shelfClass)
        swapper.run()
        swapper.lookAgain()
        CrashPoint.reach("apply.after-swap")
        try flushRoot(swapper.touched)
        CrashPoint.reach("apply.durable")
        try shelve(swapper)
        CrashPoint.reach("apply.shelved")
        if !swapper.needsRecovery { tidy(stager.stage.directory) }
        CrashPoint.reach("apply.done")
        return outcome(of: swapper, firstID)
    }

    /// Makes every staged value durable; what cannot be is thrown away and refused.
    private func flushStage(_ stager: inout Stager) throws(ApplyError) {
        var positions: [Int] = []
        var paths: [RelativePath] = []
        for position in 0..<stager.ledger.count where stager.ledger.statuses[position] == .ready {
            let change = stager.plan.changes[position]
            if case .move = change.source { continue }
            guard let new = change.new, new.kind != .link else { continue }
            positions.append(position)
            paths.append(stager.stage.path(position, in: stager.plan))
        }
        guard stager.ledger.count > 0 else { return }
        paths.append(.root)
        let stage = stager.stage.directory
        let durability = durability()
        for (index, error) in durability.flush(paths, below: stage) {
            guard index < positions.count else {
                throw ApplyError("make the stage durable", error)
            }
            let position = positions[index]
            stager.ledger.refuse(
                position..<stager.plan.end(of: position),
                ChangeRefusal.Reason(error)
            )
            stager.discard(position)
        }
    }

    /// Notes what may be displaced; creations and moves displace nothing.
    private func writeJournal(_ stager: Stager) throws(ApplyError) {
        var journal = ApplyJournal(
            rules: context.rules,
            shelfClass: shelfClass,
            generation: generation
        )
        for operation in stager.plan.ordered {
            let position = operation.first
            guard operation.kind == .replace || operation.kind == .remove,
                stager.ledger.statuses[position] == .ready
            else { continue }
            let change = stager.plan.changes[position]
            journal.operations.append(
                ApplyJournal.Operation(
                    kind: operation.kind,
                    name: stager.stage.name(position),
                    path: change.path,
                    expected: change.expected,
                    new: change.new,
                    inode: stager.ledger.stamps[position].inode
                )
            )
        }
        guard !journal.operations.isEmpty else { return }
        do throws(SystemError) {
            try journal.write(in: stager.stage.directory)
        } catch {
            throw ApplyError("write the journal", error)
        }
    }

    /// Makes the directories whose entries changed durable.
    private func flushRoot(_ touched: Set<RelativePath>) throws(ApplyError) {
        do throws(SystemError) {
            let root = Directory(
                try context.fileSystem.duplicate(context.root.descriptor),
                of: context.fileSystem
            )
            var moved = false
            for (_, error) in durability().flush(Array(touched), below: root) {
                // Somebody renamed the directory meanwhile, and what was put in it with it.
                guard [ENOENT, ENOTDIR, ELOOP].contains(error.errno) else { throw error }
                moved = true
            }
            if moved { try context.fileSystem.syncFileSystem(root.raw) }
        } catch {
            throw ApplyError("make the changed directories durable", error)
        }
    }

    private func durability() -> Durability {
        Durability(context.fileSystem, context.limits, root: context.root.descriptor)
    }

    private func shelve(_ swapper: Swapper) throws(ApplyError) {
        let arrivals = swapper.displaced.map {
            Shelf.Arrival(
                name: $0.name,
                path: swapper.plan.changes[$0.position].path,
                state: $0.state,
                shelfClass: $0.shelfClass
            )
        }
        do throws(SystemError) {
            try shelf.put(arrivals, generation: generation)
        } catch {
            throw ApplyError("shelve what was displaced", error)
        }
    }

    /// Empties the stage: what was displaced is shelved, what is left over is of no more use.
    ///
    /// Failing is no error: the next batch takes left-overs for its pool and tidies again.
    private func tidy(_ stage: Directory) {
        do throws(SystemError) {
            if try stage.status(ApplyJournal.fileName) != nil {
                try ApplyJournal.remove(from: stage)
            }
            CrashPoint.reach("apply.tidying")
            for name in try stage.names() { try stage.removeTree(name) }
        } catch {
            return
        }
    }

    private func outcome(of swapper: Swapper, _ firstID: UInt32) -> BatchOutcome {
        var outcome = BatchOutcome()
        outcome.updates = swapper.updates
        for position in 0..<swapper.ledger.count {
            let id = firstID + UInt32(position)
            if swapper.ledger.statuses[position] == .applied {
                outcome.applied.append(id)
            } else {
                let refusal = swapper.ledger.refusals[position]
                outcome.refusals.append(
                    ChangeRefusal(
                        id: id,
                        reason: refusal?.reason ?? .ioError,
                        found: refusal?.found
                    )
                )
            }
        }
        return outcome
    }
}
