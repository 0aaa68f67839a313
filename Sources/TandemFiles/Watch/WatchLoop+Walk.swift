#if os(Linux)
import Glibc
import TandemSystem
import TandemTree

/// Putting watches on directories: first the watch, then the list of what is in it.
extension WatchLoop {
    /// Watches everything below the root, into an empty table.
    func walkAll() throws(SystemError) {
        table = WatchTable()
        place = nil
        if inotify != nil || fanotify != nil { obstacle = nil }
        var visitor = WatchVisitor(loop: self)
        let walk = DirectoryWalk(fileSystem, root)
        try walk.visit(.root, of: WatchTable.root, matcher, &visitor)
    }

    /// Walks everything again after events were lost or rules changed; reports what is new.
    func rebuild() {
        let old = table
        do throws(SystemError) {
            try walkAll()
        } catch {
            loseRoot()
            return
        }
        for watch in old.byWatch.keys where table.byWatch[watch] == nil {
            inotify?.unwatch(watch)
        }
        reportNew(since: old)
        // Their times were taken anew: what changed before is not seen in them.
        batch.dirty += table.topmostPolled.map(\.path)
        publish()
    }

    /// Reports the topmost directories that the older table does not have at their places.
    private func reportNew(since old: WatchTable) {
        guard old.count > 0, table.count > 0 else { return }
        var pending = [(new: WatchTable.root, old: WatchTable.root)]
        while let pair = pending.popLast() {
            guard let node = table[pair.new], let before = old[pair.old] else { continue }
            for (name, child) in node.children {
                if let known = before.children[name],
                    old[known]?.watch == table[child]?.watch || table[child]?.polled != nil
                {
                    pending.append((child, known))
                } else if let path = table.path(of: child) {
                    batch.dirty.append(path)
                }
            }
        }
    }

    /// Watches a directory that appeared, and all below it, which is reported with it.
    func add(_ name: [UInt8], to parent: WatchTable.ID, at path: RelativePath) {
        if let known = table.child(of: parent, name) { drop(known) }
        guard let matcher = matcher(at: parent) else { return }
        var visitor = WatchVisitor(loop: self)
        let walk = DirectoryWalk(fileSystem, root)
        do throws(SystemError) {
            try walk.visit(path, of: parent, matcher, &visitor)
        } catch {
            switch error.errno {
            case ENOENT, ENOTDIR, ELOOP, EXDEV: break
            case EACCES, EPERM: visitor.refuse(name, of: parent, at: path)
            default: visitor.fail(name, of: parent, error)
            }
        }
    }

    /// Ends the watches of a directory and all below it.
    func drop(_ id: WatchTable.ID) {
        place = nil
        for watch in table.remove(id) { inotify?.unwatch(watch) }
    }

    /// Notes that inotify cannot watch all, for a reason that fanotify knows nothing of.
    func noteOutgrown(_ reason: WatchReport.Reason) {
        switch reason {
        case .budget, .watchesUsedUp, .instancesUsedUp: outgrown = outgrown ?? reason
        default: break
        }
    }

    /// The rules at a directory.
    func matcher(at id: WatchTable.ID) -> IgnoreMatcher? {
        if let place, place.id == id { return place.matcher }
        guard let path = table.path(of: id) else { return nil }
        var matcher = matcher
        for name in path.components { matcher.enter(directory: name) }
        place = (id, matcher)
        return matcher
    }

    /// Says how things stand.
    func publish() {
        var report = WatchReport(kind: kind)
        report.watches = table.byWatch.count
        report.directories = table.count
        report.budget = inotify == nil ? 0 : allowance
        let polled = table.topmostPolled
        report.polledDirectories = table.polled.count
        report.overflows = overflows
        report.polled = polled.prefix(WatchReport.longestList).map { .init(path: $0, reason: $1) }
        report.fanotifyReason = fanotifyReason
        report.fanotifyObstacle = fanotifyObstacle
        report.remedy = remedy(polled.first?.reason ?? fanotifyReason)
        shared.report.change { $0 = report }
    }

    private var kind: WatchReport.Kind {
        if fanotify != nil { return .fanotify }
        return inotify == nil ? .polling : .inotify
    }

    private func remedy(_ reason: WatchReport.Reason?) -> String? {
        switch reason {
        case .instancesUsedUp: limits.remedyForInstances
        case .budget: limits.remedy(forWatching: table.count)
        case .watchesUsedUp: limits.remedy(forWatching: table.count, isUsedUp: true)
        default: nil
        }
    }
}

/// Puts a watch on each directory of a walk, as far as watches may be had.
private struct WatchVisitor: DirectoryVisitor {
    let loop: WatchLoop

    mutating func enter(
        _ directory: Int32,
        _ status: FileStatus,
        _ name: [UInt8],
        of parent: WatchTable.ID
    ) -> WatchTable.ID? {
        if let known = loop.table.child(of: parent, name), !name.isEmpty { loop.drop(known) }
        let id = loop.table.add(name, to: parent)
        var reason = loop.always
        if let obstacle = watch(directory, id) { reason = obstacle }
        // The table was wrong about what is above: it is made anew.
        guard loop.table[id] != nil else { return nil }
        if let reason { poll(id, reason, status) }
        return id
    }

    /// Puts the watch; what kept it from that.
    private func watch(_ directory: Int32, _ id: WatchTable.ID) -> WatchReport.Reason? {
        if loop.fanotify != nil { return take(directory, id) }
        if let obstacle = loop.obstacle {
            loop.noteOutgrown(obstacle)
            return obstacle
        }
        guard loop.table.byWatch.count < loop.allowance else {
            loop.noteOutgrown(.budget)
            return .budget
        }
        do throws(SystemError) {
            guard let watch = try loop.inotify?.watch(directory) else { return .chosen }
            set(watch, id)
            return nil
        } catch {
            guard error.errno == ENOSPC else { return .refused(error.errno) }
            loop.obstacle = .watchesUsedUp
            loop.noteOutgrown(.watchesUsedUp)
            return .watchesUsedUp
        }
    }

    /// Notes by which handle events will name the directory; what kept it from that.
    private func take(_ directory: Int32, _ id: WatchTable.ID) -> WatchReport.Reason? {
        do throws(SystemError) {
            set(.handle(try Fanotify.handle(directory)), id)
            return nil
        } catch {
            return .refused(error.errno)
        }
    }

    private func set(_ watch: WatchTable.Watch, _ id: WatchTable.ID) {
        if let older = loop.table.byWatch[watch], older != id { forget(older, keeping: watch) }
        guard loop.table[id] != nil else {
            loop.hasLostEvents = true
            return
        }
        loop.table.setWatch(watch, of: id)
    }

    /// The directory was known at another place: it was moved, and the walk came before the event.
    private func forget(_ id: WatchTable.ID, keeping watch: WatchTable.Watch) {
        loop.place = nil
        for freed in loop.table.remove(id) where freed != watch { loop.inotify?.unwatch(freed) }
    }

    private func poll(
        _ id: WatchTable.ID,
        _ reason: WatchReport.Reason,
        _ status: FileStatus
    ) {
        let stamp = RacyWindow.unknown.settled(
            status.stamp,
            readSince: loop.time.wall,
            by: loop.time
        )
        loop.table.poll(id, because: reason, stamp)
    }

    mutating func refuse(_ name: [UInt8], of parent: WatchTable.ID, at path: RelativePath) {
        // Its own handle, for the event that makes it readable.
        guard loop.fanotify != nil,
            let handle = try? Fanotify.handle(loop.root.descriptor, path.bytes)
        else { return }
        let id = loop.table.child(of: parent, name) ?? loop.table.add(name, to: parent)
        set(.handle(handle), id)
    }

    mutating func fail(_ name: [UInt8], of parent: WatchTable.ID, _ error: SystemError) {
        let id = loop.table.child(of: parent, name) ?? loop.table.add(name, to: parent)
        let reason: WatchReport.Reason =
            error.isExhaustion ? .descriptorsUsedUp : .refused(error.errno)
        loop.table.poll(id, because: reason, .zero)
    }
}
#endif
