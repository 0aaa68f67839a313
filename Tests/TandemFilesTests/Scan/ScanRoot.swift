import Foundation
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// The machine's clock, moved: an hour ahead, everything on disk is long settled.
struct MovedTime: TimeSource {
    var seconds: Int64

    static let now = MovedTime(seconds: 0)
    static let later = MovedTime(seconds: 3_600)

    var monotonic: UInt64 { SystemTime().monotonic }
    var wall: Int64 { SystemTime().wall + seconds * 1_000_000_000 }
}

/// A root of one test, filled by plain calls on byte paths and read by the scanner.
final class ScanRoot {
    let directory: TemporaryDirectory
    let fileSystem: FaultyFileSystem
    let root: SyncRoot

    private let isMounted: Bool

    /// Makes an empty root, on a file system of its own if asked for and permitted.
    init(isAlone: Bool = false) throws {
        directory = try TemporaryDirectory()
        isMounted = isAlone && Mounts.obstacle == nil
        if isMounted { try Mounts.mountMemory(at: directory.url.path, megabytes: 64) }
        try FileManager.default.createDirectory(
            atPath: directory.path("root"),
            withIntermediateDirectories: false
        )
        fileSystem = FaultyFileSystem()
        root = try SyncRoot.open(directory.path("root"), on: RealFileSystem())
    }

    deinit {
        RealFileSystem().close(root.descriptor)
        if isMounted { try? Mounts.unmount(directory.url.path) }
    }

    /// The absolute path of an entry.
    func path(_ name: String) -> String { "\(root.path)/\(name)" }

    /// Makes a file, and the directories above it.
    func write(_ text: String, to name: String, mode: mode_t = 0o644) throws {
        try write(Array(text.utf8), to: Array(name.utf8), mode: mode)
    }

    func write(_ content: [UInt8], to name: [UInt8], mode: mode_t = 0o644) throws {
        let names = name.split(separator: UInt8(ascii: "/"))
        for count in 1..<max(names.count, 1) {
            withPath(Array(names[..<count].joined(separator: [47]))) { _ = mkdir($0, 0o755) }
        }
        let descriptor = withPath(name) { open($0, O_WRONLY | O_CREAT | O_TRUNC, mode) }
        try #require(descriptor >= 0, "\(String(cString: strerror(errno)))")
        defer { close(descriptor) }
        try RealFileSystem().writeAll(descriptor, content)
        fchmod(descriptor, mode)
    }

    func makeDirectory(_ name: String) throws {
        try #require(mkdir(path(name), 0o755) == 0)
    }

    func makeLink(_ name: String, to target: String) throws {
        try #require(symlink(target, path(name)) == 0)
    }

    /// Sets mtime to a whole second and nanoseconds; ctime becomes the present.
    func setModified(_ name: String, _ seconds: Int, _ nanoseconds: Int = 0) throws {
        let times = [
            timespec(tv_sec: 0, tv_nsec: Int(UTIME_OMIT_VALUE)),
            timespec(tv_sec: seconds, tv_nsec: nanoseconds),
        ]
        try #require(utimensat(AT_FDCWD, path(name), times, AT_SYMLINK_NOFOLLOW) == 0)
    }

    private func withPath<Result>(
        _ name: [UInt8],
        _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        let bytes = Array(root.path.utf8) + [47] + name + [0]
        return bytes.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { body($0) } ?? body("")
        }
    }

    /// Scans through the counting file system.
    func scan(
        previous: Tree? = nil,
        rules: RuleSource = .collect,
        threads: Int = 2,
        window: RacyWindow = .unknown,
        time: MovedTime = .later
    ) throws(ScanError) -> ScanResult {
        let scanner = Scanner(
            fileSystem: fileSystem,
            threads: threads,
            window: window,
            time: time
        )
        return try scanner.scan(root: root, previous: previous, rules: rules)
    }
}

/// UTIME_OMIT of sys/stat.h, which is a macro Swift does not import.
private let UTIME_OMIT_VALUE = (1 << 30) - 2

/// What the scan of a literal tree must give.
func expectTree(
    _ result: ScanResult,
    _ expected: TestNode,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let tree = Tree(expected)
    #expect(result.tree.listing == tree.listing, sourceLocation: sourceLocation)
    #expect(result.tree.rootDigest == tree.rootDigest, sourceLocation: sourceLocation)
}
