import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// A batch on a simulated disk: two trees, and the planner's changes that make one of the other.
package struct BatchScenario {
    /// A promise that was broken.
    package struct Violation: Error, CustomStringConvertible {
        package var what: String
        package var description: String { what }
    }

    private let before: DiskTree
    private let after: DiskTree
    private let changes: [Change]
    private let contents: [Digest: [UInt8]]
    private let flushesWhole: Bool

    private static let rootPath = "/root"
    private static let pair = [UInt8](repeating: 0xAB, count: 16)

    /// The changes that there are to apply.
    package var count: Int { changes.count }

    package init(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var before = DiskTree()
        for _ in 0..<(6 + generator.below(10)) { try before.perturb(using: &generator) }
        var after = before
        for _ in 0..<(3 + generator.below(8)) { try after.perturb(using: &generator) }
        (self.before, self.after) = (before, after)
        contents = after.contents
        flushesWhole = generator.chance(2)
        let plan = reconcile(
            archive: before.tree,
            laptop: after.tree,
            vm: before.tree,
            mode: .push
        )
        changes = plan.toVM.map { [contents] change in
            var change = change
            if change.new?.kind == .link {
                change.linkTarget = contents[change.new?.digest ?? .zero]
            }
            return change
        }
    }

    /// A disk with the tree that there was.
    package func image() throws -> DiskImage {
        let fileSystem = SimulatedFileSystem()
        let top = try SyncRoot.open("/", on: fileSystem)
        try withCName(Array("root".utf8)) { name throws(SystemError) in
            try fileSystem.makeDirectory(at: top.descriptor, name, mode: 0o755)
        }
        let root = try SyncRoot.open(Self.rootPath, on: fileSystem)
        try before.write(to: root, on: fileSystem)
        return fileSystem.image
    }

    private func settings(_ fileSystem: SimulatedFileSystem) -> Batch.Settings {
        var settings = Batch.Settings()
        settings.limits.floorBytes = 0
        // No threads: one seed gives one run.
        settings.limits.flushThreads = .max
        settings.limits.wholeFlushThreshold = flushesWhole ? 0 : .max
        let time = fileSystem.time
        settings.time = BatchTime(source: time) { time.advance(by: $0) }
        settings.generation = 1
        return settings
    }

    /// Applies the changes; throws if the process dies meanwhile.
    package func apply(on fileSystem: SimulatedFileSystem) throws {
        let outcome = try send(changes, on: fileSystem)
        if !outcome.refusals.isEmpty && !fileSystem.isDead {
            throw Violation(what: "a change is refused: \(outcome.refusals)")
        }
    }

    private func send(
        _ changes: [Change],
        on fileSystem: SimulatedFileSystem
    ) throws -> BatchOutcome {
        let root = try SyncRoot.open(Self.rootPath, on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        let batch = try Batch(
            fileSystem: fileSystem,
            root: root,
            pair: Self.pair,
            tree: nil,
            rules: nil,
            settings: settings(fileSystem)
        )
        for id in try batch.add(changes, startingAt: 0) {
            let bytes = contents[changes[Int(id)].new?.digest ?? .zero] ?? []
            // In two pieces, as it comes over a link.
            let middle = bytes.count / 2
            try bytes[..<middle].withUnsafeBytes { try batch.write(id, offset: 0, $0) }
            try bytes[middle...].withUnsafeBytes {
                try batch.write(id, offset: UInt64(middle), $0)
            }
        }
        return try batch.finish()
    }

    // MARK: After a crash

    /// Recovers, and looks: each path is old or new, no content is lost, and the rest can be done.
    package func check(_ fileSystem: SimulatedFileSystem, _ crash: CrashSweep.Crash) throws {
        let root = try SyncRoot.open(Self.rootPath, on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        _ = try recover(
            fileSystem: fileSystem,
            root: root,
            pair: Self.pair,
            settings: settings(fileSystem)
        )
        let standing = try DiskTree.scan(root, on: fileSystem, time: fileSystem.time)
        let (old, new) = (before.tree.listing, after.tree.listing)
        for (path, state) in standing.listing where state != old[path] && state != new[path] {
            throw Violation(what: "\(crash): \(path) is neither old nor new: \(state)")
        }
        if crash.call == nil && standing.rootDigest != after.tree.rootDigest {
            throw Violation(what: "\(crash): what was acknowledged is gone")
        }
        let kept = Set(standing.fileDigests(at: .root)).union(try shelved(root, on: fileSystem))
        if let lost = before.fileDigests.subtracting(kept).first {
            throw Violation(what: "\(crash): a content is lost: \(lost)")
        }
        try finish(standing, on: fileSystem, root, crash)
    }

    /// The digests of files on the shelf, directories looked through by restoring them.
    private func shelved(_ root: SyncRoot, on fileSystem: SimulatedFileSystem) throws -> Set<Digest>
    {
        let shelf = try Shelf.open(
            fileSystem: fileSystem,
            root: root,
            pair: Self.pair,
            time: fileSystem.time
        )
        guard let shelf else { return [] }
        let place = RelativePath(trusted: Array("restored".utf8))
        var found: Set<Digest> = []
        for item in shelf.list() {
            try shelf.restore(item.id, to: place)
            let tree = try DiskTree.scan(root, on: fileSystem, time: fileSystem.time)
            found.formUnion(tree.fileDigests(at: place))
            try remove(place, in: root, on: fileSystem)
        }
        return found
    }

    private func remove(
        _ path: RelativePath,
        in root: SyncRoot,
        on fileSystem: SimulatedFileSystem
    ) throws {
        let parent = try fileSystem.openBeneath(root: root.descriptor, path.parent ?? .root)
        defer { fileSystem.close(parent) }
        let isDirectory = try withCName(path.name) { name throws(SystemError) in
            try fileSystem.status(at: parent, name)?.type == .directory
        }
        if isDirectory {
            let tree = try DiskTree.scan(root, on: fileSystem, time: fileSystem.time)
            for child in tree.find(path).map({ tree.childIDs(of: $0) }) ?? [] {
                try remove(tree.path(of: child), in: root, on: fileSystem)
            }
        }
        try withCName(path.name) { name throws(SystemError) in
            if isDirectory {
                try fileSystem.removeDirectory(at: parent, name)
            } else {
                try fileSystem.removeFile(at: parent, name)
            }
        }
    }

    /// The next batch brings what is left, and leaves nothing behind.
    private func finish(
        _ standing: Tree,
        on fileSystem: SimulatedFileSystem,
        _ root: SyncRoot,
        _ crash: CrashSweep.Crash
    ) throws {
        let rest = differences(from: standing, to: after.tree).map { difference in
            Change(
                path: difference.path,
                expected: difference.old,
                new: difference.new?.withoutDirectoryDigest,
                linkTarget: difference.new?.kind == .link
                    ? contents[difference.new?.digest ?? .zero] : nil
            )
        }
        let outcome = try send(rest, on: fileSystem)
        let end = try DiskTree.scan(root, on: fileSystem, time: fileSystem.time)
        guard outcome.refusals.isEmpty, end.rootDigest == after.tree.rootDigest else {
            throw Violation(what: "\(crash): the next batch does not finish: \(outcome.refusals)")
        }
        let leftOver = fileSystem.image.names(below: "/root/.tandem/stage/\(Self.hexadecimalPair)")
        guard leftOver.isEmpty else {
            throw Violation(what: "\(crash): left in the stage: \(leftOver)")
        }
        guard fileSystem.openDescriptors == 1 else {
            throw Violation(what: "\(crash): \(fileSystem.openDescriptors) descriptors are open")
        }
    }

    private static let hexadecimalPair = String(repeating: "ab", count: 16)
}

extension DiskImage {
    /// The names in a directory; none where there is none.
    package func names(below path: String) -> [String] {
        var current = Self.root
        for name in path.split(separator: "/") {
            guard let next = nodes[current]?.entries[Array(name.utf8)] else { return [] }
            current = next
        }
        return (nodes[current]?.entries.keys.map { String(decoding: $0, as: UTF8.self) } ?? [])
            .sorted()
    }
}
