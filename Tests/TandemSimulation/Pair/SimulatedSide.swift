import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// One machine of a simulated pair: its disk, and what both programs do with a root.
struct SimulatedSide {
    static let rootPath = "/root"
    static let pair = [UInt8](repeating: 0xAB, count: 16)

    let fileSystem: SimulatedFileSystem
    /// Open while the program runs.
    var root: SyncRoot?
    /// What the program knows of the root.
    var tree = Tree()
    /// Paths a user changed since the root was last flushed.
    var touched: Set<RelativePath> = []
    /// Whether the watcher lost something and has not said so yet.
    var hasOverflow = false
    var hasNotice = false

    init(time: SimulatedTime, settings: SimulatedFileSystem.Settings) throws {
        fileSystem = SimulatedFileSystem(time: time, settings: settings)
        let top = try SyncRoot.open("/", on: fileSystem)
        for name in ["root", "state"] {
            try withCName(Array(name.utf8)) { name throws(SystemError) in
                try fileSystem.makeDirectory(at: top.descriptor, name, mode: 0o700)
            }
        }
        fileSystem.close(top.descriptor)
        var image = fileSystem.image
        image.flushAll()
        fileSystem.image = image
    }

    mutating func openRoot() throws -> SyncRoot {
        if let root { return root }
        let opened = try SyncRoot.open(Self.rootPath, on: fileSystem)
        root = opened
        return opened
    }

    mutating func closeRoot() {
        if let root { fileSystem.close(root.descriptor) }
        root = nil
    }

    /// Reads the root anew; gives what differs from what was known.
    mutating func scan() throws -> [Difference] {
        let new = try DiskTree.scan(try openRoot(), on: fileSystem, time: fileSystem.time)
        defer { tree = new }
        return differences(from: tree, to: new)
    }

    var settings: Batch.Settings {
        var settings = Batch.Settings()
        settings.limits.floorBytes = 0
        settings.limits.flushThreads = .max
        let time = fileSystem.time
        settings.time = BatchTime(source: time) { time.advance(by: $0) }
        return settings
    }

    mutating func makeBatch() throws -> Batch {
        try Batch(
            fileSystem: fileSystem,
            root: try openRoot(),
            pair: Self.pair,
            tree: tree,
            rules: RuleSet(includesGit: true),
            settings: settings
        )
    }

    mutating func recoverRoot() throws {
        _ = try recover(
            fileSystem: fileSystem,
            root: try openRoot(),
            pair: Self.pair,
            settings: settings
        )
    }

    /// The bytes of a file or the target of a link, if it is what somebody expects there.
    mutating func content(of path: RelativePath, _ expected: EntryState) throws -> [UInt8]? {
        let parent = try? fileSystem.openBeneath(
            root: try openRoot().descriptor,
            path.parent ?? .root
        )
        guard let parent else { return nil }
        defer { fileSystem.close(parent) }
        let bytes = try? withCName(path.name) { name throws(SystemError) -> [UInt8] in
            if expected.kind == .link { return try fileSystem.readLink(at: parent, name) }
            let file = try fileSystem.openFile(at: parent, name)
            defer { fileSystem.close(file) }
            return try fileSystem.wholeContent(of: file)
        }
        return bytes.flatMap { UInt64($0.count) == expected.size ? $0 : nil }
    }
}

extension FileSystem {
    /// All bytes of a small file.
    func wholeContent(of file: Int32) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(try status(of: file).size))
        var outcome: Result<Int, SystemError> = .success(0)
        bytes.withUnsafeMutableBytes { buffer in
            do throws(SystemError) {
                outcome = .success(try readFull(file, at: 0, into: buffer))
            } catch {
                outcome = .failure(error)
            }
        }
        return Array(bytes.prefix(try outcome.get()))
    }
}
