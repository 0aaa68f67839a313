import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// Entries of every kind, through both programs and a real sshd.
@Suite(.serialized) struct KindPushTests {
    /// A whole block and a whole frame of the protocol, and one byte more or less.
    private static let sizes = [0, 1, 4_095, 4_096, 4_097, 524_287, 524_288, 1_048_575, 1_048_577]
    private static let links = [
        "dangling": "nowhere", "absolute": "/etc/hostname", "loop-a": "loop-b", "loop-b": "loop-a",
        "up": "..", "longest": String(repeating: "t", count: 4_095), "to-fifo": "fifo",
    ]

    private let live: LivePair

    init() throws { live = try LivePair() }

    private func path(_ name: String) -> String { "\(live.laptop)/\(name)" }

    private func make(_ name: String, size: Int) throws {
        try live.write(Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }), to: name)
    }

    @Test(.tags(.live))
    func `bad input 37 to 47: sizes, zeros, links of all sorts and empty directories arrive`()
        throws
    {
        for size in Self.sizes { try make("size-\(size)", size: size) }
        try live.write(Data(count: 3 << 20), to: "zeros")
        for (name, target) in Self.links {
            try FileManager.default.createSymbolicLink(
                atPath: path(name),
                withDestinationPath: target
            )
        }
        try Command.run("mkdir", ["-p", path("empty/inner")])
        let end = try live.push()
        #expect(end.code == 0, "\(end.said)")
        #expect(end.output.hasPrefix("in sync: "))
        #expect(try live.differences() == "")
        for (name, target) in Self.links {
            var bytes = [CChar](repeating: 0, count: 5_000)
            let count = readlink("\(live.root)/\(name)", &bytes, bytes.count)
            #expect(count == target.utf8.count && String(cString: bytes) == target, "\(name)")
        }
    }

    @Test(.tags(.live))
    func `bad input 34, 36, 39 and 52: hard links, a hole of 64 MB and another user's file arrive`()
        throws
    {
        try live.write("two names", to: "first")
        try FileManager.default.linkItem(atPath: path("first"), toPath: path("second"))
        try live.write("of another", to: "other-user")
        if geteuid() == 0 { chown(path("other-user"), 65_534, 65_534) }
        try Command.run("truncate", ["-s", "64M", path("hole")])
        let end = try live.push()
        #expect(end.code == 0, "\(end.said)")
        #expect(try live.differences() == "")
        var status = stat()
        #expect(stat("\(live.root)/hole", &status) == 0)
        #expect(Double(status.st_blocks) * 512 < 1.1 * Double(status.st_size))
        #expect(stat("\(live.root)/other-user", &status) == 0)
        #expect(status.st_uid == geteuid())
    }

    @Test(.tags(.live, .fault))
    func `bad input 31 to 33, 46, 48 and 49: what cannot be read is listed once, the rest goes on`()
        throws
    {
        try Command.run("mkfifo", [path("fifo")])
        let socket = OwnedDescriptor(try UnixSocket.listen(at: path("socket")))
        let hasDevice = (try? Command.run("mknod", [path("device"), "c", "1", "3"])) != nil
        for name in ["secret", "closed/inner", "plain"] { try live.write("x", to: name) }
        chmod(path("secret"), 0)
        chmod(path("closed"), 0)
        defer { chmod(path("closed"), 0o700) }
        let end = try live.push(through: LivePair.withoutPrivilege)
        _ = socket.raw
        #expect(end.code == 1, "\(end.said)")
        let names = ["closed", "fifo", "secret", "socket"] + (hasDevice ? ["device"] : [])
        #expect(end.output.contains("\(names.count) cannot be synced:"), "\(end.said)")
        for name in names {
            let lines = end.output.split(separator: "\n").filter { $0.hasPrefix("  \(name)  ") }
            #expect(lines.count == 1, "\(name): \(end.said)")
            #expect(!FileManager.default.fileExists(atPath: "\(live.root)/\(name)"))
        }
        #expect(end.output.contains("secret  this user may not read it"), "\(end.said)")
        #expect(!end.output.hasPrefix("in sync"), "\(end.said)")
        #expect(live.onVM("plain") == "x")
        chmod(path("secret"), 0o600)
        chmod(path("closed"), 0o700)
        for name in ["fifo", "socket", "device"] { unlink(path(name)) }
        let again = try live.push()
        #expect(again.code == 0, "\(again.said)")
        #expect(try live.differences() == "")
    }

    @Test(.tags(.live, .fault), .enabled(if: Mounts.isWanted, "\(Mounts.obstacle ?? "")"))
    func `bad input 53: what is mounted inside the root is listed, not entered`() throws {
        try live.write("x", to: "plain")
        try Command.run("mkdir", [path("mounted")])
        try Mounts.mountMemory(at: path("mounted"), megabytes: 1)
        defer { try? Mounts.unmount(path("mounted")) }
        try live.write("foreign", to: "mounted/file")
        let end = try live.push()
        #expect(end.code == 1, "\(end.said)")
        #expect(end.output.contains("mounted  another file system is mounted there"))
        #expect(live.onVM("plain") == "x")
        #expect(live.onVM("mounted/file") == nil)
    }
}
