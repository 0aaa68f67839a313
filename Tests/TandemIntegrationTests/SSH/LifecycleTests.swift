import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemSSH

struct LifecycleTests {
    /// The design's two seconds, and what a machine shared with others may add.
    private static let teardownSeconds = 3.0

    @Test(.tags(.live, .crash)) func `a killed peer is one clean error everywhere`() throws {
        let server = try SSHServer()
        let connection = try server.connect()
        let links = try [connection.openExec("exec cat"), connection.openExec("exec cat")]
        for link in links {
            try link.write([1])
            #expect(try link.readExactly(1) == [1])
        }
        for pid in server.sessionPIDs { kill(pid, SIGKILL) }
        for link in links {
            let error = #expect(throws: LinkError.self) { try link.readSome() }
            #expect(error?.code == .closed)
            #expect(link.failure?.code == .connectionLost)
        }
        #expect(connection.failure?.code == .connectionLost)
        let error = #expect(throws: SSHError.self) { try connection.openExec("true") }
        #expect(error?.code == .connectionLost)
        #expect(Self.seconds { connection.close() } < Self.teardownSeconds)
    }

    @Test(.tags(.live, .crash)) func `a stopped peer does not hold up the teardown`() throws {
        let server = try SSHServer()
        let connection = try server.connect()
        let link = try connection.openExec("exec cat")
        try link.write([1])
        #expect(try link.readExactly(1) == [1])
        let stopped = server.sessionPIDs
        for pid in stopped { kill(pid, SIGSTOP) }
        defer { for pid in stopped { kill(pid, SIGKILL) } }
        // More than windows and socket buffers take, so that a part is still here at the end.
        let writer = WorkerThread.start("writer") {
            try? link.write([UInt8](repeating: 0, count: 32_000_000))
        }
        var byte: [UInt8] = [0]
        let late = #expect(throws: LinkError.self) {
            try byte.withUnsafeMutableBytes {
                _ = try link.read(into: $0, until: .now() + .milliseconds(300))
            }
        }
        #expect(late?.code == .timedOut)
        #expect(Self.seconds { connection.close() } < Self.teardownSeconds)
        #expect(writer.join(until: .soon), "the writer is let go")
    }

    @Test(.tags(.live)) func `what was written before close arrives`() throws {
        let server = try SSHServer()
        let path = server.directory.path("received")
        let connection = try server.connect()
        let link = try connection.openExec("cat > '\(path)'; touch '\(path).done'")
        try link.write(Pattern.bytes(from: 0, count: 3_000_000))
        connection.close()
        let deadline = Date().addingTimeInterval(30)
        while !FileManager.default.fileExists(atPath: "\(path).done"), Date() < deadline {
            usleep(10_000)
        }
        let received = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(Array(received) == Pattern.bytes(from: 0, count: 3_000_000))
    }

    @Test(.tags(.live)) func `a program that never ends does not hold its link's close`() throws {
        let server = try SSHServer()
        let connection = try server.connect()
        let link = try connection.openExec("exec sleep 1000")
        #expect(Self.seconds { link.close() } < 0.5)
        let other = try connection.openExec("echo in")
        #expect(try other.runToEnd(until: .soon).output == Array("in\n".utf8))
        #expect(Self.seconds { connection.close() } < Self.teardownSeconds)
    }

    @Test(.tags(.live)) func `a slow reader is waited for, and holds up no other channel`() throws {
        let server = try SSHServer()
        let connection = try server.connect()
        defer { connection.close() }
        let slow = try connection.openExec("exec head -c 64000000 /dev/zero")
        #expect(try slow.readExactly(1) == [0])
        let quick = try connection.openExec("exec cat")
        for number: UInt8 in 0..<50 {
            try quick.write([number])
            #expect(try quick.readExactly(1) == [number])
        }
        let waiting = slow.monitor.look { $0.inbound.count }
        #expect(waiting <= ChannelLink.inboundLimit + 64 * 1024)
        #expect(try Self.count(slow) == 64_000_000 - 1)
    }

    @Test(.tags(.live)) func `a flood of error text stalls nothing and is bounded`() throws {
        let server = try SSHServer()
        let connection = try server.connect()
        defer { connection.close() }
        let command = "head -c 8000000 /dev/zero | tr '\\0' x >&2; echo last >&2; echo done"
        let result = try connection.openExec(command).runToEnd(until: .soon)
        #expect(result.output == Array("done\n".utf8))
        #expect(result.standardError.hasSuffix("xlast\n"))
        #expect(result.standardError.utf8.count <= 16 * 1024)
    }

    @Test(.tags(.live)) func `a program ended by a signal is told from one that succeeded`() throws
    {
        let server = try SSHServer()
        let connection = try server.connect()
        defer { connection.close() }
        let link = try connection.openExec("kill -KILL $$")
        #expect(try link.readExactly(1).isEmpty)
        #expect(link.waitForExit(until: .soon) == .signal("KILL"))
        #expect(link.reasonForEnding("it", until: .soon)?.code == .commandFailed)
    }

    @Test(.tags(.live)) func `what a login shell prints first comes first, and all of it`() throws {
        // A forced command prints first whatever the account's shell and its start files are.
        let noise = "head -c 65536 /dev/zero; sleep 1; eval \"$SSH_ORIGINAL_COMMAND\""
        let server = try SSHServer(["ForceCommand \(noise)"])
        let connection = try server.connect()
        defer { connection.close() }
        let link = try connection.openExec("exec cat")
        try link.write(Array("marker".utf8))
        let got = try link.readExactly(65_536 + 6)
        #expect(got.suffix(6) == Array("marker".utf8))
    }

    @Test(.tags(.live), .timeLimit(.minutes(2)))
    func `neither descriptors nor threads are left behind`() async {
        // A process of its own, because other tests open and close things meanwhile.
        await #expect(processExitsWith: .success) {
            let server = try SSHServer()
            try Self.cycle(server)
            let before = Self.resources()
            for _ in 0..<5 { try Self.cycle(server) }
            let deadline = Date().addingTimeInterval(10)
            while Self.hasMore(than: before), Date() < deadline { usleep(10_000) }
            if Self.hasMore(than: before) {
                fatalError("\(before) became \(Self.resources())")
            }
        }
    }

    private static func cycle(_ server: SSHServer) throws {
        let connection = try server.connect()
        let link = try connection.openExec("exec cat")
        try link.write([1])
        _ = try link.readExactly(1)
        _ = try connection.openExec("true").runToEnd(until: .soon)
        let other = try SubprocessLink.start("exec cat", on: server.destination, server.options)
        try other.write([1])
        _ = try other.readExactly(1)
        other.close()
        _ = other.waitForExit(until: .soon)
        connection.close()
    }

    /// Open descriptors and running threads of this process.
    private static func resources() -> [Int] {
        ["/proc/self/fd", "/proc/self/task"].map {
            (try? FileManager.default.contentsOfDirectory(atPath: $0).count) ?? -1
        }
    }

    /// Fewer is well: the pools of Dispatch shrink by themselves.
    private static func hasMore(than before: [Int]) -> Bool {
        zip(resources(), before).contains { $0 > $1 }
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let start = DispatchTime.now().uptimeNanoseconds
        body()
        return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    }

    private static func count(_ link: some ByteLink) throws -> Int {
        var total = 0
        while true {
            let count = try link.readSome().count
            if count == 0 { return total }
            total += count
        }
    }
}
