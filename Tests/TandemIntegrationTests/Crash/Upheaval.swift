import Foundation
import TandemTestSupport

/// A tree on the laptop that is edited at random: many small files, a few large ones.
///
/// Watched files are only ever replaced; the others are also renamed, moved, linked and deleted.
struct Upheaval {
    private let laptop: TemporaryDirectory
    private let watch: ValueWatch
    private var random: SeededGenerator
    private var files: [String] = []
    private var serial = 0

    private static let folders = 24
    private static let smallFiles = 2_000
    private static let watchedFiles = 40
    private static let largeFiles = 4
    private static let largeBytes = 1 << 21

    /// Makes the tree.
    init(on laptop: TemporaryDirectory, watch: ValueWatch, seed: UInt64) throws {
        self.laptop = laptop
        self.watch = watch
        random = SeededGenerator(seed: seed)
        try laptop.makeFolder("watched")
        for folder in 0..<Self.folders { try laptop.makeFolder("folder\(folder)") }
        for _ in 0..<Self.smallFiles { try create() }
        try replaceWatched()
    }

    /// Edits about a tenth of the small files and every watched one.
    mutating func shake() throws {
        for _ in 0..<100 { try overwrite() }
        for _ in 0..<30 { try create() }
        for _ in 0..<30 { try remove() }
        for _ in 0..<20 { try rename() }
        for _ in 0..<3 { try makeExecutable() }
        try renameFolder()
        try replaceWatched()
    }

    /// The files nobody but a push changes on the vm, each with a new value.
    private mutating func replaceWatched() throws {
        for number in 0..<Self.watchedFiles {
            try replaceWatched("watched/small\(number)", bytes: 1 + random.below(20_000))
        }
        for number in 0..<Self.largeFiles {
            try replaceWatched("watched/large\(number)", bytes: Self.largeBytes)
        }
    }

    private mutating func replaceWatched(_ name: String, bytes: Int) throws {
        let content = content(bytes)
        watch.expect(name, content)
        try laptop.replace(name, with: content)
    }

    private mutating func create() throws {
        serial += 1
        let name = "folder\(random.below(Self.folders))/file\(serial)"
        try Data(content(random.below(4_000))).write(to: laptop.url.appendingPathComponent(name))
        files.append(name)
    }

    private mutating func overwrite() throws {
        let name = files[random.below(files.count)]
        try laptop.replace(name, with: content(random.below(4_000)))
    }

    private mutating func remove() throws {
        let name = files.remove(at: random.below(files.count))
        try FileManager.default.removeItem(atPath: laptop.path(name))
    }

    private mutating func rename() throws {
        serial += 1
        let index = random.below(files.count)
        let name = "folder\(random.below(Self.folders))/file\(serial)"
        try FileManager.default.moveItem(
            atPath: laptop.path(files[index]),
            toPath: laptop.path(name)
        )
        files[index] = name
    }

    private mutating func makeExecutable() throws {
        let name = files[random.below(files.count)]
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: laptop.path(name)
        )
    }

    /// Gives a folder another name, and its old name to a new folder so that files can go there.
    private mutating func renameFolder() throws {
        serial += 1
        let old = "folder\(random.below(Self.folders))"
        let new = "renamed\(serial)"
        try FileManager.default.moveItem(atPath: laptop.path(old), toPath: laptop.path(new))
        try laptop.makeFolder(old)
        files = files.map {
            $0.hasPrefix(old + "/") ? new + $0.dropFirst(old.count) : $0
        }
    }

    /// Bytes that no other call gives: a serial number, then noise that does not compress.
    private mutating func content(_ count: Int) -> [UInt8] {
        serial += 1
        var bytes = Array("\(serial) ".utf8)
        bytes.reserveCapacity(count + 16)
        while bytes.count < count {
            withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
