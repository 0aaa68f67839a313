package import TandemTree

/// What a run is asked to do once both trees are known.
package enum PushPurpose: Sendable, Hashable {
    /// Make the plan and stop: nothing is written on either side.
    case plan
    /// Make the plan and apply it.
    case push
}

/// What the user asked of one push.
package struct PushOptions: Sendable {
    package var purpose: PushPurpose
    /// Which way changes travel; a push takes nothing from the vm whatever they say.
    package var modes: ModeMap
    /// What the pair's configuration says about ignoring.
    package var ignore: IgnoreSettings
    /// The number of deletions the user accepted with `--accept-delete=N`, where a halt asked.
    package var acceptedDeletions: Int?

    package init(
        purpose: PushPurpose = .push,
        modes: ModeMap = ModeMap(.push),
        ignore: IgnoreSettings = IgnoreSettings(),
        acceptedDeletions: Int? = nil
    ) {
        self.purpose = purpose
        self.modes = modes
        self.ignore = ignore
        self.acceptedDeletions = acceptedDeletions
    }
}

/// Where a push stands, for a progress line.
package enum PushProgress: Sendable, Hashable {
    case connecting
    case connected(receiver: String)
    case scanning(entries: Int, hashedBytes: UInt64)
    case comparing
    case sending(files: Int, ofFiles: Int, bytes: UInt64, ofBytes: UInt64)
    case applying(applied: Int, of: Int)
    case committing
}

/// What a push did, or would do.
package struct PushReport: Sendable {
    /// The one-word verdict.
    package enum Verdict: String, Sendable, Hashable {
        /// The receiver's own comparison found both trees equal; all of it is durable.
        case inSync = "in sync"
        /// Every pushed change is durable, but something differs: conflicts, vm-only, problems.
        case pushed
        /// Planned only; there is something to do.
        case planned
    }

    /// A change the receiver left undone, and why.
    package struct Refusal: Sendable, Hashable {
        package var path: RelativePath
        package var reason: String
        package var isConflict: Bool
        /// Whether the same push, run again, may well succeed: the file changed while it was sent.
        package var isWorthRepeating: Bool

        package init(
            path: RelativePath,
            reason: String,
            isConflict: Bool,
            isWorthRepeating: Bool = false
        ) {
            self.path = path
            self.reason = reason
            self.isConflict = isConflict
            self.isWorthRepeating = isWorthRepeating
        }
    }

    /// An entry that cannot be synced, and why.
    package struct Unsyncable: Sendable, Hashable {
        package var path: RelativePath
        package var reason: String

        package init(path: RelativePath, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    package var verdict: Verdict
    package var generation: UInt64
    package var treeDigest: Digest
    package var entries: Int
    /// The changes of the plan, in the order they were sent.
    package var changes: [Change]
    package var appliedCount: Int
    package var conflicts: [Conflict]
    package var refusals: [Refusal]
    package var vmOnly: [Difference]
    package var problems: [Unsyncable]
    /// Entries that were in sync and are ignored now; they stay on both sides as they are.
    package var nowIgnored: [RelativePath] = []
    package var plannedContentBytes: UInt64
    package var sentContentBytes: UInt64
    package var wireBytesUp: UInt64
    package var wireBytesDown: UInt64
    package var hashedFiles: Int
    /// Whether the receiver compared its whole tree with the laptop's after the push.
    package var isCompared: Bool

    /// Whether a user must look: conflicts, refusals or unsyncable entries.
    package var needsAttention: Bool {
        !conflicts.isEmpty || !refusals.isEmpty || !problems.isEmpty
    }
}
