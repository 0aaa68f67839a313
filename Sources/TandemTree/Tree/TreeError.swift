/// Why a tree cannot be changed as asked.
public enum TreeError: Error, Hashable, Sendable {
    /// The directory that shall hold the entry is not in the tree.
    case noParent(RelativePath)
    /// What shall hold the entry is no directory.
    case parentIsNoDirectory(RelativePath)
    /// Nothing stands at the path.
    case missing(RelativePath)
    /// Something stands at the path already.
    case occupied(RelativePath)
    /// A directory cannot move into itself.
    case insideItself(RelativePath)
    /// The root can be neither replaced nor moved.
    case root
}

extension TreeError: CustomStringConvertible {
    /// One sentence that names the path.
    public var description: String {
        switch self {
        case .noParent(let path): "\(path): the directory that shall hold it is not in the tree"
        case .parentIsNoDirectory(let path): "\(path): what shall hold it is no directory"
        case .missing(let path): "\(path): nothing stands there in the tree"
        case .occupied(let path): "\(path): something stands there in the tree already"
        case .insideItself(let path): "\(path): a directory cannot move into itself"
        case .root: "the root can be neither replaced nor moved"
        }
    }
}
