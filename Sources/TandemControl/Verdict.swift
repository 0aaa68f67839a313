/// One word on a pair, or on all of them.
package enum Verdict: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
    /// Both sides are the same, and the agent watches them; or the pair was put to rest.
    case ok
    /// Something is on its way; nobody has to do anything.
    case working
    /// It works, and a person should look: conflicts, entries that cannot be synced, a question.
    case attention
    /// It does not work, and will not by itself.
    case broken

    private var rank: Int {
        switch self {
        case .ok: 0
        case .working: 1
        case .attention: 2
        case .broken: 3
        }
    }

    package static func < (left: Verdict, right: Verdict) -> Bool { left.rank < right.rank }

    /// What `tandem status` ends with.
    package var exitStatus: Int32 {
        switch self {
        case .ok, .working: 0
        case .attention: 1
        case .broken: 2
        }
    }
}
