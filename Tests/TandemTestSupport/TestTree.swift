public import TandemTree

/// What stands under a name in a literal tree.
package indirect enum TestNode: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral, Sendable
{
    case file(String)
    case program(String)
    case link(String)
    case other
    case directory([(name: [UInt8], node: TestNode)])

    /// A string is a file with this content.
    package init(stringLiteral value: String) { self = .file(value) }

    /// A dictionary is a directory.
    package init(dictionaryLiteral elements: (String, TestNode)...) {
        self = .directory(elements.map { (Array($0.0.utf8), $0.1) })
    }

    /// The state of the node itself.
    package var state: EntryState {
        switch self {
        case .file(let text): .content(text)
        case .program(let text): .content(text, executable: true)
        case .link(let target): .link(to: Array(target.utf8))
        case .other: EntryState(kind: .other)
        case .directory: .directory
        }
    }
}

extension EntryState {
    /// A file with this content.
    package static func content(_ text: String, executable: Bool = false) -> EntryState {
        let bytes = Array(text.utf8)
        return .file(
            ContentHasher.digest(of: bytes),
            size: UInt64(bytes.count),
            executable: executable
        )
    }
}

extension RelativePath: ExpressibleByStringLiteral {
    /// A path as it is written in a test.
    public init(stringLiteral value: String) { self.init(trusted: Array(value.utf8)) }
}

extension Tree {
    /// A rehashed tree from a literal: strings are files, dictionaries are directories.
    package init(_ root: TestNode) {
        self.init()
        fill(Tree.rootID, root)
        rehash()
    }

    private mutating func fill(_ id: ID, _ node: TestNode) {
        guard case .directory(let children) = node else { return }
        var batch = ChildBatch()
        for child in children { batch.append(name: child.name, state: child.node.state) }
        setChildren(of: id, batch)
        for child in children {
            if let childID = self.child(of: id, named: child.name) { fill(childID, child.node) }
        }
    }

    /// Every entry below the root by its path; directories without their digests.
    package var listing: [RelativePath: EntryState] {
        var entries: [RelativePath: EntryState] = [:]
        forEach { id, bytes in
            if id != Tree.rootID {
                entries[RelativePath(trusted: bytes)] = state(of: id).withoutDirectoryDigest
            }
            return true
        }
        return entries
    }
}
