package import Dispatch
package import TandemControl
package import TandemProject
package import TandemStore
package import TandemTree

/// One pair that is kept in sync: what the agent uses of a live session.
///
/// All calls may come from any thread. Only `stop`, `flush`, `contents`, `plan` and `resolve` may
/// wait.
package protocol SyncedPair: Sendable {
    func start()

    /// Ends at a safe point; false when the deadline passed first.
    func stop(until deadline: DispatchTime) -> Bool

    func pause()
    func resume()

    /// Connects now instead of at the next attempt: the network is back, or the laptop woke.
    func reconnectNow()

    /// Takes over what changed in the configuration.
    func reload() throws

    /// Waits until all that was saved before is durable on the other side.
    func flush(until deadline: DispatchTime) -> FlushOutcome

    /// Where it stands.
    var view: PairView { get }

    /// What one side holds at a path in conflict, of at most `limit` bytes; nil for nothing.
    func contents(of path: RelativePath, side: Side, limit: Int) throws -> [UInt8]?

    /// What would be done with both sides as they are, or after a reset; nothing is done.
    func plan(isReset: Bool, until deadline: DispatchTime) throws -> PlanAnswer

    /// Settles conflicts; one whose versions are no longer these stays open.
    func resolve(_ settlements: [Settlement], until deadline: DispatchTime) throws

    /// Goes on with a plan that was halted because it deletes that many entries.
    func accept(deletions: Int)

    /// Forgets what both sides agreed on and unites them.
    func adopt() throws
}

/// Where a pair stands, with its open conflicts.
package struct PairView: Sendable {
    package var status: PairStatus
    /// Nil until both sides were compared: the store's conflicts hold until then.
    package var conflicts: [FoundConflict]?

    package init(status: PairStatus, conflicts: [FoundConflict]? = nil) {
        self.status = status
        self.conflicts = conflicts
    }
}

/// How a flush ended.
package struct FlushOutcome: Sendable, Hashable {
    package var result: FlushAnswer.Result
    package var tree: Digest?
    package var remarks: [String]

    package init(_ result: FlushAnswer.Result, tree: Digest? = nil, remarks: [String] = []) {
        self.result = result
        self.tree = tree
        self.remarks = remarks
    }
}

/// Something that happened to a pair.
package enum PairNews: Sendable {
    /// It went on to something else; its view tells what.
    case phase
    case batch(generation: UInt64, [PairChange])
    case conflictOpened(Conflict)
    case conflictClosed(RelativePath, how: String)
    /// It is closed by a person; the batch that does it says so in the journal.
    case conflictSettled(RelativePath)
    /// More is known of when the open conflicts came about.
    case conflictTimes
    case problem(RelativePath, reason: String)
    case hook(HookEvent)
    /// Another configuration is in force, and this is what differs.
    case settings([String])
    case linkUp(receiver: String)
    case linkDown(reason: String)
    case halted(reason: String)
}

/// What became of one path.
package struct PairChange: Sendable, Hashable {
    package var path: RelativePath
    /// Nil where both sides had become the same by themselves.
    package var action: ActivityRecord.Action?
    package var bytes: UInt64
    /// Why, where there is something to say.
    package var reason: String

    package init(
        path: RelativePath,
        action: ActivityRecord.Action?,
        bytes: UInt64,
        reason: String = ""
    ) {
        self.path = path
        self.action = action
        self.bytes = bytes
        self.reason = reason
    }
}

/// Where the agent's pairs come from.
package struct PairSource: Sendable {
    /// All pairs there are.
    package var pairs: @Sendable () throws -> [PairIdentity]
    /// Makes one ready to start; what happens to it is told to the closure, from any thread.
    package var open:
        @Sendable (PairIdentity, @escaping @Sendable (PairNews) -> Void) throws -> any SyncedPair

    package init(
        pairs: @escaping @Sendable () throws -> [PairIdentity],
        open:
            @escaping @Sendable (
                PairIdentity, @escaping @Sendable (PairNews) -> Void
            ) throws -> any SyncedPair
    ) {
        self.pairs = pairs
        self.open = open
    }
}
