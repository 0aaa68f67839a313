/// Why bytes are not a path below a root.
public enum PathError: Error, Hashable, Sendable {
    /// A component is empty: a leading, trailing or doubled `/`.
    case emptyName
    /// A component is `.` or `..`.
    case dots
    /// A byte is NUL.
    case nulByte
    /// A single name holds a `/`.
    case separatorInName
    /// A component is longer than 255 bytes.
    case nameTooLong(Int)
    /// The path is longer than 65,536 bytes.
    case tooLong(Int)
    /// A component is `.tandem` or `tandem.local.yml` in some spelling.
    case reserved
}

extension PathError: CustomStringConvertible {
    /// One sentence about the path.
    public var description: String {
        switch self {
        case .emptyName: "a name in the path is empty"
        case .dots: "a name in the path is . or .."
        case .nulByte: "the path holds a NUL byte"
        case .separatorInName: "the name holds a slash"
        case .nameTooLong(let count):
            "a name has \(count) bytes; the most is \(RelativePath.longestName)"
        case .tooLong(let count):
            "the path has \(count) bytes; the most is \(RelativePath.longestPath)"
        case .reserved: "the names .tandem and tandem.local.yml are Tandem's own, in any spelling"
        }
    }
}
