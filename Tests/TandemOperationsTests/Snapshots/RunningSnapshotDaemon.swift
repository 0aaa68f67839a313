import Dispatch
import Foundation
import Glibc
import TandemHTTP
import TandemSystem
import TandemTestSupport

@testable import TandemSnapshots

/// The real snapshot daemon as a process, with a tree and a store of its own.
final class RunningSnapshotDaemon: Sendable {
    let fixture: SnapshotFixture
    let program: RunningProgram
    let socket: String
    let port: Int

    convenience init(_ more: [String] = []) throws {
        let fixture = try SnapshotFixture()
        try fixture.fill(seed: 50)
        try self.init(on: fixture, more)
    }

    /// Starts it on what an earlier one may have left.
    init(on fixture: SnapshotFixture, _ more: [String] = []) throws {
        self.fixture = fixture
        let run = fixture.directory.path("run")
        try FileManager.default.createDirectory(
            atPath: run,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        socket = "\(run)/snapshot.sock"
        port = Int(try FreePort.any())
        program = try RunningProgram(
            try BuiltProgram.path("tandem-snapshot"),
            [
                "serve", "--root", fixture.root, "--store", fixture.storePath, "--state",
                fixture.directory.path("state"), "--socket", socket, "--http",
                "127.0.0.1:\(port)", "--logs", fixture.directory.path("logs"),
            ] + more
        )
    }

    func get(_ path: String) -> (status: Int, body: String)? {
        let answer = try? HTTPClientOnce.get(
            path,
            from: .tcp(host: "127.0.0.1", port: port),
            by: .now() + .seconds(5)
        )
        return answer.map { (Int($0.status), String(decoding: $0.body, as: UTF8.self)) }
    }

    func ask(_ request: SnapshotRequest) throws -> [SnapshotAnswer] {
        let descriptor = try UnixSocket.connect(to: socket)
        let link = DescriptorLink(input: descriptor, output: descriptor)
        defer { link.close() }
        var answers: [SnapshotAnswer] = []
        try SnapshotClient(link).ask(request, until: .now() + .seconds(30)) {
            answers.append($0)
        }
        return answers
    }

    /// Waits for something to become true.
    func wait(_ what: () -> Bool) throws {
        let deadline = DispatchTime.now() + .seconds(30)
        while !what() {
            guard DispatchTime.now() < deadline else {
                throw CommandFailure("not within 30 s; the daemon said: \(program.errors)")
            }
            sched_yield()
        }
    }

    func waitUntilReady() throws { try wait { get("/readyz")?.status == 200 } }
}
