import Glibc
import TandemSystem
import TandemTree

/// Creations and moves: nothing is displaced.
extension Swapper {
    mutating func create(_ operation: ApplyPlan.Operation) throws(SystemError) {
        try put(operation.first..<operation.end)
    }

    /// Renames a staged value in; where a directory meets one, child by child.
    ///
    /// Positions are in pre-order, so going into a directory is going to the next position.
    mutating func put(_ range: Range<Int>) throws(SystemError) {
        var position = range.lowerBound
        while position < range.upperBound {
            if position != range.lowerBound, plan.holder(of: position) == nil {
                position = plan.end(of: position)
                continue
            }
            do throws(SystemError) {
                let goInside = try putOne(position)
                position = goInside ? position + 1 : plan.end(of: position)
            } catch {
                refuse(position, ChangeRefusal.Reason(error))
                position = plan.end(of: position)
            }
        }
    }

    /// Renames one value in; true when a directory stands there, so that its children are next.
    private mutating func putOne(_ position: Int) throws(SystemError) -> Bool {
        let path = change(position).path
        switch ledger.statuses[position] {
        case .refused, .waiting: return false
        case .present:
            try confirmPresent(position)
            return false
        case .ready, .applied: break
        }
        let parent = try parent(of: path)
        let (source, name) = try stagedParent(of: position)
        do throws(SystemError) {
            try source.rename(name, to: parent, path.name, .noReplace)
        } catch {
            guard error.errno == EEXIST else { throw error }
            return try meet(position, parent)
        }
        touch(path)
        noteArrival(of: position, in: parent)
        return false
    }

    /// Something stands where a value shall be created.
    private mutating func meet(
        _ position: Int,
        _ parent: Directory
    ) throws(SystemError) -> Bool {
        let change = change(position)
        let found = try context.look(at: change.path, in: parent, deep: false)
        if change.new?.kind == .directory, found.state?.kind == .directory {
            applied(position, stamp: .zero)
            return true
        }
        if found.matches(change.new) {
            applied(position, stamp: settled(found.status?.stamp ?? .zero))
        } else {
            refuse(position, .changed, found: found.state)
        }
        return false
    }

    /// A value that stood there when the batch was staged must stand there still.
    mutating func confirmPresent(_ position: Int) throws(SystemError) {
        let change = change(position)
        let parent = try parent(of: change.path)
        let found = try context.look(at: change.path, in: parent, deep: false)
        if found.matches(change.new) {
            applied(position, stamp: settled(found.status?.stamp ?? .zero))
        } else {
            refuse(position, .changed, found: found.state)
        }
    }

    /// Notes a value, and all that travelled in it, as arrived.
    mutating func noteArrival(of position: Int, in parent: Directory) {
        applied(position, stamp: stamp(of: position, in: parent))
        for inner in travelling(with: position) {
            switch ledger.statuses[inner] {
            case .ready: applied(inner, stamp: settled(ledger.stamps[inner]))
            case .present:
                // It was seen beneath a directory that is gone; this one came without it.
                ledger.refuse(inner, .changed)
            case .waiting, .refused, .applied: break
            }
        }
    }

    /// A staged stamp, if a change made from now on would show in it.
    func settled(_ stamp: Stamp) -> Stamp {
        let edge = context.time.source.wall.subtractingReportingOverflow(context.window.nanoseconds)
        return stamp.modified < edge.partialValue && stamp.changed < edge.partialValue
            ? stamp : .zero
    }

    mutating func touch(_ path: RelativePath) { touched.insert(path.parent ?? .root) }

    mutating func move(_ operation: ApplyPlan.Operation) throws(SystemError) {
        let change = change(operation.first)
        guard case .move(let source) = change.source, let new = change.new else { return }
        let target = try parent(of: change.path)
        let origin: Directory
        do throws(SystemError) {
            origin = try parent(of: source)
        } catch {
            return try moveWithoutSource(operation, target)
        }
        let found = try context.look(at: source, in: origin, deep: true)
        guard found.state != nil else { return try moveWithoutSource(operation, target) }
        // A rename loses nothing, so what cannot be synced travels with its directory.
        guard found.matches(new) else {
            return refuse(operation, .sourceChanged, found: found.state)
        }
        do throws(SystemError) {
            try origin.rename(source.name, to: target, change.path.name, .noReplace)
        } catch {
            guard error.errno == EEXIST else { throw error }
            let standing = try context.look(at: change.path, in: target, deep: true)
            return refuse(operation, .changed, found: standing.state)
        }
        touch(source)
        touch(change.path)
        try confirmMove(operation, from: source, origin, target, found)
    }

    /// The source is gone: fine when the value stands at its new path already.
    private mutating func moveWithoutSource(
        _ operation: ApplyPlan.Operation,
        _ target: Directory
    ) throws(SystemError) {
        let change = change(operation.first)
        let found = try context.look(at: change.path, in: target, deep: true)
        if found.matches(change.new) {
            ledger.set(operation.first, .applied)
        } else {
            refuse(operation, .sourceChanged, found: found.state)
        }
    }

    /// Looks at what was moved, and moves it back when it is not what was looked at before.
    private mutating func confirmMove(
        _ operation: ApplyPlan.Operation,
        from source: RelativePath,
        _ origin: Directory,
        _ target: Directory,
        _ before: Standing
    ) throws(SystemError) {
        let change = change(operation.first)
        let verdict = try confirm(
            target,
            change.path.name,
            before,
            expected: change.new,
            rules: context.rules(at: source),
            mayHoldMore: true
        )
        guard case .differs(let found) = verdict else {
            ledger.set(operation.first, .applied)
            updates.append(.move(from: source, to: change.path))
            return
        }
        // The edit keeps its old name; where that is taken meanwhile it keeps the new one.
        try? target.rename(change.path.name, to: origin, source.name, .noReplace)
        refuse(operation, .sourceChanged, found: found)
    }
}
