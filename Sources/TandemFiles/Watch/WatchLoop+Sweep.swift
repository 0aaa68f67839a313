#if os(Linux)
import Glibc
import TandemSystem
import TandemTree

/// Looking at directories that raise no events.
///
/// A directory's times change when a name in it comes or goes, not when a file in it is written. So
/// directories are looked at often; files of those that changed lately too; all files seldom.
extension WatchLoop {
    /// Looks at the times of every polled directory, and into those that changed.
    func sweepDirectories() {
        guard !table.polled.isEmpty else { return }
        let started = time.monotonic
        for id in changedDirectories() { relist(id) }
        let now = time.monotonic
        for id in table.polled where (table[id]?.hotUntil ?? 0) > now {
            if let path = table.path(of: id) { batch.listings.append(path) }
        }
        schedule.note(sweepTook: now - started, endedAt: now)
    }

    /// Has the files of all polled directories looked at, and tries to watch what could not be.
    func sweepFiles() {
        guard !table.polled.isEmpty else { return }
        if inotify == nil, fanotify == nil, obstacle == .instancesUsedUp {
            startInotify()
            if inotify != nil { return rebuild() }
        } else if always == nil, inotify != nil, canWatchMore {
            return rebuild()
        }
        batch.dirty += table.topmostPolled.map(\.path)
    }

    /// Whether directories that are polled might get a watch by now.
    private var canWatchMore: Bool {
        table.byWatch.count < allowance
    }

    private func changedDirectories() -> [WatchTable.ID] {
        guard let top = try? Directory.beneath(root.descriptor, .root, of: fileSystem) else {
            return []
        }
        var changed: [WatchTable.ID] = []
        if isChanged(WatchTable.root, try? fileSystem.status(of: top.raw)) {
            changed.append(WatchTable.root)
        }
        var pending: [(id: WatchTable.ID, directory: Directory)] = [(WatchTable.root, top)]
        while let (id, directory) = pending.popLast() {
            for (name, child) in table[id]?.children ?? [:] {
                if isChanged(child, (try? directory.status(name)) ?? nil) { changed.append(child) }
                guard table[child]?.children.isEmpty == false else { continue }
                guard let next = try? directory.directory(name) else { continue }
                pending.append((child, next))
            }
        }
        return changed
    }

    private func isChanged(_ id: WatchTable.ID, _ status: FileStatus?) -> Bool {
        guard let node = table[id], node.polled != nil else { return false }
        // A directory that is gone changed its parent.
        guard let status else { return false }
        return node.stamp == .zero || node.stamp != status.stamp
    }

    /// Reads a polled directory's names again: new directories come in, missing ones go.
    private func relist(_ id: WatchTable.ID) {
        guard let path = table.path(of: id), let node = table[id] else { return }
        do throws(SystemError) {
            let directory = try Directory.beneath(root.descriptor, path, of: fileSystem)
            let status = try fileSystem.status(of: directory.raw)
            let started = time.wall
            let walk = DirectoryWalk(fileSystem, root)
            let names = try walk.subdirectories(of: directory)
            let stamp = RacyWindow.unknown.settled(status.stamp, readSince: started, by: time)
            let hasChanged = node.stamp != .zero || stamp == .zero
            let hot = hasChanged ? time.monotonic + Self.hotTime : node.hotUntil
            table.note(id, stamp: stamp, hotUntil: hot)
            batch.listings.append(path)
            compare(id, path, with: names)
        } catch {
            batch.dirty.append(path)
        }
    }

    private func compare(_ id: WatchTable.ID, _ path: RelativePath, with names: [[UInt8]]) {
        guard let matcher = matcher(at: id), let known = table[id]?.children else { return }
        for name in names where known[name] == nil {
            if matcher.isIgnored(name: name, isDirectory: true) { continue }
            add(name, to: id, at: path.appending(name))
            batch.dirty.append(path.appending(name))
        }
        let standing = Set(names)
        for (name, child) in known where !standing.contains(name) {
            drop(child)
            batch.dirty.append(path.appending(name))
        }
    }

    /// Where something changed, more is likely to change soon.
    private static let hotTime: UInt64 = 60_000_000_000
}
#endif
