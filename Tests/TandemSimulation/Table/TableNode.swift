package import TandemTree

/// What stands at a name, as small as the table needs it; nothing is `Optional.none`.
package indirect enum TableNode: Hashable, Sendable {
    case file(UInt8, executable: Bool = false)
    case link
    case other
    case directory([UInt8: TableNode])

    /// The node without entries that never travel; nil if it is one.
    var synced: TableNode? {
        switch self {
        case .file, .link: self
        case .other: nil
        case .directory(let children): .directory(children.compactMapValues(\.synced))
        }
    }

    var isDirectory: Bool {
        if case .directory = self { return true }
        return false
    }

    /// Whether something that never travels is it, or in it.
    var holdsOther: Bool {
        switch self {
        case .file, .link: false
        case .other: true
        case .directory(let children): children.values.contains { $0.holdsOther }
        }
    }

    /// Whether all in it stands in an older directory alike: it only lost entries.
    func isThinned(from older: TableNode?) -> Bool {
        guard let synced else { return true }
        guard case .directory(let new) = synced, case .directory(let old)? = older else {
            return synced == older
        }
        return new.allSatisfy { $0.value.isThinned(from: old[$0.key]) }
    }

    var state: EntryState {
        switch self {
        case .file(let content, let executable):
            .file(ContentHasher.digest(of: [content]), size: 1, executable: executable)
        case .link: .link(to: [UInt8(ascii: "t")])
        case .other: EntryState(kind: .other)
        case .directory: .directory
        }
    }
}

extension [UInt8: TableNode] {
    /// The tree with these entries, rehashed.
    package var tree: Tree {
        var tree = Tree()
        fill(Tree.rootID, of: &tree)
        tree.rehash()
        return tree
    }

    private func fill(_ id: Tree.ID, of tree: inout Tree) {
        var batch = ChildBatch()
        for (name, node) in self { batch.append(name: [name], state: node.state) }
        tree.setChildren(of: id, batch)
        for (name, node) in self {
            guard case .directory(let children) = node,
                let child = tree.child(of: id, named: [name])
            else { continue }
            children.fill(child, of: &tree)
        }
    }
}
