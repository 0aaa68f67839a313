import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// A pair over a real sshd whose vm also has a snapshot daemon; what it keeps lies outside the root.
final class SnapshotPair: Sendable {
    let pair: LivePair
    private let daemon: Locked<RunningProgram?>

    /// Makes the pair and starts the daemon.
    init() throws {
        pair = try LivePair()
        daemon = Locked(nil)
        for name in ["vm/run-snapshot", "vm/snapshot"] {
            try FileManager.default.createDirectory(
                atPath: pair.directory.path(name),
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        }
        try startDaemon()
    }

    deinit { daemon.value = nil }

    /// Starts the daemon where the commands look for it, beside the receiver; the one before must
    /// have ended.
    func startDaemon() throws {
        let socket = pair.directory.path("vm/run-snapshot/snapshot.sock")
        let program = try RunningProgram(
            try BuiltProgram.path("tandem-snapshot"),
            [
                "serve", "--root", pair.root, "--interval", "0",
                "--store", pair.directory.path("vm/snapshot/store"),
                "--state", pair.directory.path("vm/snapshot/state"), "--socket", socket,
            ]
        )
        daemon.value = program
        try program.wait(within: 60) {
            (try? UnixSocket.connect(to: socket)).map { close($0) } != nil
        }
    }

    /// Kills the daemon.
    func killDaemon() {
        daemon.value?.kill()
        daemon.value = nil
    }

    /// Takes a snapshot of the vm, and puts a copy of it beside the pair for a comparison.
    func take() throws -> Snapshot {
        struct Answer: Decodable {
            struct Item: Decodable { var id: String }
            var snapshot: Item
        }
        let end = try pair.tandem(["snapshot", "now", "--json", "-C", pair.laptop])
        try #require(end.code == 0, "\(end.said)")
        let id = try JSONDecoder().decode(Answer.self, from: Data(end.output.utf8)).snapshot.id
        let place = pair.directory.path("copy-\(id.prefix(8))")
        let copied = try Command.run("cp", ["-a", pair.root, place])
        try #require(copied.isEmpty)
        try Command.run("rm", ["-rf", "\(place)/.tandem"])
        return Snapshot(id: id, copy: place)
    }

    /// A snapshot, and what it is to hold: a copy that Tandem had no part in.
    struct Snapshot {
        let id: String
        let copy: String
    }

    /// The command that brings a snapshot back in place without asking.
    func words(_ snapshot: Snapshot, _ more: [String] = []) -> [String] {
        ["snapshot", "restore", snapshot.id] + more
            + ["--in-place", "--yes", "--json", "-C", pair.laptop]
    }

    /// Brings a snapshot, or a part of it, back in place.
    func restore(_ snapshot: Snapshot, _ more: [String] = []) throws -> Restored {
        try Restored(pair.start(words(snapshot, more)))
    }

    /// What of a snapshot stands otherwise on a side, told by rsync; empty where all is there.
    ///
    /// - Parameters:
    ///   - snapshot: the snapshot.
    ///   - side: the vm's root, or the laptop's.
    ///   - isWhole: whether nothing else may stand there, either.
    /// - Returns: rsync's lines.
    /// - Throws: `CommandFailure`.
    func differences(
        _ snapshot: Snapshot,
        _ side: String,
        isWhole: Bool = true
    ) throws -> String {
        let lines = try Command.run(
            "rsync",
            ["-rlcnE", "--itemize-changes", "--exclude=/.tandem"]
                + (isWhole ? ["--delete"] : []) + ["\(snapshot.copy)/", "\(side)/"]
        )
        return String(decoding: lines, as: UTF8.self).split(separator: "\n").filter { line in
            !line.hasPrefix(".") || line.prefix(11).dropFirst(2).contains { "csp".contains($0) }
        }.joined(separator: "\n")
    }

    /// Expects that the daemon still gives a snapshot as it was.
    func expectReadable(
        _ snapshot: Snapshot,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let place = pair.directory.path("read-\(UInt32.random(in: 0 ... .max))")
        let end = try pair.tandem([
            "snapshot", "restore", snapshot.id, "--to", place, "-C", pair.laptop,
        ])
        #expect(end.code == 0, "\(end.said)", sourceLocation: location)
        #expect(try differences(snapshot, place) == "", sourceLocation: location)
    }

    /// What lies on the vm's shelf, newest first.
    func shelf() throws -> [ShelvedFile] {
        struct Answer: Decodable { var items: [ShelvedFile] }
        let end = try pair.tandem(["recover", "list", "--json", "-C", pair.laptop])
        try #require(end.code == 0, "\(end.said)")
        return try JSONDecoder().decode(Answer.self, from: Data(end.output.utf8)).items
    }

    struct ShelvedFile: Decodable {
        var id: String
        var path: String
    }
}

/// How a restore in place ended, and what it reported.
struct Restored {
    struct Report: Decodable {
        struct Remark: Decodable {
            var path: String
            var reason: String
        }
        var applied: Int
        var kept: [Remark]
        var notInSnapshot: Int
    }

    let exit: ChildProcess.Exit
    /// Nil where it did not come so far.
    let report: Report?
    let said: String

    /// Waits for the end.
    init(_ program: RunningProgram) throws {
        let end = try CommandEnd(program, within: 90)
        exit = end.exit
        said = end.said
        report = try? JSONDecoder().decode(Report.self, from: Data(end.output.utf8))
    }

    var kept: [String] { report?.kept.map(\.path) ?? [] }
}
