/// Which way changes travel.
public enum SyncMode: String, Hashable, Sendable, CaseIterable {
    /// Changes of either side go to the other.
    case twoWay = "two-way"
    /// The laptop's changes go to the vm; the vm's own values are never overwritten.
    case push
    /// The vm becomes the laptop; what it loses goes to its shelf.
    case mirror
    /// The vm's changes go to the laptop; the laptop's own values are never overwritten.
    case pull
    /// Nothing travels.
    case off
}

/// One of the two machines.
public enum Side: String, Hashable, Sendable, CaseIterable {
    /// Where the agent runs.
    case laptop
    /// Where the receiver runs.
    case vm

    /// The other one.
    public var other: Side { self == .laptop ? .vm : .laptop }
}
