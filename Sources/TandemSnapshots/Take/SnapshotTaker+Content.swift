import Glibc
import TandemFiles
import TandemSystem
import TandemTree

extension SnapshotTaker {
    /// Stores the content of every file and link that the store does not have.
    func storeContent(
        _ scan: inout ScanResult,
        _ root: SyncRoot,
        _ storer: inout ContentStorer,
        _ shouldStop: () -> Bool
    ) throws(SnapshotError) {
        for directory in Self.directories(of: scan.tree) {
            let missing = scan.tree.childIDs(of: directory).filter {
                let kind = scan.tree.kind(of: $0)
                return (kind == .file || kind == .link)
                    && !storer.hasContent(scan.tree.digest(of: $0))
            }
            guard !missing.isEmpty else { continue }
            if shouldStop() { throw SnapshotError(.stopped, "the snapshot was stopped") }
            let path = scan.tree.path(of: directory)
            let opened = try? Directory.beneath(root.descriptor, path, of: fileSystem)
            for id in missing {
                let name = scan.tree.name(of: id)
                guard let opened else {
                    note(.gone, path.appending(name), id, &scan)
                    continue
                }
                let outcome =
                    scan.tree.kind(of: id) == .link
                    ? try storer.storeLink(name, in: opened)
                    : try storer.storeFile(name, in: opened)
                note(outcome, path.appending(name), id, &scan)
            }
        }
    }

    private static func directories(of tree: Tree) -> [Tree.ID] {
        var order = [Tree.rootID]
        var next = 0
        while next < order.count {
            for child in tree.childIDs(of: order[next]) where tree.kind(of: child) == .directory {
                order.append(child)
            }
            next += 1
        }
        return order
    }

    /// Brings the tree to what was stored.
    private func note(
        _ outcome: ContentStorer.Outcome,
        _ path: RelativePath,
        _ id: Tree.ID,
        _ scan: inout ScanResult
    ) {
        switch outcome {
        case .stored(let state):
            guard scan.tree.state(of: id) != state else { return }
            // Changed since the scan: without a stamp the next scan reads it again.
            _ = try? scan.tree.put(path, state)
        case .gone:
            scan.tree.remove(path)
        case .problem(let reason):
            _ = try? scan.tree.put(path, EntryState(kind: .other))
            scan.problems.append(ProblemEntry(path: path, reason: reason))
        }
    }

    /// Stores every directory that the store does not have, what it holds before itself.
    func storeDirectories(
        _ tree: Tree,
        _ storer: inout ContentStorer
    ) throws(SnapshotError) -> TakenCounts {
        var counts = TakenCounts()
        for directory in Self.directories(of: tree).reversed() {
            for child in tree.childIDs(of: directory) {
                switch tree.kind(of: child) {
                case .file:
                    counts.files += 1
                    counts.bytes &+= tree.size(of: child)
                case .link: counts.links += 1
                case .directory: counts.directories += 1
                case .other: break
                }
            }
            let key = ObjectKey(.directory, tree.digest(of: directory))
            guard !storer.has(key) else { continue }
            try storer.put(key, DirectoryObject.encode(tree, directory)[...])
        }
        return counts
    }
}
