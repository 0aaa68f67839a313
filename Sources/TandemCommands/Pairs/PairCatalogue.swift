package import TandemSync

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
}
