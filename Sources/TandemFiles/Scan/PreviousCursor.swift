import TandemTree

/// Walks one directory's children in the previous tree beside the names that stand there now.
///
/// Names are asked for in the order of their bytes, so the walk goes forward only.
struct PreviousCursor {
    private let tree: Tree?
    private let children: ArraySlice<Tree.ID>
    private var position: Int

    init(_ tree: Tree?, _ directory: Tree.ID?) {
        self.tree = tree
        if let tree, let directory {
            children = tree.childIDs(of: directory)
        } else {
            children = []
        }
        position = children.startIndex
    }

    /// The child of this name, if it stood there.
    mutating func find(_ name: UnsafeRawBufferPointer) -> Tree.ID? {
        guard let tree else { return nil }
        while position < children.endIndex {
            let id = children[position]
            let order = tree.withName(of: id) { compareNames($0, name) }
            if order > 0 { return nil }
            position += 1
            if order == 0 { return id }
        }
        return nil
    }

    /// What the previous scan knew of an entry; nil for what it could not read.
    func known(_ id: Tree.ID) -> EntryReader.Known? {
        guard let tree else { return nil }
        let kind = tree.kind(of: id)
        guard kind == .file || kind == .link else { return nil }
        return EntryReader.Known(state: tree.state(of: id), stamp: tree.stamp(of: id))
    }
}
