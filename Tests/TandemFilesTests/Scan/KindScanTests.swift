import Glibc
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

/// SAFETY 2.7, kinds.
struct KindScanTests {
    @Test func `bad input 31: a FIFO is a problem and is never opened`() throws {
        let root = try ScanRoot()
        #expect(mkfifo(root.path("pipe"), 0o644) == 0)
        let result = try root.scan()
        expectTree(result, ["pipe": .other])
        #expect(result.problems == [ProblemEntry(path: "pipe", reason: .special)])
        #expect(root.fileSystem.count(of: .openFile) == 0)
    }

    @Test func `bad input 32: a socket is a problem`() throws {
        let root = try ScanRoot()
        let link = try #require(try? TestSocket(at: root.path("s")))
        defer { link.close() }
        let result = try root.scan()
        expectTree(result, ["s": .other])
        #expect(result.problems.map(\.reason) == [.special])
    }

    @Test(.enabled(if: geteuid() == 0, "only root makes device nodes"))
    func `bad input 33: a device is a problem and is never opened`() throws {
        let root = try ScanRoot()
        try #require(mknod(root.path("null"), S_IFCHR | 0o666, 0x103) == 0)
        let result = try root.scan()
        expectTree(result, ["null": .other])
        #expect(root.fileSystem.count(of: .openFile) == 0)
    }

    @Test func `bad inputs 34, 35: names of one inode are two equal files`() throws {
        let root = try ScanRoot()
        try root.write("shared", to: "a")
        let outside = try root.directory.write("outside", to: "outside")
        #expect(link(root.path("a"), root.path("b")) == 0)
        #expect(link(outside, root.path("c")) == 0)
        expectTree(try root.scan(), ["a": "shared", "b": "shared", "c": "outside"])
    }

    @Test func `bad inputs 36, 40: a sparse file has its apparent content`() throws {
        let root = try ScanRoot()
        try root.write("", to: "sparse")
        #expect(truncate(root.path("sparse"), 5_000_001) == 0)
        let result = try root.scan()
        let zeros = [UInt8](repeating: 0, count: 5_000_001)
        #expect(
            result.tree.state(at: "sparse")
                == .file(ContentHasher.digest(of: zeros), size: 5_000_001)
        )
    }

    @Test(arguments: [0, 1, 4_095, 4_096, 4_097, 262_143, 262_144, 262_145, 524_288])
    func `bad inputs 37 to 39: sizes around blocks and buffers are read whole`(
        size: Int
    ) throws {
        let root = try ScanRoot()
        var random = SeededGenerator(seed: UInt64(size))
        let content = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        try root.write(content, to: Array("f".utf8))
        let expected = EntryState.file(ContentHasher.digest(of: content), size: UInt64(size))
        #expect(try root.scan().tree.state(at: "f") == expected)
    }

    @Test func `bad inputs 41 to 46: a link is its target, wherever that leads`() throws {
        let root = try ScanRoot()
        #expect(mkfifo(root.path("pipe"), 0o644) == 0)
        let long = String(repeating: "t", count: 4_095)
        for (name, target) in [
            ("dangling", "nowhere"), ("absolute", "/etc/passwd"), ("loop", "loop"), ("up", ".."),
            ("long", long), ("to-pipe", "pipe"),
        ] {
            try root.makeLink(name, to: target)
        }
        let result = try root.scan()
        expectTree(
            result,
            [
                "dangling": .link("nowhere"), "absolute": .link("/etc/passwd"),
                "loop": .link("loop"), "up": .link(".."), "long": .link(long),
                "to-pipe": .link("pipe"), "pipe": .other,
            ]
        )
        #expect(try root.scan(previous: result.tree).tree.rootDigest == result.tree.rootDigest)
    }

    @Test func `bad input 47: an empty directory is an entry`() throws {
        let root = try ScanRoot()
        try root.makeDirectory("empty")
        expectTree(try root.scan(), ["empty": [:]])
    }

    @Test func `bad input 48: a directory that may not be read is a problem, not empty`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "closed/x")
        try root.write("y", to: "open/y")
        // The root is opened from its own descriptor; the second opening is of "closed".
        let faults = [Fault(.only([.openDirectory, .openBeneath]), .at(1), .fail(EACCES))]
        root.fileSystem.reset(faults: faults)
        let result = try root.scan(threads: 1)
        expectTree(result, ["closed": .other, "open": ["y": "y"]])
        #expect(result.problems == [ProblemEntry(path: "closed", reason: .unreadable)])
    }

    @Test func `bad input 49: a file that may not be read is a problem`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "a")
        try root.write("y", to: "b")
        root.fileSystem.reset(faults: [Fault(.only([.openFile]), .at(0), .fail(EACCES))])
        let result = try root.scan(threads: 1)
        expectTree(result, ["a": .other, "b": "y"])
        #expect(result.problems == [ProblemEntry(path: "a", reason: .unreadable)])
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
    func `bad input 52: a file of another uid is read like any other`() throws {
        let root = try ScanRoot()
        try root.write("theirs", to: "f")
        #expect(chown(root.path("f"), 65_534, 65_534) == 0)
        expectTree(try root.scan(), ["f": "theirs"])
    }

    @Test(.enabled(if: Mounts.work, "this user cannot mount"))
    func `bad inputs 53, 54: what is mounted inside the root is not entered`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "source/x")
        try root.makeDirectory("bind")
        try root.makeDirectory("tmp")
        try root.write("", to: "file")
        try Mounts.bind(root.path("source"), root.path("bind"))
        defer { Mounts.unmount(root.path("bind")) }
        try Mounts.bind(root.path("source/x"), root.path("file"))
        defer { Mounts.unmount(root.path("file")) }
        try Mounts.tmpfs(root.path("tmp"))
        defer { Mounts.unmount(root.path("tmp")) }
        let result = try root.scan()
        expectTree(
            result,
            ["source": ["x": "x"], "bind": .other, "file": .other, "tmp": .other]
        )
        #expect(result.problems.map(\.reason) == [.foreignMount, .foreignMount, .foreignMount])
    }
}

/// A bound UNIX socket.
private struct TestSocket {
    private let descriptor: Int32

    init(at path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw CommandFailure("bind failed") }
    }

    func close() { Glibc.close(descriptor) }
}

/// Mounts for a moment, where the test may.
private enum Mounts {
    static let work: Bool = {
        guard geteuid() == 0, let root = try? ScanRoot() else { return false }
        guard (try? tmpfs(root.root.path)) != nil else { return false }
        unmount(root.root.path)
        return true
    }()

    static func bind(_ source: String, _ target: String) throws {
        try Command.run("mount", ["--bind", source, target])
    }

    static func tmpfs(_ target: String) throws {
        try Command.run("mount", ["-t", "tmpfs", "-o", "size=64k", "tandem-test", target])
    }

    static func unmount(_ target: String) {
        _ = try? Command.run("umount", [target])
    }
}
