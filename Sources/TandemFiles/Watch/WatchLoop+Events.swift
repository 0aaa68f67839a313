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
                guard var events = try inotify?.read(), var event = events.next() else { return }
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

    private func handle(_ event: InotifyEvent) {
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
