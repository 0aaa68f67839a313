import TandemTree

/// Brings an archive tree up to what both sides now hold.
enum ArchiveUpdate {
    /// Takes over single entries: agreed ones, or the receiver's list of an ended batch.
    static func apply(_ records: [Difference], to tree: inout Tree) {
        for record in records {
            guard let new = record.new else {
                tree.remove(record.path)
                continue
            }
            place(new, stamp: .zero, at: record.path, in: &tree)
        }
        tree.rehash()
    }

    /// Takes over one applied change; the caller rehashes when all are in.
    static func apply(_ change: Change, from laptop: Tree, to tree: inout Tree) {
        guard change.new != nil else {
            tree.remove(change.path)
            return
        }
        if case .move(let source) = change.source { tree.remove(source) }
        guard let id = laptop.find(change.path) else { return }
        if case .move = change.source, laptop.kind(of: id) == .directory {
            tree.remove(change.path)
            _ = try? tree.graft(id, of: laptop, at: change.path)
            return
        }
        place(laptop.state(of: id), stamp: .zero, at: change.path, in: &tree)
    }

    /// Puts an entry; a directory that stands there keeps its children, anything else makes way.
    private static func place(
        _ state: EntryState,
        stamp: Stamp,
        at path: RelativePath,
        in tree: inout Tree
    ) {
        if let id = tree.find(path) {
            if state.kind == .directory && tree.kind(of: id) == .directory { return }
            if tree.kind(of: id) == .directory || state.kind == .directory { tree.remove(path) }
        }
        // A missing parent means the parent was refused; then the entry is not agreed either.
        _ = try? tree.put(path, state, stamp: stamp)
    }
}
