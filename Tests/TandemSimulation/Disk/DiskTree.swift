package import TandemFiles
package import TandemSystem
package import TandemTestSupport
package import TandemTree

/// A tree with the bytes of its files, made from a seed, written to a file system and read back.
package struct DiskTree {
    package var tree = Tree()
    package var contents: [Digest: [UInt8]] = [:]

    package init() {}

    /// One random act of a user.
    package mutating func perturb(using generator: inout SeededGenerator) throws {
        let names: [[UInt8]] = [[0x61], [0x62], [0x63, 0xFF], [0x64]]
        let path = existingDirectory(using: &generator).appending(names[generator.below(4)])
        switch generator.below(8) {
        case 0, 1, 2: try tree.put(path, fresh(using: &generator))
        case 3, 4: try tree.put(path, .directory)
        case 5:
            let target = Array("target \(generator.below(3))".utf8)
            contents[ContentHasher.digest(of: target)] = target
            try tree.put(path, .link(to: target))
        case 6: tree.remove(path)
        default:
            let target = existingDirectory(using: &generator).appending(names[generator.below(4)])
            try? tree.move(from: path, to: target)
        }
        tree.rehash()
    }

    /// Bytes that no other file has, mostly.
    private mutating func fresh(using generator: inout SeededGenerator) -> EntryState {
        let length = generator.chance(8) ? 0 : 1 + generator.below(90)
        let bytes = (0..<length).map { _ in UInt8(generator.below(256)) }
        let digest = ContentHasher.digest(of: bytes)
        contents[digest] = bytes
        return .file(digest, size: UInt64(length), executable: generator.chance(4))
    }

    private func existingDirectory(using generator: inout SeededGenerator) -> RelativePath {
        var current = Tree.rootID
        for _ in 0..<generator.below(4) {
            let inner = tree.childIDs(of: current).filter { tree.kind(of: $0) == .directory }
            guard !inner.isEmpty else { break }
            current = inner[inner.startIndex + generator.below(inner.count)]
        }
        return tree.path(of: current)
    }

    /// The digests of all files.
    package var fileDigests: Set<Digest> { Set(tree.fileDigests(at: .root)) }

    // MARK: On a file system

    /// Writes everything into an empty root, durably.
    package func write(to root: SyncRoot, on fileSystem: any FileSystem) throws {
        try tree.forEach { id, bytes in
            let path = RelativePath(trusted: bytes)
            guard let parent = path.parent else { return true }
            let directory = try fileSystem.openBeneath(root: root.descriptor, parent)
            defer { fileSystem.close(directory) }
            try make(tree.state(of: id), path.name, in: directory, fileSystem)
            return true
        }
        try fileSystem.syncFileSystem(root.descriptor)
    }

    private func make(
        _ state: EntryState,
        _ name: [UInt8],
        in directory: Int32,
        _ fileSystem: any FileSystem
    ) throws {
        let content = contents[state.digest] ?? []
        try withCName(name) { name throws(SystemError) in
            switch state.kind {
            case .directory: try fileSystem.makeDirectory(at: directory, name, mode: 0o777)
            case .link: try fileSystem.makeLink(at: directory, name, target: content)
            case .file, .other:
                let mode: UInt32 = state.executable ? 0o777 : 0o666
                let file = try fileSystem.createFile(at: directory, name, mode: mode)
                defer { fileSystem.close(file) }
                try fileSystem.writeAll(file, content)
            }
        }
    }

    /// What a root holds, read by the scanner with one thread.
    package static func scan(
        _ root: SyncRoot,
        on fileSystem: any FileSystem,
        time: any TimeSource
    ) throws -> Tree {
        let scanner = Scanner(fileSystem: fileSystem, threads: 1, time: time)
        return try scanner.scan(root: root, rules: .given(RuleSet(includesGit: true))).tree
    }
}
