/// Why bytes are not a tree.
public enum TreeDecodingError: Error, Hashable, Sendable {
    /// They do not begin as a tree does.
    case notATree
    /// A later version of Tandem wrote them.
    case newerVersion(UInt32)
    /// There are more or fewer bytes than the header says.
    case wrongLength
    /// The checksum says that they are damaged.
    case damaged
    /// They are whole, but no tree can be like that; the row of the first fault.
    case malformed(row: Int)
}

extension TreeDecodingError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .notATree: "the bytes are not a tree"
        case .newerVersion(let version): "the tree is of version \(version), which is newer"
        case .wrongLength: "the tree is cut off or has bytes too many"
        case .damaged: "the tree is damaged: its checksum does not fit"
        case .malformed(let row): "the tree makes no sense at row \(row)"
        }
    }
}
