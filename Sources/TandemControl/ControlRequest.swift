/// What a command asks of the agent.
///
/// Pairs are named by their id, or by the word a user typed where the agent is to find it.
package enum ControlRequest: Codable, Hashable, Sendable {
    /// Every pair's state.
    case status
    /// Keep these pairs in sync from now on, also after a restart.
    case up(pairs: [String])
    /// Stop that.
    case down(pairs: [String])
    /// Hold still: nothing is sent or applied before `resume`.
    case pause(pairs: [String])
    case resume(pairs: [String])
    /// Wait until all that was saved before is durable on the other side.
    case flush(pair: String, milliseconds: Int)
    /// The same with a number of deletions that the user accepts; what `tandem push` asks.
    case push(pair: String, milliseconds: Int, acceptedDeletions: Int?)
    /// Forget what both sides agreed on and unite them.
    case reset(pair: String)
    /// What would be done now, or after a reset; nothing is done.
    case plan(pair: String, isReset: Bool, milliseconds: Int)
    /// The open conflicts, by number.
    case conflicts(pair: String)
    /// What one side holds at a path in conflict.
    case contents(pair: String, path: WirePath, side: String, limit: Int)
    /// Settle conflicts, each bound to the versions that were shown.
    case resolve(pair: String, settlements: [Settlement], milliseconds: Int)
    /// Hold a pair still until this conversation ends: the command itself talks to the vm meanwhile.
    case lend(pair: String)
    /// From now on, tell what happens; of all pairs where none is named.
    case events(pairs: [String])
    /// Read pairs and configuration again.
    case reload
    /// End at the next safe point.
    case stop
}

/// One conflict and how it is settled.
package struct Settlement: Codable, Hashable, Sendable {
    /// Whose version stays.
    package enum Keep: String, Codable, Hashable, Sendable, CaseIterable {
        case laptop
        case vm
        /// The laptop's stays at the path, the vm's beside it.
        case both
    }

    package var path: WirePath
    /// The versions that were shown; nil is "nothing there".
    package var laptop: WireState?
    package var vm: WireState?
    package var keep: Keep

    package init(path: WirePath, laptop: WireState?, vm: WireState?, keep: Keep) {
        self.path = path
        self.laptop = laptop
        self.vm = vm
        self.keep = keep
    }
}
