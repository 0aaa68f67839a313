/// Why an entry cannot be synced.
public enum Problem: UInt8, Hashable, Sendable, CaseIterable {
    /// A FIFO, socket or device, or an entry that could not be looked at.
    case special = 1
    /// Reading is not permitted.
    case unreadable = 2
    /// Another file system is mounted there.
    case foreignMount = 3
    /// The name is `.tandem` in another spelling.
    case reservedName = 4
    /// The other side cannot hold the name.
    case unrepresentableName = 5
    /// The other side takes the name for that of another entry.
    case clashingName = 6
    /// The path is too long.
    case pathTooLong = 7
    /// The content changed each time it was read.
    case keepsChanging = 8
    /// Reading failed.
    case readFailed = 9
    /// The file system refuses to change it.
    case refused = 10

    /// One sentence for people.
    public var sentence: String {
        switch self {
        case .special: "it is no file, directory or link, or cannot be looked at"
        case .unreadable: "this user may not read it"
        case .foreignMount: "another file system is mounted there"
        case .reservedName:
            "the names .tandem and tandem.local.yml are Tandem's own, in any spelling"
        case .unrepresentableName: "the other side cannot hold this name"
        case .clashingName: "the other side takes this name for that of another entry"
        case .pathTooLong: "the path is too long"
        case .keepsChanging: "it changed each time it was read"
        case .readFailed: "reading it failed"
        case .refused: "the file system refuses to change it"
        }
    }
}

/// An entry that cannot be synced, with the reason.
public struct ProblemEntry: Hashable, Sendable {
    /// Where.
    public var path: RelativePath
    /// On which side; nil where both are meant.
    public var side: Side?
    /// Why.
    public var reason: Problem

    /// Makes an entry from its parts.
    public init(path: RelativePath, side: Side? = nil, reason: Problem) {
        self.path = path
        self.side = side
        self.reason = reason
    }
}
