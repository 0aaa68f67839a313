import Foundation
import Glibc
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSnapshots

/// A tree, a store and a state directory of one test.
final class SnapshotFixture: Sendable {
    let directory: TemporaryDirectory
    let root: String
    let storePath: String

    init() throws {
        directory = try TemporaryDirectory()
        root = directory.path("root")
        storePath = directory.path("store")
        for path in [root, storePath, directory.path("state")] {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
    }

    func store(_ fileSystem: any FileSystem = RealFileSystem()) throws -> SnapshotStore {
        try SnapshotStore(at: storePath, on: fileSystem)
    }

    func taker(
        _ store: SnapshotStore,
        _ fileSystem: any FileSystem = RealFileSystem(),
        rules: RuleSource = .given(.standard)
    ) throws -> SnapshotTaker {
        let state = try StateDirectory(at: directory.path("state"), on: RealFileSystem())
        return SnapshotTaker(
            SnapshotSource(root: root, rules: rules, state: state),
            into: store,
            fileSystem: fileSystem
        )
    }

    @discardableResult
    func take(_ store: SnapshotStore, label: String = "") throws -> SnapshotInfo {
        var taker = try taker(store)
        return try taker.take(reason: .request, label: label)
    }

    func write(_ name: String, _ bytes: [UInt8], mode: Int = 0o644) throws {
        let url = URL(fileURLWithPath: root).appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(root)/\(name)")
    }

    /// Restores a snapshot, or an entry of it, to a new place.
    @discardableResult
    func restore(
        _ snapshot: SnapshotInfo,
        of store: SnapshotStore,
        path: RelativePath = .root,
        to name: String
    ) throws -> String {
        let place = directory.path(name)
        let target = try NewPlace(place, on: RealFileSystem())
        try store.read(snapshot, path) { try target.take($0) }
        try target.finish()
        return place
    }

    /// The tree that a scan finds at a path.
    static func scan(_ path: String, rules: RuleSource = .given(.standard)) throws -> Tree {
        let system = RealFileSystem()
        let root = try SyncRoot.open(path, on: system)
        defer { system.close(root.descriptor) }
        return try Scanner(fileSystem: system).scan(root: root, rules: rules).tree
    }

    /// Fills the root with a tree of a seed: small files, a big one, links, programs, odd names.
    func fill(seed: UInt64, files: Int = 40) throws {
        var random = SeededGenerator(seed: seed)
        for number in 0..<files {
            let size = random.chance(8) ? random.below(90_000) : random.below(3_000)
            let folder = "d\(random.below(5))/e\(random.below(3))"
            try write(
                "\(folder)/f\(number)",
                Self.bytes(size, &random),
                mode: random.chance(4) ? 0o755 : 0o644
            )
        }
        try write("big", Self.bytes(900_000, &random))
        try write("empty", [])
        try write("d0/new\nline", "odd")
        symlink("../nowhere", "\(root)/d0/link")
    }

    /// Bytes that compress a little.
    static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let value = random.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift) & 0x3F)
            }
        }
        return Array(bytes.prefix(count))
    }

    /// Every file of the store, by its path below it.
    func storeFiles() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: storePath).filter {
            var isDirectory: ObjCBool = false
            let isThere = FileManager.default.fileExists(
                atPath: "\(storePath)/\($0)",
                isDirectory: &isDirectory
            )
            return isThere && !isDirectory.boolValue
        }.sorted()
    }
}
