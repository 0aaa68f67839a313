import Dispatch
import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// The snapshot daemon as it is deployed, optimised and static: a debug build is not the same program.
@Suite(.enabled(if: StaticSnapshot.isWanted, "\(StaticSnapshot.obstacle ?? "")"))
struct StaticSnapshotTests {
    @Test func `as it is deployed it takes snapshots, and gives back what they hold`() throws {
        if let obstacle = StaticSnapshot.obstacle { throw CommandFailure(obstacle) }
        let directory = try TemporaryDirectory()
        for name in ["tree", "socket"] {
            try FileManager.default.createDirectory(
                atPath: directory.path(name),
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        }
        for number in 0..<50 { try directory.write("\(number)", to: "tree/f\(number)") }
        let store = ["--store", directory.path("store")]
        let daemon = try RunningProgram(
            StaticSnapshot.program,
            [
                "serve", "--root", directory.path("tree"), "--state", directory.path("state"),
                "--socket", directory.path("socket/s"), "--interval", "1s",
            ] + store
        )
        let end = DispatchTime.now() + .seconds(60)
        while try list(store).count < 2 {
            // It ends only when it died.
            let died = daemon.process.wait(until: min(end, .now() + .milliseconds(100)))
            guard died == nil, DispatchTime.now() < end else {
                throw CommandFailure("no two snapshots; it says: \(daemon.errors)")
            }
        }
        daemon.process.signal(SIGTERM)
        #expect(try daemon.wait() == .status(0))
        try run(["verify"] + store)
        let id = try #require(list(store).last?.split(separator: " ").first)
        try run(["restore", String(id), directory.path("copy")] + store)
        #expect(try directory.read("copy/f49") == "49")
        try run(["prune", "--keep-last", "1"] + store)
        #expect(try list(store).count == 1)
    }

    @discardableResult
    private func run(_ arguments: [String]) throws -> String {
        let program = try RunningProgram(StaticSnapshot.program, arguments)
        guard try program.wait() == .status(0) else { throw CommandFailure(program.errors) }
        return program.output
    }

    private func list(_ store: [String]) throws -> [Substring] {
        guard FileManager.default.fileExists(atPath: store[1] + "/format") else { return [] }
        return try run(["ls"] + store).split(separator: "\n")
    }
}

/// Where the daemon is, and what keeps it from being tested.
private enum StaticSnapshot {
    static let program = ContainerFixture.project
        .appendingPathComponent("dist/tandem-snapshot").path

    static var obstacle: String? {
        FileManager.default.isExecutableFile(atPath: program)
            ? nil : "dist/tandem-snapshot is missing; 'make static' builds it"
    }

    /// In CI it runs whatever is missing, and fails with the reason.
    static var isWanted: Bool {
        obstacle == nil || ProcessInfo.processInfo.environment["CI"] != nil
    }
}
