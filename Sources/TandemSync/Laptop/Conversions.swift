import TandemFiles
import TandemProtocol
import TandemTree

/// How this program names itself to a receiver.
enum ClientText {
    static let own = "tandem 0.1.0"
}

extension Identifier {
    /// An identifier from stored bytes.
    static func checked(_ bytes: [UInt8]) throws -> Self {
        guard let value = Self(bytes: bytes) else {
            throw SyncError(
                .configuration,
                "the pair's name is damaged",
                hint: "run `tandem pair` for this directory again"
            )
        }
        return value
    }

    /// A new random identifier.
    static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        return Self(high: generator.next(), low: generator.next())
    }
}

extension SyncError {
    /// Two programs without a common version: which of them is behind, and how to bring it forward.
    init(_ mismatch: VersionMismatch) {
        self.init(
            .version,
            "\(mismatch)",
            hint: mismatch.laptopIsOlder
                ? "install the vm's version on the laptop, tandem and tandem-agent both; "
                    + "`tandem version` shows this one"
                : "put this version's receiver on the vm, by `tandem pair --deploy` or as it got there"
        )
    }

    /// The receiver's refusal, in the laptop's classes.
    init(_ failure: Failure) {
        let place = failure.path.map { " (\($0))" } ?? ""
        let text = "the receiver: \(escaped(Array(failure.message.utf8)))\(place)"
        switch failure.code {
        case .version: self.init(.version, text)
        case .unknownPair: self.init(.amnesia, text, hint: "run `tandem pair` again")
        case .wrongRoot: self.init(.halted, text, hint: "check the directory on the vm")
        case .busy, .fenced: self.init(.busy, text, hint: "try again in a moment")
        case .noSpace: self.init(.noSpace, text, hint: "free space on the vm, then push again")
        case .notAllowed: self.init(.permission, text)
        case .lineage: self.init(.amnesia, text)
        case .stopping: self.init(.unreachable, text, hint: LinkEnd.again)
        case .violation: self.init(.protocolViolation, text)
        case .inputOutput, .notFound, .occupied, .fault: self.init(.failed, text)
        }
    }
}

extension PushSession.Standing {
    /// What to do first, or `amnesia` when the lineages do not join.
    ///
    /// - Parameters:
    ///   - decision: what the two records allow.
    ///   - intent: the token of the generation that the laptop last meant to begin.
    /// - Throws: `SyncError` `amnesia`.
    init(_ decision: LineageDecision, intent: [UInt8]?) throws {
        switch decision {
        case .goOn: self = .settled
        case .firstContact:
            throw SyncError(
                .amnesia,
                "the vm has no record of this pair: its directory or volume is a new one; "
                    + "nothing was applied",
                hint: "if it is the right one, run `tandem adopt`: both sides are united, nothing "
                    + "is deleted or overwritten"
            )
        case .commitPending: self = .commitPending
        case .rollForward: self = .rollForward(token: intent ?? [])
        case .amnesia(let reason):
            throw SyncError(
                .amnesia,
                "\(reason.rawValue); nothing was applied",
                hint: "if this is the right vm directory, `tandem adopt` starts anew: both sides "
                    + "are united, nothing is deleted or overwritten"
            )
        }
    }
}

extension PushSession.Outcome {
    /// A receiver's refusal, told as what it means for the user.
    init(_ item: OutcomeItem) {
        self.init(id: item.id, reason: Reason(item))
    }
}

extension PushSession.Outcome.Reason {
    init(_ item: OutcomeItem) {
        switch item.reason {
        case .changed, .nameClash: self = .conflict(found: item.found)
        case .notEmpty:
            self = .failed("it holds entries that are not synced, so it was left there")
        case .digestMismatch, .contentMissing, .sourceChanged: self = .changedWhileSent
        case .noParent: self = .overtaken("the directory it belongs in is not there")
        case .ignored: self = .failed("the vm's rules leave it out")
        case .noSpace: self = .failed("the vm's disk is full")
        case .permission: self = .failed("the vm's file system does not permit it")
        case .unsupported: self = .failed("the vm's file system cannot hold it")
        case .inputOutput: self = .failed("writing it failed on the vm")
        case .busy: self = .failed("it is busy on the vm")
        }
    }
}

extension PushSession.Memory {
    /// The generation that the archive holds.
    var mark: GenerationMark { GenerationMark(generation: generation, token: token) }
}
