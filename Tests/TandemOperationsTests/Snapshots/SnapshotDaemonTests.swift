import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemSnapshots

/// The real daemon, over its socket and its HTTP.
struct SnapshotDaemonTests {
    @Test func `a daemon takes its first snapshot by itself and answers on its socket`() throws {
        let daemon = try RunningSnapshotDaemon(["--interval", "1h"])
        try daemon.waitUntilReady()
        try daemon.wait { (try? daemon.ask(.list).count) == 1 }
        let status = try FileManager.default.attributesOfItem(atPath: daemon.socket)
        #expect(status[.posixPermissions] as? Int == 0o600)
        try daemon.fixture.write("later", "x")
        #expect(try daemon.ask(.take(reason: .request, label: "now")).count == 1)
        #expect(try daemon.ask(.list).count == 2)
        let page = try #require(daemon.get("/status")).body
        #expect(page.contains(#""taken":2"#) && page.contains(#""stale":false"#), "\(page)")
        #expect(!page.contains("later") && !page.contains(daemon.fixture.root))
        let metrics = try #require(daemon.get("/metrics")).body
        #expect(metrics.contains("tandem_snapshot_snapshots 2\n"))
        try daemon.wait {
            let saved = try? daemon.fixture.directory.read("state/status.json")
            return saved?.contains(#""taken":2"#) == true
        }
    }

    @Test func `an interval takes snapshots, and the rules forget`() throws {
        let daemon = try RunningSnapshotDaemon([
            "--interval", "200ms", "--keep-last", "2", "--prune-interval", "500ms",
        ])
        try daemon.waitUntilReady()
        try daemon.wait { (try? daemon.fixture.store().list().count) ?? 0 >= 3 }
        try daemon.wait { daemon.get("/status")?.body.contains(#""pruned":0"#) == false }
        daemon.program.process.signal(SIGTERM)
        #expect(try daemon.program.wait() == .status(0))
        #expect(try daemon.fixture.store().verify().isClean)
    }

    @Test func `SIGTERM ends a daemon within two seconds, at work or not`() throws {
        let daemon = try RunningSnapshotDaemon(["--interval", "50ms"])
        try daemon.waitUntilReady()
        let start = DispatchTime.now().uptimeNanoseconds
        daemon.program.process.signal(SIGTERM)
        #expect(try daemon.program.wait() == .status(0))
        #expect(DispatchTime.now().uptimeNanoseconds - start < 2_000_000_000)
        #expect(!FileManager.default.fileExists(atPath: daemon.socket))
        let log = try daemon.fixture.directory.read("logs/snapshot.log")
        for line in log.split(separator: "\n") {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
        #expect(log.contains("stopped"))
    }

    @Test func `connect joins standard input and output to the socket`() throws {
        let daemon = try RunningSnapshotDaemon(["--interval", "0"])
        try daemon.waitUntilReady()
        let body = SnapshotRequest.take(reason: .request, label: "by connect").encode()
        var frame = FlatWriter()
        frame.put(UInt32(body.count))
        frame.put(raw: body)
        let answer = try Command.run(
            "sh",
            [
                "-c", #"exec "$0" connect --socket "$1""#,
                try BuiltProgram.path("tandem-snapshot"), daemon.socket,
            ],
            input: frame.bytes
        )
        #expect(answer.count > 100)
        #expect(try daemon.fixture.store().list().map(\.manifest.label) == ["by connect"])
        let health = try RunningProgram(
            try BuiltProgram.path("tandem-snapshot"),
            ["health", "--http", "127.0.0.1:\(daemon.port)"]
        )
        #expect(try health.wait() == .status(0))
    }

    @Test func `a store or state inside the tree is refused at start`() throws {
        let fixture = try SnapshotFixture()
        let program = try RunningProgram(
            try BuiltProgram.path("tandem-snapshot"),
            [
                "serve", "--root", fixture.root, "--store", "\(fixture.root)/snapshots", "--state",
                fixture.directory.path("state"), "--socket", fixture.directory.path("s"),
            ]
        )
        #expect(try program.wait() == .status(78))
        #expect(program.errors.contains("lies inside the root"))
        #expect(!FileManager.default.fileExists(atPath: "\(fixture.root)/snapshots"))
    }
}
