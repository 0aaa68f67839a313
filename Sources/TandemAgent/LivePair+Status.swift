import TandemControl
import TandemFiles
import TandemStore
import TandemSync
import TandemTree

extension PairView {
    /// What a live session says, in the words of the control protocol.
    init(_ identity: PairIdentity, _ live: LiveStatus) {
        var status = PairStatus(
            pair: identity,
            verdict: Verdict(live.verdict),
            phase: PairStatus.Phase(live.phase),
            headline: live.headline
        )
        status.laptopEntries = live.laptopEntries
        status.vmEntries = Int(clamping: live.vmEntries)
        status.tree = live.treeDigest?.hex
        status.generation = live.generation
        status.conflicts = live.conflicts.count
        status.problemCount = live.problems.count
        status.problems = live.problems.prefix(PairStatus.listedProblems).map {
            PairStatus.Problem(path: WirePath($0.path), reason: $0.reason)
        }
        status.pendingToVM = live.pendingToVM
        status.pendingToLaptop = live.pendingToLaptop
        status.lastSync = live.lastSync
        status.lag = live.lagNanoseconds
        status.roundTrip = live.roundTripNanoseconds
        status.wireUp = live.wireBytesUp
        status.wireDown = live.wireBytesDown
        status.receiver = live.receiver
        let laptopWatch = live.laptopWatch.flatMap { $0.isOrdinary ? nil : "laptop: \($0)" }
        let limits = [laptopWatch, live.vmWatch].compactMap(\.self)
        status.watch = limits.isEmpty ? nil : limits.joined(separator: "; ")
        switch live.phase {
        case .waiting(let error, let retryAt):
            status.retryAt = retryAt
            status.needs = live.verdict == .broken ? error.hint : nil
        case .halted(let error): status.needs = error.hint
        default: break
        }
        let conflicts = live.conflicts.map {
            FoundConflict(
                $0.conflict,
                laptopModified: $0.laptopModified,
                vmModified: $0.vmModified
            )
        }
        self.init(status: status, conflicts: live.areConflictsKnown ? conflicts : nil)
    }
}

extension Verdict {
    init(_ verdict: LiveVerdict) {
        switch verdict {
        case .ok: self = .ok
        case .working: self = .working
        case .attention: self = .attention
        case .broken: self = .broken
        }
    }
}

extension PairStatus.Phase {
    init(_ phase: LivePhase) {
        switch phase {
        case .paused: self = .paused
        case .scanning: self = .scanning
        case .connecting: self = .connecting
        case .comparing: self = .comparing
        case .syncing: self = .syncing
        case .watching: self = .watching
        case .waiting: self = .waiting
        case .halted: self = .halted
        case .stopped: self = .stopped
        }
    }
}

extension Resolution.Keep {
    init(_ keep: Settlement.Keep) {
        switch keep {
        case .laptop: self = .laptop
        case .vm: self = .vm
        case .both: self = .both
        }
    }
}

extension FlushOutcome {
    init(_ result: FlushResult) {
        switch result {
        case .inSync(let tree): self.init(.inSync, tree: tree)
        // Named in full: `.durable` alone would be the live session's, and this initialiser again.
        case .durable: self.init(FlushAnswer.Result.durable)
        case .attention(let lines): self.init(.attention, remarks: lines)
        case .timedOut: self.init(FlushAnswer.Result.timedOut)
        case .broken(let error):
            self.init(.broken, remarks: [error.message] + (error.hint.map { [$0] } ?? []))
        }
    }
}

extension PairNews {
    /// What the journal takes of a live session's event.
    init?(_ event: LiveEvent) {
        switch event {
        case .phase: self = .phase
        case .batch(let batch):
            self = .batch(generation: batch.generation, batch.changes.map(PairChange.init))
        case .conflictOpened(let view): self = .conflictOpened(view.conflict)
        case .conflictClosed(let path, isSettled: true): self = .conflictSettled(path)
        case .conflictClosed(let path, isSettled: false):
            self = .conflictClosed(path, how: "no conflict any more")
        case .conflictTimes: self = .conflictTimes
        case .linkUp(let receiver): self = .linkUp(receiver: receiver)
        case .linkDown(let error): self = .linkDown(reason: error.message)
        case .halted(let error): self = .halted(reason: error.message)
        case .notice(let text): self = .problem(.root, reason: text)
        }
    }
}

extension PairChange {
    init(_ change: LiveChange) {
        let action: ActivityRecord.Action =
            switch change.kind {
            case .sent: .sent
            case .received: .received
            case .removedOnVM: .removedOnVM
            case .removedOnLaptop: .removedOnLaptop
            case .refused: .refused
            case .resolved: .resolved
            }
        self.init(
            path: change.path,
            action: action,
            bytes: change.bytes,
            reason: change.reason ?? ""
        )
    }
}
