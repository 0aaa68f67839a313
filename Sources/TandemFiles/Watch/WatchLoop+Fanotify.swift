#if os(Linux)
import Glibc
import TandemSystem
import TandemTree

/// Watching with fanotify, which is told of the whole file system and needs no watch of a directory.
extension WatchLoop {
    /// Takes a group from the kernel before the first walk, where that was asked for.
    func startFanotify() {
        do throws(SystemError) {
            fanotify = try Fanotify.start(root.descriptor, fileSystem)
            fanotifyReason = .chosen
        } catch {
            fanotifyObstacle = .refused(error.errno)
        }
    }

    /// Lets fanotify watch when the tree has outgrown inotify; everything is looked at once then.
    ///
    /// Where the kernel refuses, what has no watch stays polled, and the report says so.
    func replaceInotify() {
        guard let reason = outgrown else { return }
        outgrown = nil
        guard budget.fanotify != .never, fanotify == nil, fanotifyObstacle == nil, always == nil
        else { return }
        do throws(SystemError) {
            // The mark first: what changes after it is told, what changed before is looked at.
            fanotify = try Fanotify.start(root.descriptor, fileSystem)
        } catch {
            fanotifyObstacle = .refused(error.errno)
            return
        }
        fanotifyReason = reason
        inotify = nil
        batch.needsFullScan = true
        rebuild()
    }

    /// Gives fanotify up when its queue overflows again and again, for each costs a look at the whole tree.
    ///
    /// It is told of all that happens on the file system, so others can bring that about without a
    /// single change below the root. What has no watch is polled from then on.
    func leaveStorm() {
        guard fanotify != nil else { return }
        let now = time.monotonic
        recentOverflows.removeAll { now - $0 > Self.stormTime }
        recentOverflows.append(now)
        guard recentOverflows.count >= Self.stormCount else { return }
        fanotify = nil
        fanotifyReason = nil
        fanotifyObstacle = .overflows
        startInotify()
    }

    private static let stormCount = 3
    /// Ten minutes, in nanoseconds.
    private static let stormTime: UInt64 = 600_000_000_000

    /// Takes the events that wait now, to the last one: a drain counts on it.
    func readFanotify() {
        var rest = fanotify?.waiting ?? 0
        do throws(SystemError) {
            while rest > 0 {
                guard var events = try fanotify?.read(), var event = events.next() else { return }
                while true {
                    handle(event)
                    rest -= 1
                    guard let next = events.next() else { break }
                    event = next
                }
            }
        } catch {
            hasLostEvents = true
        }
    }

    private func handle(_ event: FanotifyEvent) {
        if event.has(FanotifyMask.overflow) {
            hasLostEvents = true
            return
        }
        // A directory that is not in the table is outside the root or ignored; or it is new, and then
        // the event that brought it, or a directory above it, into one of the table's still waits or
        // has been followed by a look: that names it with all below it, whatever happened in it.
        guard let directory = event.directory, let id = table.byWatch[.handle(directory)] else {
            return
        }
        if event.name.isEmpty { handle(event, on: id) } else { handle(event, in: id) }
    }

    /// What happened to a directory itself.
    private func handle(_ event: FanotifyEvent, on id: WatchTable.ID) {
        if id == WatchTable.root, event.has(FanotifyMask.moveSelf | FanotifyMask.deleteSelf) {
            return loseRoot()
        }
        guard id != WatchTable.root, let node = table[id], let path = table.path(of: id) else {
            return
        }
        // It may be readable only now.
        if node.children.isEmpty { add(node.name, to: node.parent, at: path) }
        name(path)
    }

    private func handle(_ event: FanotifyEvent, in id: WatchTable.ID) {
        guard let directory = table.path(of: id), let matcher = matcher(at: id) else { return }
        let path = directory.appending(event.name)
        if matcher.isIgnored(name: event.name, isDirectory: event.isDirectory) {
            // What a rules file says holds even where it is itself ignored.
            guard RuleFile.Kind(fileName: event.name) != nil else { return }
        }
        // The kernel joins events of one name, so their order is lost: what stands there now counts.
        if event.isDirectory, event.has(FanotifyMask.names) {
            add(event.name, to: id, at: path)
        }
        name(path)
    }

    private func name(_ path: RelativePath) {
        if batch.dirty.last != path { batch.dirty.append(path) }
    }
}
#endif
