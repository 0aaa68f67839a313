import Dispatch
import Foundation
import Synchronization
import TandemFiles
import TandemProject
import TandemSnapshots
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemCommands

/// The snapshot commands with a snapshot service in this process.
struct SnapshotCommandTests {
    /// Joins commands to a service, and notes how they meant to reach it.
    private struct ServiceDialer: LinksOnly {
        let service: SnapshotService
        let asked: SettingsList

        func connector(
            to destination: Destination,
            _ settings: ConnectionSettings,
            trust: HostTrust
        ) throws -> @Sendable () throws -> any ByteLink {
            asked.note(settings)
            let service = service
            return {
                let (near, far) = try DescriptorLink.pair()
                WorkerThread.start("test-snapshots") { service.serve(far) }
                return near
            }
        }
    }

    private let playground: Playground
    private let catalogue: MemoryCatalogue
    private let dialer: ServiceDialer
    private let vm: String

    init() throws {
        playground = try Playground()
        catalogue = MemoryCatalogue([try playground.entry("shop")])
        vm = try playground.make("vm")
        let (store, state) = (try playground.make("store"), try playground.make("state"))
        for path in [store, state] { chmod(path, 0o700) }
        let service = SnapshotService(
            store: try SnapshotStore(at: store, on: RealFileSystem()),
            source: SnapshotSource(
                root: vm,
                rules: .given(.standard),
                state: try StateDirectory(at: state, on: RealFileSystem())
            ),
            settings: SettingsKeeper(SnapshotArguments(keep: RetentionPolicy(last: 2))),
            fileSystem: RealFileSystem()
        )
        dialer = ServiceDialer(service: service, asked: .init())
    }

    private func tandem(_ arguments: String...) -> (code: ExitCode, output: String, errors: String)
    {
        let record = ConsoleRecord()
        let context = context(record)
        let code = CommandProgram.run(["snapshot"] + arguments, in: context)
        return (code, record.output, record.errors)
    }

    private func context(_ record: ConsoleRecord) -> CommandContext {
        var context = playground.context(record, catalogue: catalogue, time: SystemTime())
        context.dialer = dialer
        return context
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(vm)/\(path)"))
    }

    @Test func `a snapshot is taken, listed, shown, compared and pinned`() throws {
        #expect(tandem("ls").output.contains("there is no snapshot yet"))
        try write("one", to: "a.txt")
        let taken = tandem("now", "--label", "first")
        #expect(taken.code == .done && taken.output.contains("first"), "\(taken)")
        try write("two", to: "b.txt")
        #expect(tandem("diff", "latest").output.contains("+ b.txt"))
        #expect(tandem("now").code == .done)
        #expect(tandem("ls").output.contains("2 snapshots"))
        #expect(tandem("show", "latest").output.contains("b.txt  3 B"))
        #expect(tandem("pin", "latest").output.contains("pinned"))
        #expect(tandem("stats").output.contains("2 snapshots, 1 pinned"))
        #expect(!tandem("unpin", "latest").output.contains("pinned"))
        let json = tandem("ls", "--json").output
        let document = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect((document?["snapshots"] as? [Any])?.count == 2)
    }

    @Test func `a restore and an export make new places and replace nothing`() throws {
        try write("one", to: "a.txt")
        #expect(tandem("now").code == .done)
        let place = "\(playground.directory)/back"
        #expect(tandem("restore", "latest", "--to", place).code == .done)
        #expect(try String(contentsOfFile: "\(place)/a.txt", encoding: .utf8) == "one")
        let again = tandem("restore", "latest", "--to", place)
        #expect(again.code == .failed && again.errors.contains("something stands at"))
        let file = "\(playground.directory)/a.old"
        #expect(tandem("restore", "latest", "a.txt", "--to", file).code == .done)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "one")
        let archive = "\(playground.directory)/x.tar.zst"
        #expect(tandem("export", "latest", "--to", archive).code == .done)
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        #expect(try Array(Data(contentsOf: URL(filePath: archive)).prefix(4)) == magic)
        #expect(tandem("export", "latest", "--to", archive).code == .failed)
    }

    @Test func `a failed restore leaves nothing behind`() throws {
        try write("one", to: "a.txt")
        _ = tandem("now")
        let missing = tandem("restore", "latest", "nothing", "--to", "x")
        #expect(missing.code == .failed && missing.errors.contains("has no nothing"))
        let left = try FileManager.default.contentsOfDirectory(atPath: playground.directory)
        #expect(!left.contains { $0.hasPrefix(".tandem-restore") || $0 == "x" })
    }

    @Test func `a prune shows first, then does, by the daemon's rules or its own`() throws {
        for number in 0..<4 {
            try write("\(number)", to: "a.txt")
            _ = tandem("now")
        }
        #expect(tandem("prune", "--dry-run").output.contains("would forget 2 snapshots, kept 2"))
        #expect(tandem("prune").output.contains("forgot 2 snapshots, kept 2"))
        #expect(tandem("prune", "--keep-last", "1").output.contains("forgot 1 snapshot, kept 1"))
        let verified = tandem("verify")
        #expect(verified.code == .done && verified.output.contains("whole: 1 snapshot"))
    }

    @Test func `a pinned snapshot is not given up, and the refusal says what to do first`() throws {
        try write("one", to: "a.txt")
        _ = tandem("now")
        _ = tandem("pin", "latest")
        let refused = tandem("prune", "--forget", "latest")
        #expect(refused.code == .usage && refused.errors.contains("is pinned"), "\(refused)")
        #expect(refused.errors.contains("next: leave it to the rules first: tandem snapshot unpin"))
        #expect(tandem("ls").output.contains("1 snapshot"))
        _ = tandem("unpin", "latest")
        #expect(tandem("prune", "--forget", "latest").output.contains("forgot 1 snapshot"))
    }

    @Test func `stats say what the daemon goes by, and where that comes from`() throws {
        let before = tandem("stats")
        #expect(before.code == .done && before.output.contains("taken          on request"))
        #expect(before.output.contains("kept           the newest 2 (arguments)"), "\(before)")
        let pairs = AgentPairs(context: context(ConsoleRecord()))
        let identity = try #require(try pairs.identities().first)
        let wish = SnapshotWish(every: 5400, keep: SnapshotWish.Kept(hourly: 24, daily: 7))
        try pairs.tellSnapshots(of: identity, wish, until: .distantFuture)
        let after = tandem("stats").output
        #expect(after.contains("taken          every 1 h 30 min (tandem.yml)"), "\(after)")
        #expect(after.contains("kept           24 hourly, 7 daily (tandem.yml)"), "\(after)")
        let json = try JSONSerialization.jsonObject(
            with: Data(tandem("stats", "--json").output.utf8)
        )
        let settings = (json as? [String: Any])?["settings"] as? [String: Any]
        #expect(settings?["everySeconds"] as? Int == 5400)
        #expect(settings?["everyFrom"] as? String == "tandem.yml")
        #expect((settings?["keep"] as? [String: Int])?["daily"] == 7)
    }

    @Test func `a daemon that is older than settings is named in one sentence`() throws {
        let record = ConsoleRecord()
        var context = context(record)
        context.dialer = OldDaemon(newer: dialer)
        #expect(CommandProgram.run(["snapshot", "stats"], in: context) == .done)
        #expect(record.output.contains("is older than this tandem and takes no settings"))
        #expect(record.output.contains("next: update tandem-snapshot on the vm"))
        let pairs = AgentPairs(context: context)
        let identity = try #require(try pairs.identities().first)
        let error = #expect(throws: SyncError.self) {
            try pairs.tellSnapshots(of: identity, SnapshotWish(every: 60), until: .distantFuture)
        }
        #expect(error?.message.contains("takes no settings") == true)
    }

    /// Answers what an older daemon answers to the request for settings.
    private struct OldDaemon: LinksOnly {
        let newer: ServiceDialer

        func connector(
            to destination: Destination,
            _ settings: ConnectionSettings,
            trust: HostTrust
        ) throws -> @Sendable () throws -> any ByteLink {
            let connect = try newer.connector(to: destination, settings, trust: trust)
            return {
                let (near, far) = try DescriptorLink.pair()
                WorkerThread.start("test-old-daemon") {
                    defer { far.close() }
                    let frames = SnapshotLink(far)
                    let body = try? frames.receive(atMost: SnapshotWire.longestRequest)
                    guard let body, body.first == 12 else {
                        return Self.pass(body ?? [], to: try? connect(), frames)
                    }
                    let error = SnapshotError(
                        .invalid,
                        "the snapshot daemon does not know this request",
                        next: "install the same version on both sides"
                    )
                    try? frames.send(SnapshotAnswer.failed(error).encode())
                }
                return near
            }
        }

        private static func pass(_ body: [UInt8], to link: (any ByteLink)?, _ frames: SnapshotLink)
        {
            guard let link else { return }
            let service = SnapshotLink(link)
            try? service.send(body)
            while let answer = try? service.receive(atMost: SnapshotWire.longestAnswer) {
                try? frames.send(answer)
            }
            link.close()
        }
    }

    @Test func `a damaged store gives exit code 1 and names the snapshot`() throws {
        try write("one", to: "a.txt")
        _ = tandem("now")
        let packs = "\(playground.directory)/store/packs"
        let pack = try #require(try FileManager.default.contentsOfDirectory(atPath: packs).first)
        let url = URL(filePath: "\(packs)/\(pack)")
        var bytes = try Data(contentsOf: url)
        bytes[12] ^= 1
        try bytes.write(to: url)
        let found = tandem("verify")
        #expect(found.code == .attention && found.output.contains("hurt:"), "\(found)")
    }

    @Test func `the daemon is reached as the receiver is`() throws {
        let exec = ConnectionSettings(
            transport: .exec,
            command: "podman exec -i tandem-receiver tandem-receiver connect"
        )
        #expect(
            try exec.forSnapshots(socket: nil, command: nil).execCommand
                == "podman exec -i tandem-snapshot tandem-snapshot connect"
        )
        let plain = ConnectionSettings(transport: .exec)
        #expect(
            try plain.forSnapshots(socket: nil, command: nil).execCommand
                == "tandem-snapshot connect"
        )
        let local = ConnectionSettings(
            transport: .streamlocal,
            socket: "/run/user/1000/tandem/receiver.sock"
        )
        #expect(
            try local.forSnapshots(socket: nil, command: nil).socket
                == "/run/user/1000/tandem-snapshot/snapshot.sock"
        )
        let joined = ConnectionSettings(transport: .openssh, socket: "/run/t/receiver.sock")
        #expect(
            try joined.forSnapshots(socket: nil, command: nil).execCommand
                == "tandem-snapshot connect --socket /run/t-snapshot/snapshot.sock"
        )
        #expect(
            try local.forSnapshots(socket: nil, command: "mine").transport == .exec
        )
        let odd = ConnectionSettings(transport: .exec, command: "my-wrapper")
        #expect(throws: CommandError.self) { try odd.forSnapshots(socket: nil, command: nil) }
        #expect(
            try odd.forSnapshots(socket: "/x/s.sock", command: nil).execCommand
                == "tandem-snapshot connect --socket /x/s.sock"
        )
        _ = tandem("ls")
        #expect(dialer.asked.all.last?.execCommand == "tandem-snapshot connect")
    }

    @Test func `a dangerous act asks for a snapshot, and goes on without one`() throws {
        try write("one", to: "a.txt")
        let record = ConsoleRecord()
        var context = playground.context(record, catalogue: catalogue)
        context.dialer = dialer
        #expect(CommandProgram.run(["adopt", "shop", "--yes"], in: context) == .done)
        #expect(record.errors.contains("of the vm was taken before adopting"), "\(record.errors)")
        #expect(tandem("ls").output.contains("before adopting"))
        _ = CommandProgram.run(["push", "shop", "--accept-delete", "30"], in: context)
        #expect(tandem("ls").output.contains("before accepting 30 deletions"))
        let alone = ConsoleRecord()
        let without = playground.context(alone, catalogue: catalogue)
        #expect(CommandProgram.run(["adopt", "shop", "--yes"], in: without) == .done)
        #expect(alone.errors.contains("no snapshot was taken before adopting"))
    }

    @Test func `a snapshot that takes too long is not waited for`() {
        let release = Monitor(false)
        let slow = SnapshotGuard { _, _ in
            _ = release.wait { $0 ? true : nil }
            throw LinkError(.closed, "late")
        }
        let outcome = slow.before("a test", wait: .milliseconds(20))
        guard case .none(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("not done within"))
        release.change { $0 = true }
    }
}

/// A list that several may add to.
private final class SettingsList: Sendable {
    private let list = Mutex<[ConnectionSettings]>([])

    func note(_ settings: ConnectionSettings) { list.withLock { $0.append(settings) } }

    var all: [ConnectionSettings] { list.withLock { $0 } }
}
