import Glibc
import TandemSystem
import TandemTree

/// Everything in one directory, as it was found.
struct Subtree {
    /// The directory is the root of this tree.
    var tree = Tree()
    /// Something ignored is in it that is not garbage, so that removing it would lose it.
    var holdsIgnored = false
    /// Something that cannot be synced is in it.
    var holdsUnsyncable = false
}

/// An index that vouches for what is in a directory.
struct SubtreeIndex {
    var tree: Tree
    var id: Tree.ID

    func vouching(for name: [UInt8], in directory: Tree.ID?) -> (Vouching, Tree.ID)? {
        guard let directory, let id = tree.child(of: directory, named: name) else { return nil }
        let vouching = Vouching(
            state: tree.state(of: id),
            stamp: tree.stamp(of: id)
        )
        return (vouching, id)
    }
}

extension Looker {
    /// A directory still to be read; its own path is below the one looked through.
    private struct Pending {
        var path: RelativePath
        var id: Tree.ID
        var indexed: Tree.ID?
        var rules: SubtreeRules
    }

    /// Looks through the directory `name` with all that is in it.
    ///
    /// Each directory is opened anew from the top and closed before the next: depth costs no
    /// descriptors and no stack.
    func lookThrough(
        _ parent: Directory,
        _ name: [UInt8],
        rules: SubtreeRules,
        index: SubtreeIndex? = nil
    ) throws(SystemError) -> Standing {
        let now = time.wall
        let top = try parent.directory(name)
        var standing = Standing(status: try fileSystem.status(of: top.raw), time: now)
        var found = Subtree()
        var pending = [
            Pending(path: .root, id: Tree.rootID, indexed: index?.id, rules: rules)
        ]
        while let next = pending.popLast() {
            let device = standing.status?.device
            pending += try read(next, below: top, device: device, index: index, into: &found)
        }
        found.tree.rehash()
        standing.state = EntryState(kind: .directory, digest: found.tree.rootDigest)
        standing.subtree = found
        return standing
    }

    /// Reads one directory's entries into the tree; the directories among them.
    private func read(
        _ place: Pending,
        below top: Directory,
        device: UInt64?,
        index: SubtreeIndex?,
        into found: inout Subtree
    ) throws(SystemError) -> [Pending] {
        let directory = try top.beneath(place.path)
        var batch = ChildBatch()
        var subdirectories: [[UInt8]] = []
        for name in try directory.names() {
            guard let status = try directory.status(name) else { continue }
            switch place.rules.verdict(name, isDirectory: status.type == .directory) {
            case .garbage: continue
            case .ignored:
                found.holdsIgnored = true
                continue
            case .known: break
            }
            if status.kind == .other || status.device != device || status.isMountRoot {
                found.holdsUnsyncable = true
                continue
            }
            let vouching = index?.vouching(for: name, in: place.indexed)?.0
            let standing = try look(in: directory, name, status, vouching: vouching, time.wall)
            guard let state = standing.state else { continue }
            let stamp = window.settled(
                standing.status?.stamp ?? .zero,
                readSince: standing.time,
                by: time
            )
            batch.append(name: name, state: state, stamp: stamp)
            if state.kind == .directory { subdirectories.append(name) }
        }
        found.tree.setChildren(of: place.id, batch)
        return subdirectories.compactMap { name in
            guard let id = found.tree.child(of: place.id, named: name) else { return nil }
            return Pending(
                path: place.path.appending(name),
                id: id,
                indexed: index?.vouching(for: name, in: place.indexed)?.1,
                rules: place.rules.entering(name)
            )
        }
    }
}
