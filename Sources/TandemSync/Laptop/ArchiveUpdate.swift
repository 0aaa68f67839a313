import TandemTree

/// Brings an archive tree up to what both sides now hold.
enum ArchiveUpdate {
    /// Takes over single entries: agreed ones, or the receiver's list of an ended batch.
    ///
    /// - Returns: the records that fitted; a journal with others could not be read again.
    @discardableResult
    static func apply(_ records: [Difference], to tree: inout Tree) -> [Difference] {
        let fitting = records.filter { record in
            guard let new = record.new else {
                tree.remove(record.path)
                return true
            }
            return place(new, stamp: .zero, at: record.path, in: &tree)
        }
        tree.rehash()
        return fitting
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
    ///
    /// False if the parent is missing: it was refused, and then the entry is not agreed either.
    @discardableResult
    private static func place(
        _ state: EntryState,
        stamp: Stamp,
        at path: RelativePath,
        in tree: inout Tree
    ) -> Bool {
        if let id = tree.find(path) {
            if state.kind == .directory && tree.kind(of: id) == .directory { return true }
            if tree.kind(of: id) == .directory || state.kind == .directory { tree.remove(path) }
        }
        return (try? tree.put(path, state, stamp: stamp)) != nil
    }
}
