#if os(Linux)
import Glibc
import TandemSystem
import TandemTree

/// What an event means for the watches and for the tree.
extension WatchLoop {
    /// Takes all events that wait.
    func readEvents() {
        if fanotify != nil { return readFanotify() }
        // A writer that is faster than this thread must not keep it from giving out what it has.
        for _ in 0..<Self.readsInOneGo {
            guard inotify != nil else { return }
            do throws(SystemError) {
                guard var events = try inotify?.read() else { return }
                guard var event = events.next() else {
                    guard isAmidRename, waitForOtherHalf() else { return }
                    continue
                }
                while true {
                    handle(event)
                    guard let next = events.next() else { break }
                    event = next
                }
            } catch {
                hasLostEvents = true
                return
            }
        }
    }

    private static let readsInOneGo = 64

    /// Waits a moment for where something was moved to: the kernel says so right after where from.
    ///
    /// A half that is given out alone looks like a removal. Out of the root there is no other half.
    private func waitForOtherHalf() -> Bool {
        isAmidRename = false
        guard let raw = inotify?.raw else { return false }
        var waiting = [pollfd(fd: raw, events: Int16(POLLIN), revents: 0)]
        return poll(&waiting, 1, Self.otherHalfMilliseconds) > 0
    }

    private static let otherHalfMilliseconds: Int32 = 2

    private func handle(_ event: InotifyEvent) {
        isAmidRename = event.has(IN_MOVED_FROM)
        if event.has(Int32(IN_Q_OVERFLOW)) {
            hasLostEvents = true
            return
        }
        guard let id = table.byWatch[.inotify(event.watch)] else { return }
        guard event.name.isEmpty else { return handle(event, in: id) }
        if event.has(IN_IGNORED, IN_UNMOUNT, IN_DELETE_SELF) {
            if id == WatchTable.root { loseRoot() } else { drop(id) }
        } else if event.has(IN_MOVE_SELF), id == WatchTable.root {
            loseRoot()
        }
    }

    private func handle(_ event: InotifyEvent, in id: WatchTable.ID) {
        guard let directory = table.path(of: id), let matcher = matcher(at: id) else { return }
        let name = event.name
        if matcher.isIgnored(name: name, isDirectory: event.isDirectory) {
            // What a rules file says holds even where it is itself ignored.
            guard RuleFile.Kind(fileName: name) != nil else { return }
        }
        let path = directory.appending(name)
        if event.isDirectory {
            if event.has(IN_DELETE, IN_MOVED_FROM) {
                if let child = table.child(of: id, name) { drop(child) }
            } else if event.has(IN_CREATE, IN_MOVED_TO) || table.child(of: id, name) == nil {
                add(name, to: id, at: path)
            }
        }
        if batch.dirty.last != path { batch.dirty.append(path) }
    }
}
#endif
