import Foundation
import Synchronization
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

/// A root in a directory of its own, and the other side's wishes for it.
final class ApplyFixture {
    static let pair = [UInt8](repeating: 0xAB, count: 16)

    /// What is removed at the end; nil when the root is somebody else's.
    private let directory: URL?
    let faulty: FaultyFileSystem
    let root: SyncRoot
    /// Contents that the other side has, by digest.
    var contents: [Digest: [UInt8]] = [:]
    var settings = Batch.Settings()
    /// How often a batch wanted to wait for a second look.
    let pauses = Mutex(0)

    /// Makes a root with this in it; in memory it lies where there is no disk to wait for.
    init(_ tree: TestNode = [:], inMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm", isDirectory: true)
        let isThere = FileManager.default.isWritableFile(atPath: memory.path)
        let base = inMemory && isThere ? memory : FileManager.default.temporaryDirectory
        let directory = base.appendingPathComponent("tandem-\(UInt64.random(in: .min ... .max))")
        self.directory = directory
        let rootPath = directory.appendingPathComponent("root").path
        try FileManager.default.createDirectory(
            atPath: rootPath,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        faulty = FaultyFileSystem()
        root = try SyncRoot.open(rootPath, on: RealFileSystem())
        settings.time = BatchTime(source: SystemTime(), pause: { _ in })
        settings.limits.floorBytes = 0
        try make(tree, at: path(""))
    }

    /// Works in a root that stands and stays.
    init(at path: String) throws {
        directory = nil
        faulty = FaultyFileSystem()
        root = try SyncRoot.open(path, on: RealFileSystem())
        settings.limits.floorBytes = 0
    }

    deinit {
        RealFileSystem().close(root.descriptor)
        if let directory { try? FileManager.default.removeItem(at: directory) }
    }

    /// The path of something in the root.
    func path(_ name: String) -> String { name.isEmpty ? root.path : root.path + "/" + name }

    /// The path of something beside the root.
    func outside(_ name: String) -> String {
        URL(fileURLWithPath: root.path).deletingLastPathComponent().appendingPathComponent(name)
            .path
    }

    /// Makes the nodes on disk by their paths.
    func make(_ node: TestNode, at path: String) throws {
        let manager = FileManager.default
        switch node {
        case .file(let text), .program(let text):
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            if case .program = node {
                try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
            }
        case .link(let target):
            try manager.createSymbolicLink(atPath: path, withDestinationPath: target)
        case .other: mkfifo(path, 0o600)
        case .directory(let children):
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
            for child in children {
                let name = String(decoding: child.name, as: UTF8.self)
                try make(child.node, at: path + "/" + name)
            }
        }
    }

    func write(_ text: String, to name: String) throws {
        try make(.file(text), at: path(name))
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    /// What stands in the root, Tandem's own area left out.
    func standing() throws -> [RelativePath: EntryState] {
        let looker = Looker(fileSystem: RealFileSystem(), time: SystemTime(), window: .unknown)
        let parent = Directory(
            try RealFileSystem().openBeneath(root: root.descriptor, .root),
            of: RealFileSystem()
        )
        let found = try looker.lookThrough(parent, Array(".".utf8), rules: SubtreeRules(nil))
        let listing = found.subtree?.tree.listing ?? [:]
        return listing.filter { $0.key.components.first != PrivateArea.name }
    }

    /// Everything in the stage, by name.
    func staged() throws -> [String] {
        let stage = path(".tandem/stage/" + String(decoding: hexadecimal(Self.pair), as: UTF8.self))
        guard FileManager.default.fileExists(atPath: stage) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: stage).sorted()
    }

    func shelf() throws -> Shelf {
        try #require(
            try Shelf.open(fileSystem: RealFileSystem(), root: root, pair: Self.pair)
        )
    }

    // MARK: Changes

    func file(_ text: String, executable: Bool = false) -> EntryState {
        let state = EntryState.content(text, executable: executable)
        contents[state.digest] = Array(text.utf8)
        return state
    }

    func create(_ path: RelativePath, _ text: String, executable: Bool = false) -> Change {
        Change(path: path, expected: nil, new: file(text, executable: executable))
    }

    func createDirectory(_ path: RelativePath) -> Change {
        Change(path: path, expected: nil, new: .directory)
    }

    func replace(_ path: RelativePath, _ old: String, _ text: String) -> Change {
        Change(path: path, expected: .content(old), new: file(text))
    }

    func remove(_ path: RelativePath, _ old: String) -> Change {
        Change(path: path, expected: .content(old), new: nil)
    }

    func removeDirectory(_ path: RelativePath, _ tree: TestNode) -> Change {
        Change(path: path, expected: Tree(tree).state(of: Tree.rootID), new: nil)
    }

    func link(_ path: RelativePath, to target: String, over old: EntryState? = nil) -> Change {
        Change(
            path: path,
            expected: old,
            new: .link(to: Array(target.utf8)),
            linkTarget: Array(target.utf8)
        )
    }

    // MARK: Batches

    func batch(
        _ fileSystem: (any FileSystem)? = nil,
        tree: Tree? = nil
    ) throws -> Batch {
        try Batch(
            fileSystem: fileSystem ?? faulty,
            root: root,
            pair: Self.pair,
            tree: tree,
            rules: nil,
            settings: settings
        )
    }

    /// Sends a batch as the laptop would; gives its outcome and how many contents travelled.
    func send(
        _ changes: [Change],
        on fileSystem: (any FileSystem)? = nil,
        tree: Tree? = nil
    ) throws -> (outcome: BatchOutcome, sent: Int) {
        let batch = try batch(fileSystem, tree: tree)
        let needed = try batch.add(changes, startingAt: 0)
        for id in needed { try send(changes, id, to: batch) }
        return (try batch.finish(), needed.count)
    }

    func send(_ changes: [Change], _ id: UInt32, to batch: Batch) throws {
        let digest = try #require(changes[Int(id)].new?.digest)
        let bytes = try #require(contents[digest])
        try bytes.withUnsafeBytes { try batch.write(id, offset: 0, $0) }
    }

    /// Sends a batch that must be applied whole.
    func apply(_ changes: [Change], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try send(changes).outcome
        #expect(outcome.refusals == [], sourceLocation: sourceLocation)
        #expect(outcome.applied.count == changes.count, sourceLocation: sourceLocation)
    }
}
