package import TandemStore
package import TandemSync
package import TandemTree

/// Where the pairs and what is remembered of them are kept.
package protocol PairCatalogue: Sendable {
    /// All pairs, by name.
    func pairs() throws -> [PairEntry]

    /// Keeps a pair, or what changed about it.
    func keep(_ pair: PairEntry) throws

    /// Remembers a pair's last push.
    func remember(_ run: RunRecord, of pair: PairEntry) throws

    /// Takes over a finished push's conflicts and what it did to which path.
    func remember(_ report: PushReport, of pair: PairEntry, at time: Int64) throws

    /// What is remembered of a pair's last push.
    func lastRun(of pair: PairEntry) throws -> RunRecord?

    /// The open conflicts of a pair, as they were last found.
    func conflicts(of pair: PairEntry) throws -> [ConflictRecord]

    /// Notes which versions of these conflicts a person was shown.
    func noteShown(_ conflicts: [Conflict], of pair: PairEntry) throws

    /// What happened to a pair's paths, newest first.
    func activity(of pair: PairEntry, _ query: ActivityQuery) throws -> [ActivityRecord]

    /// The ids of the pairs that are to be kept in sync.
    func wantedUp() throws -> Set<[UInt8]>

    /// Remembers whether a pair is to be kept in sync.
    func want(up isUp: Bool, _ pair: PairEntry) throws
}

/// Which part of a pair's activity is wanted.
package struct ActivityQuery: Hashable, Sendable {
    /// Only of this path, and of what lies below it.
    package var path: RelativePath?
    /// Only these actions; all where there is none.
    package var actions: [ActivityRecord.Action]
    /// Nothing before, in nanoseconds since 1970.
    package var since: Int64
    package var limit: Int

    package init(
        path: RelativePath? = nil,
        actions: [ActivityRecord.Action] = [],
        since: Int64 = .min,
        limit: Int
    ) {
        self.path = path
        self.actions = actions
        self.since = since
        self.limit = limit
    }
}
