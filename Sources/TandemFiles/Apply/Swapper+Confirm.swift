import Glibc
import TandemSystem
import TandemTree

/// Looking again at what a swap brought out: nobody reaches it by its path any more.
extension Swapper {
    /// What a value that came out turned out to be.
    enum Verdict {
        case same(FileStatus?)
        /// The same, but somebody may have it open for writing.
        case watch(FileStatus?)
        case differs(EntryState?)
    }

    /// Looks again at what the swap of a change displaced.
    ///
    /// A look that fails proves nothing, so the value counts as another.
    func confirmDisplaced(_ position: Int, _ name: [UInt8], _ before: Standing) -> Verdict {
        let change = change(position)
        let rules = context.rules(at: change.path)
        do throws(SystemError) {
            return try confirm(
                stage.directory,
                name,
                before,
                expected: change.expected,
                rules: rules
            )
        } catch {
            return .differs(nil)
        }
    }

    /// Looks again at a renamed value; `before` is what was seen at its old name.
    func confirm(
        _ directory: Directory,
        _ name: [UInt8],
        _ before: Standing,
        expected: EntryState?,
        rules: SubtreeRules,
        mayHoldMore: Bool = false
    ) throws(SystemError) -> Verdict {
        if before.state?.kind == .file, expected?.kind == .file {
            return try confirmFile(directory, name, before, expected)
        }
        let index = before.subtree.map { SubtreeIndex(tree: $0.tree, id: Tree.rootID) }
        let now = try context.looker.lookDeep(in: directory, name, rules: rules, index: index)
        let isClean = now.subtree.map { mayHoldMore || !$0.holdsUnsyncable && !$0.holdsIgnored }
        let clean = isClean ?? true
        return now.matches(expected) && clean ? .same(now.status) : .differs(now.state)
    }

    private func confirmFile(
        _ directory: Directory,
        _ name: [UInt8],
        _ before: Standing,
        _ expected: EntryState?
    ) throws(SystemError) -> Verdict {
        guard let named = try directory.status(name), named.type == .file else {
            return .differs(try context.looker.look(in: directory, name).state)
        }
        let file = try directory.openFile(name)
        let status = try context.fileSystem.status(of: file.raw)
        // A lease is given only while nobody has the file open for writing or mapped writable, and
        // by its path nobody can open it any more: what is read after it stays.
        let lease = context.fileSystem.takeReadLease(file.raw)
        if lease == .held { context.fileSystem.releaseReadLease(file.raw) }
        let untouched =
            status.inode == before.status?.inode && status.size == before.status?.size
            && status.modified == before.status?.modified && status.mode == before.status?.mode
        if untouched, lease == .held, !context.looker.isRecent(status) { return .same(status) }
        let (digest, size) = try context.fileSystem.digest(of: file.raw)
        let state = EntryState.file(digest, size: size, executable: status.isExecutable)
        guard state == expected else { return .differs(state) }
        let after = try context.fileSystem.status(of: file.raw)
        return lease == .held ? .same(after) : .watch(after)
    }

    /// Gives possible writers of displaced files their time, once for all, and looks again.
    mutating func lookAgain() {
        guard !watched.isEmpty else { return }
        context.time.pause(context.limits.secondLookDelay)
        let suspects = watched
        watched = []
        for value in suspects {
            let found = try? context.looker.look(in: stage.directory, value.name)
            if found?.matches(value.state) == true {
                displaced.append(value)
            } else {
                takeLateWrite(value, found)
            }
        }
    }

    /// A displaced file was written after all: its writer gets it back, or it is kept as live.
    private mutating func takeLateWrite(_ value: Displaced, _ found: Standing?) {
        let position = value.position
        let path = change(position).path
        updates.removeAll {
            if case .put(path, _, _) = $0 { true } else { $0 == .remove(path) }
        }
        ledger.refuse(position, .changed, found: found?.state)
        guard let parent = try? parent(of: path) else { return keepLive(position, value.name) }
        let isExchanged = value.name == stage.name(position)
        guard isExchanged else { return restore(position, value.name, parent) }
        let staged = ledger.stamps[position]
        guard let status = try? parent.status(path.name), status.inode == staged.inode,
            status.modified == staged.modified
        else { return keepLive(position, value.name) }
        putBack(position, value.name, parent)
    }
}

extension Looker {
    /// Looks at an entry, and through it when it is a directory.
    func lookDeep(
        in parent: Directory,
        _ name: [UInt8],
        rules: SubtreeRules,
        index: SubtreeIndex? = nil
    ) throws(SystemError) -> Standing {
        let standing = try look(in: parent, name)
        guard standing.state?.kind == .directory else { return standing }
        return try lookThrough(parent, name, rules: rules, index: index)
    }
}
