import Glibc
package import TandemSystem
package import TandemTree

/// Finds the garbage below a root; enters no link, no other file system, and no `.git`.
package struct GarbageScan: Sendable {
    private let fileSystem: any FileSystem
    private let root: SyncRoot
    private let options: GarbageOptions

    /// Looks below a root.
    package init(
        _ root: SyncRoot,
        on fileSystem: any FileSystem = RealFileSystem(),
        _ options: GarbageOptions = GarbageOptions()
    ) {
        self.root = root
        self.fileSystem = fileSystem
        self.options = options
    }

    /// A directory still to be read.
    private struct Pending {
        var path: RelativePath
        var rules: ScanRules
    }

    /// Walks the whole root.
    ///
    /// Each directory is opened anew from the root and closed before the next.
    /// - Throws: `SystemError` where the root itself cannot be read.
    package func inventory() throws(SystemError) -> GarbageInventory {
        var found = GarbageInventory(
            kinds: options.classifier.kinds,
            rules: options.rules.known
        )
        var pending = [Pending(path: .root, rules: ScanRules(options.rules))]
        while let next = pending.popLast() {
            do throws(SystemError) {
                pending += try read(next, into: &found)
            } catch {
                guard !next.path.isRoot else { throw error }
                // Gone meanwhile is no news.
                if error.errno == ENOENT { continue }
                found.remarks.append(.init(path: next.path, reason: error.reason))
            }
        }
        found.entries.sort { $0.path < $1.path }
        return found
    }

    private func read(
        _ place: Pending,
        into found: inout GarbageInventory
    ) throws(SystemError) -> [Pending] {
        let directory = try Directory.beneath(root.descriptor, place.path, of: fileSystem)
        var rules = place.rules
        if rules.collects {
            let files = try RuleFiles(
                in: directory.raw,
                collectsGitRules: rules.collectsGitRules,
                on: fileSystem
            )
            rules.enter(place.path.name, files)
            if !files.isEmpty {
                found.rules = found.rules.adding([(place.path, files)], below: .root)
            }
        } else {
            rules.enter(place.path.name, RuleFiles())
        }
        var inner: [Pending] = []
        for name in try directory.names() {
            if options.isGit(name) { found.repositories.append(place.path) }
            guard !options.skips(name), let status = try directory.status(name) else { continue }
            let isDirectory = status.type == .directory
            if isDirectory, status.device != root.device || status.isMountRoot { continue }
            let path = place.path.appending(name)
            if let kind = options.classifier.kind(named: name, isDirectory: isDirectory),
                status.kind != .other,
                name.withUnsafeBytes({ rules.ignores($0, isDirectory: isDirectory) })
            {
                take(path, status, kind, &found)
            } else if isDirectory {
                inner.append(Pending(path: path, rules: rules))
            }
        }
        return inner
    }

    private func take(
        _ path: RelativePath,
        _ status: FileStatus,
        _ kind: Int,
        _ found: inout GarbageInventory
    ) {
        var entry = GarbageEntry(
            path: path,
            kind: kind,
            isDirectory: status.type == .directory,
            device: status.device,
            inode: status.inode,
            files: 1,
            bytes: status.type == .file ? status.size : 0
        )
        guard entry.isDirectory else { return found.entries.append(entry) }
        do throws(SystemError) {
            let inside = try contents(of: entry)
            entry.files = inside.count
            entry.bytes = inside.reduce(0) { $0 + $1.bytes }
            found.entries.append(entry)
        } catch {
            let reason = error.errno == EXDEV ? "it holds another file system" : error.reason
            found.remarks.append(.init(path: path, reason: reason))
        }
    }

    /// Everything in a garbage directory that is no directory.
    ///
    /// - Throws: EXDEV where something is mounted in it, which moving it would take along.
    private func contents(of entry: GarbageEntry) throws(SystemError) -> [GarbageEntry] {
        var inside: [GarbageEntry] = []
        var pending = [entry.path]
        while let path = pending.popLast() {
            let directory = try Directory.beneath(root.descriptor, path, of: fileSystem)
            for name in try directory.names() {
                guard let status = try directory.status(name) else { continue }
                guard status.device == root.device, !status.isMountRoot else {
                    throw SystemError("look into", errno: EXDEV)
                }
                if status.type == .directory {
                    pending.append(path.appending(name))
                    continue
                }
                var one = entry
                one.path = path.appending(name)
                one.isDirectory = false
                one.inode = status.inode
                one.files = 1
                one.bytes = status.type == .file ? status.size : 0
                inside.append(one)
            }
        }
        return inside
    }

    /// The inventory without what git tracks.
    ///
    /// A directory in which something is tracked is taken apart: what is not tracked in it stays
    /// garbage.
    package func sparing(
        _ tracked: Set<RelativePath>,
        in inventory: GarbageInventory
    ) -> GarbageInventory {
        guard !tracked.isEmpty else { return inventory }
        var above: Set<RelativePath> = []
        for path in tracked {
            var parent = path.parent
            while let next = parent, !next.isRoot, above.insert(next).inserted {
                parent = next.parent
            }
        }
        var kept = inventory
        kept.entries.removeAll()
        for entry in inventory.entries where !tracked.contains(entry.path) {
            guard entry.isDirectory, above.contains(entry.path) else {
                kept.entries.append(entry)
                continue
            }
            let inside = (try? contents(of: entry)) ?? []
            kept.entries += inside.filter { !tracked.contains($0.path) }
        }
        kept.entries.sort { $0.path < $1.path }
        return kept
    }
}
