import Glibc
import TandemSystem
import TandemTree

/// Replacements and removals: what stood there comes out, is looked at again, and is kept.
extension Swapper {
    mutating func replace(_ operation: ApplyPlan.Operation) throws(SystemError) {
        let position = operation.first
        if ledger.statuses[position] == .present { return try confirmPresent(position) }
        let path = change(position).path
        let parent = try parent(of: path)
        guard let found = try lookForRemoval(position, parent) else { return }
        guard found.state != nil else { return refuse(position, .changed) }
        let name = stage.name(position)
        do throws(SystemError) {
            try stage.directory.rename(name, to: parent, path.name, .exchange)
        } catch {
            switch error.errno {
            case EINVAL, ENOSYS, EOPNOTSUPP:
                return try replaceByRenames(position, parent, found)
            case ENOENT:
                return refuse(position, .changed)
            default: throw error
            }
        }
        CrashPoint.reach("apply.exchanged")
        touch(path)
        let verdict = confirmDisplaced(position, name, found)
        if case .differs(let actual) = verdict {
            putBack(position, name, parent)
            refuse(position, .changed, found: actual)
        } else {
            keep(position, name, verdict)
            noteArrival(of: position, in: parent)
        }
    }

    mutating func remove(_ operation: ApplyPlan.Operation) throws(SystemError) {
        let position = operation.first
        let path = change(position).path
        let parent: Directory
        do throws(SystemError) {
            parent = try self.parent(of: path)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return applied(position, stamp: .zero)
        }
        guard let found = try lookForRemoval(position, parent) else { return }
        guard found.state != nil else { return applied(position, stamp: .zero) }
        let name = ApplyJournal.displaced(stage.name(position))
        try parent.rename(path.name, to: stage.directory, name, .noReplace)
        CrashPoint.reach("apply.removed")
        touch(path)
        let verdict = confirmDisplaced(position, name, found)
        if case .differs(let actual) = verdict {
            restore(position, name, parent)
            refuse(position, .changed, found: actual)
        } else {
            keep(position, name, verdict)
            applied(position, stamp: .zero)
        }
    }

    /// Where nothing can be exchanged: out of the way, then in, each into an empty place.
    private mutating func replaceByRenames(
        _ position: Int,
        _ parent: Directory,
        _ found: Standing
    ) throws(SystemError) {
        let path = change(position).path
        let name = stage.name(position)
        let aside = ApplyJournal.displaced(name)
        try parent.rename(path.name, to: stage.directory, aside, .noReplace)
        CrashPoint.reach("apply.aside")
        touch(path)
        let verdict = confirmDisplaced(position, aside, found)
        if case .differs(let actual) = verdict {
            restore(position, aside, parent)
            return refuse(position, .changed, found: actual)
        }
        do throws(SystemError) {
            try stage.directory.rename(name, to: parent, path.name, .noReplace)
        } catch {
            // Somebody made something new in between, or the rename fails: the old value goes back
            // if its place is free, and is kept if not.
            restore(position, aside, parent)
            return refuse(position, error.errno == EEXIST ? .changed : ChangeRefusal.Reason(error))
        }
        keep(position, aside, verdict)
        noteArrival(of: position, in: parent)
    }

    /// Looks at what shall come out; nil when that decides the change: refused, or done already.
    private mutating func lookForRemoval(
        _ position: Int,
        _ parent: Directory
    ) throws(SystemError) -> Standing? {
        let change = change(position)
        let found = try context.look(at: change.path, in: parent, deep: true)
        if found.matches(change.expected) {
            if let subtree = found.subtree, subtree.holdsIgnored || subtree.holdsUnsyncable {
                refuse(position, .notEmpty, found: found.state)
                return nil
            }
            return found
        }
        if found.state == nil, change.new == nil { return found }
        if let new = change.new, new.kind != .directory, found.matches(new) {
            applied(position, stamp: settled(found.status?.stamp ?? .zero))
        } else {
            refuse(position, .changed, found: found.state)
        }
        return nil
    }

    // MARK: What came out

    /// Keeps a displaced value until it is shelved.
    private mutating func keep(_ position: Int, _ name: [UInt8], _ verdict: Verdict) {
        guard let state = change(position).expected else { return }
        var value = Displaced(
            position: position,
            name: name,
            state: state,
            status: nil,
            shelfClass: shelfClass
        )
        switch verdict {
        case .same(let status):
            value.status = status
            displaced.append(value)
        case .watch(let status):
            value.status = status
            watched.append(value)
        case .differs: break
        }
    }

    /// Exchanges back what should not have come out.
    ///
    /// What comes out now should be what was staged; anything else is a third value, which is kept.
    mutating func putBack(_ position: Int, _ name: [UInt8], _ parent: Directory) {
        let path = change(position).path
        do throws(SystemError) {
            try stage.directory.rename(name, to: parent, path.name, .exchange)
        } catch {
            return restore(position, name, parent)
        }
        let staged = ledger.stamps[position]
        guard let status = try? stage.directory.status(name), status.inode == staged.inode,
            status.modified == staged.modified
        else { return keepLive(position, name) }
    }

    /// Renames back what should not have come out; where its place is taken it is kept as live.
    mutating func restore(_ position: Int, _ name: [UInt8], _ parent: Directory) {
        do throws(SystemError) {
            try stage.directory.rename(name, to: parent, change(position).path.name, .noReplace)
        } catch {
            keepLive(position, name)
        }
    }

    mutating func keepLive(_ position: Int, _ name: [UInt8]) {
        let rules = context.rules(at: change(position).path)
        let found = try? context.looker.lookDeep(in: stage.directory, name, rules: rules)
        guard let found, let state = found.state else {
            needsRecovery = true
            return
        }
        displaced.append(
            Displaced(
                position: position,
                name: name,
                state: state,
                status: found.status,
                shelfClass: .live
            )
        )
    }
}
