import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// What users do on the disks, and how a watcher hears of it.
extension SimulatedPair {
    private static let names: [[UInt8]] = [[0x61], [0x62], [0x63, 0xFF], [0x64]]

    /// One act of a user on either side, as one step.
    mutating func edit() throws {
        let chosen: Side = generator.chance(2) ? .laptop : .vm
        try side(chosen).fileSystem.sparing { try edit(on: chosen) }
    }

    private mutating func edit(on where_: Side) throws {
        var own = side(where_)
        let fileSystem = own.fileSystem
        let root = try SyncRoot.open(SimulatedSide.rootPath, on: fileSystem)
        defer { fileSystem.close(root.descriptor) }
        let standing = try DiskTree.scan(root, on: fileSystem, time: time)
        let path = existingDirectory(in: standing).appending(Self.names[generator.below(4)])
        let act = generator.below(9)
        note("user: \(where_.rawValue) act \(act) at \(path)")
        switch act {
        case 0, 1, 2, 3: try write(path, standing, root, fileSystem)
        case 4:
            if standing.find(path) == nil { try makeDirectory(path, root, fileSystem) }
        case 5, 6:
            supersede(path, in: standing)
            try fileSystem.removeTree(path, below: root, standing)
        case 7:
            let target = existingDirectory(in: standing).appending(Self.names[generator.below(4)])
            guard standing.find(target) == nil, !target.isDescendant(of: path) else { break }
            own.touched.insert(target)
            try? fileSystem.move(path, to: target, below: root)
        default: try toggle(path, standing, root, fileSystem)
        }
        own.touched.insert(path)
        // Most events arrive; some are lost, and then the kernel says so later.
        if generator.chance(8) { own.hasOverflow = true } else { own.hasNotice = true }
        if where_ == .laptop { laptop.side = own } else { vm.side = own }
    }

    private mutating func supersede(_ path: RelativePath, in tree: Tree) {
        for digest in tree.fileDigests(at: path) { live.remove(digest) }
    }

    private mutating func write(
        _ path: RelativePath,
        _ standing: Tree,
        _ root: SyncRoot,
        _ fileSystem: SimulatedFileSystem
    ) throws {
        supersede(path, in: standing)
        try fileSystem.removeTree(path, below: root, standing)
        lastValue += 1
        let padding = [UInt8](repeating: UInt8(lastValue & 0x7F), count: generator.below(60))
        let bytes = Array("value \(lastValue) ".utf8) + padding
        let digest = ContentHasher.digest(of: bytes)
        live.insert(digest)
        contents[digest] = bytes
        try fileSystem.write(bytes, to: path, below: root, executable: generator.chance(4))
    }

    private func makeDirectory(
        _ path: RelativePath,
        _ root: SyncRoot,
        _ fileSystem: SimulatedFileSystem
    ) throws {
        try fileSystem.at(path, below: root) { parent, name throws(SystemError) in
            try fileSystem.makeDirectory(at: parent, name, mode: 0o755)
        }
    }

    private func toggle(
        _ path: RelativePath,
        _ standing: Tree,
        _ root: SyncRoot,
        _ fileSystem: SimulatedFileSystem
    ) throws {
        guard let state = standing.state(at: path), state.kind == .file else { return }
        try fileSystem.at(path, below: root) { parent, name throws(SystemError) in
            let file = try fileSystem.openFile(at: parent, name)
            defer { fileSystem.close(file) }
            try fileSystem.setMode(file, state.executable ? 0o644 : 0o755)
        }
    }

    private mutating func existingDirectory(in tree: Tree) -> RelativePath {
        var current = Tree.rootID
        for _ in 0..<generator.below(3) {
            let inner = tree.childIDs(of: current).filter { tree.kind(of: $0) == .directory }
            guard !inner.isEmpty else { break }
            current = inner[inner.startIndex + generator.below(inner.count)]
        }
        return tree.path(of: current)
    }
}

// MARK: - A user's calls

extension FileSystem {
    fileprivate func at<Value>(
        _ path: RelativePath,
        below root: SyncRoot,
        _ body: (Int32, UnsafePointer<CChar>) throws(SystemError) -> Value
    ) throws -> Value {
        let parent = try openBeneath(root: root.descriptor, path.parent ?? .root)
        defer { close(parent) }
        return try withCName(path.name) { name throws(SystemError) in try body(parent, name) }
    }

    fileprivate func write(
        _ bytes: [UInt8],
        to path: RelativePath,
        below root: SyncRoot,
        executable: Bool
    ) throws {
        try at(path, below: root) { parent, name throws(SystemError) in
            let file = try createFile(at: parent, name, mode: executable ? 0o755 : 0o644)
            defer { close(file) }
            try writeAll(file, bytes)
        }
    }

    fileprivate func move(
        _ path: RelativePath,
        to target: RelativePath,
        below root: SyncRoot
    ) throws {
        try at(path, below: root) { parent, name throws(SystemError) in
            let other = try openBeneath(root: root.descriptor, target.parent ?? .root)
            defer { close(other) }
            try withCName(target.name) { targetName throws(SystemError) in
                try rename(from: parent, name, to: other, targetName, how: .noReplace)
            }
        }
    }

    fileprivate func removeTree(
        _ path: RelativePath,
        below root: SyncRoot,
        _ standing: Tree
    ) throws {
        guard let id = standing.find(path) else { return }
        let isDirectory = standing.kind(of: id) == .directory
        if isDirectory {
            for child in standing.childIDs(of: id) {
                try removeTree(standing.path(of: child), below: root, standing)
            }
        }
        try at(path, below: root) { parent, name throws(SystemError) in
            if isDirectory {
                try removeDirectory(at: parent, name)
            } else {
                try removeFile(at: parent, name)
            }
        }
    }
}
