import Foundation
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// A root with files in it, and its garbage.
final class GarbageRoot: Sendable {
    let directory: TemporaryDirectory
    let root: SyncRoot
    private let fileSystem = RealFileSystem()

    init(_ files: [String: String] = [:]) throws {
        directory = try TemporaryDirectory()
        root = try SyncRoot.open(directory.url.path, on: fileSystem)
        for (name, text) in files { try write(name, text) }
    }

    deinit { fileSystem.close(root.descriptor) }

    func write(_ name: String, _ text: String) throws {
        let folder = directory.url.appendingPathComponent(name).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try directory.write(text, to: name)
    }

    func read(_ name: String) -> String? { try? directory.read(name) }

    func exists(_ name: String) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: directory.path(name))) != nil
    }

    func scan(_ options: GarbageOptions = GarbageOptions()) -> GarbageScan {
        GarbageScan(root, on: fileSystem, options)
    }

    func paths(_ options: GarbageOptions = GarbageOptions()) throws -> [RelativePath] {
        try scan(options).inventory().entries.map(\.path)
    }

    func shelf(now: Int64 = 1_000) -> GarbageShelf {
        GarbageShelf(root, on: fileSystem, time: FixedTime(wall: now))
    }

    @discardableResult
    func clean(_ id: String = "g-1") throws -> GarbageShelf.Outcome {
        try shelf().clean(try scan().inventory().entries, as: id)
    }

    /// Every file and link below the root but Tandem's own, with its content.
    func listing() throws -> [String: String] {
        var found: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: directory.url.path)
        where !name.hasPrefix(".tandem") {
            let about = try FileManager.default.attributesOfItem(atPath: directory.path(name))
            switch about[.type] as? FileAttributeType {
            case .typeRegular?: found[name] = try directory.read(name)
            case .typeSymbolicLink?: found[name] = "link"
            default: found[name] = "directory"
            }
        }
        return found
    }
}

/// A clock that stands still.
struct FixedTime: TimeSource {
    var wall: Int64
    var monotonic: UInt64 { 0 }
}
