import Foundation
import Synchronization
import TandemDaemon
import TandemStore
import TandemSync
import TandemSystem
import TandemTree

@testable import TandemCommands

/// What a console was written, and what it answers.
final class ConsoleRecord: Sendable {
    private struct State {
        var output = ""
        var errors = ""
        var answers: [String]
    }

    private let state: Mutex<State>

    init(answers: [String] = []) {
        state = Mutex(State(answers: answers))
    }

    var output: String { state.withLock(\.output) }
    var errors: String { state.withLock(\.errors) }

    func console(_ traits: Console.Traits = Console.Traits()) -> Console {
        Console(
            traits: traits,
            output: { text in self.state.withLock { $0.output += text } },
            errors: { text in self.state.withLock { $0.errors += text } },
            input: { self.state.withLock { $0.answers.isEmpty ? nil : $0.answers.removeFirst() } }
        )
    }
}

/// A clock that moves only when it is told to.
final class ManualTime: TimeSource {
    private let state = Mutex((monotonic: UInt64(0), wall: Int64(1_790_000_000_000_000_000)))

    var monotonic: UInt64 { state.withLock(\.monotonic) }
    var wall: Int64 { state.withLock(\.wall) }

    func advance(_ nanoseconds: UInt64) {
        state.withLock {
            $0.monotonic += nanoseconds
            $0.wall += Int64(nanoseconds)
        }
    }
}

/// Pairs in memory.
final class MemoryCatalogue: PairCatalogue {
    private struct State {
        var pairs: [PairEntry]
        var runs: [[UInt8]: RunRecord] = [:]
        var wanted: Set<[UInt8]> = []
        var conflicts: [ConflictRecord] = []
        var activity: [ActivityRecord] = []
    }

    private let state: Mutex<State>

    init(
        _ pairs: [PairEntry] = [],
        conflicts: [ConflictRecord] = [],
        activity: [ActivityRecord] = []
    ) {
        state = Mutex(State(pairs: pairs, conflicts: conflicts, activity: activity))
    }

    func pairs() -> [PairEntry] { state.withLock { $0.pairs.sorted { $0.name < $1.name } } }

    func keep(_ pair: PairEntry) {
        state.withLock { state in
            state.pairs.removeAll { $0.id == pair.id }
            state.pairs.append(pair)
        }
    }

    func remember(_ run: RunRecord, of pair: PairEntry) {
        state.withLock { $0.runs[pair.id] = run }
    }

    func remember(_ report: PushReport, of pair: PairEntry, at time: Int64) {}

    func lastRun(of pair: PairEntry) -> RunRecord? { state.withLock { $0.runs[pair.id] } }

    func conflicts(of pair: PairEntry) -> [ConflictRecord] { state.withLock(\.conflicts) }

    func noteShown(_ conflicts: [Conflict], of pair: PairEntry) {
        state.withLock { state in
            for conflict in conflicts {
                guard
                    let index = state.conflicts.firstIndex(where: {
                        $0.conflict.path == conflict.path
                    })
                else { continue }
                state.conflicts[index].shown = .init(laptop: conflict.laptop, vm: conflict.vm)
            }
        }
    }

    /// Puts a conflict in the place of the one at its path, as the agent does when a side changes.
    func change(_ conflict: Conflict) {
        state.withLock { state in
            for index in state.conflicts.indices
            where state.conflicts[index].conflict.path == conflict.path {
                state.conflicts[index].conflict = conflict
            }
        }
    }

    func activity(of pair: PairEntry, _ query: ActivityQuery) -> [ActivityRecord] {
        state.withLock { state in
            Array(state.activity.filter { $0.time >= query.since }.prefix(query.limit))
        }
    }

    func wantedUp() -> Set<[UInt8]> { state.withLock(\.wanted) }

    func want(up isUp: Bool, _ pair: PairEntry) {
        state.withLock { state in
            if isUp { state.wanted.insert(pair.id) } else { state.wanted.remove(pair.id) }
        }
    }
}

/// An engine that answers what a test gave it.
struct FakeEngine: SyncEngine {
    var report: @Sendable (SyncTarget, PushOptions, StopSwitch) throws -> PushReport = { _, _, _ in
        .sample()
    }
    var progress: [PushProgress] = []
    var receiver: @Sendable () throws -> ReceiverInfo = { .sample }
    var items: [ShelvedItem] = []
    var restored: @Sendable (String, RelativePath) throws -> Void = { _, _ in }

    func push(
        _ target: SyncTarget,
        options: PushOptions,
        stop: StopSwitch,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) throws -> PushReport {
        for step in progress { observer(step) }
        return try report(target, options, stop)
    }

    func register(_ target: SyncTarget) throws -> ReceiverInfo { try receiver() }
    func info(_ target: SyncTarget) throws -> ReceiverInfo { try receiver() }
    func adopt(_ target: SyncTarget) throws -> ReceiverInfo { try receiver() }

    func shelf(_ target: SyncTarget, below prefix: RelativePath) throws -> [ShelvedItem] {
        items.filter { prefix.isRoot || $0.path.isDescendant(of: prefix) }
    }

    func restore(_ target: SyncTarget, item: String, to path: RelativePath) throws {
        try restored(item, path)
    }

    func plan(
        _ target: SyncTarget,
        restoring order: RestoreOrder,
        stop: StopSwitch,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) throws -> RestorePlan { RestorePlan() }

    func apply(
        _ target: SyncTarget,
        _ plan: RestorePlan,
        reading read: @escaping SnapshotReading,
        stop: StopSwitch,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) throws -> RestoreReport { RestoreReport() }
}

/// A dialer whose links fail: the fake engine never connects.
struct FakeDialer: Dialer {
    var remoteShell: (any RemoteShell)?

    func shell(
        on destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> any RemoteShell {
        guard let remoteShell else { throw LinkError(.failed, "no network in this test") }
        return remoteShell
    }

    func connector(
        to destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> @Sendable () throws -> any ByteLink {
        { throw LinkError(.failed, "no network in this test") }
    }

    func checks(of destination: Destination, _ settings: ConnectionSettings) -> [DoctorCheck] {
        [DoctorCheck(.ok, "ssh", "\(destination.authority), port 22")]
    }
}

/// A temporary TANDEM_HOME and roots beside it, removed at the end.
final class Playground: Sendable {
    let directory: String

    init() throws {
        let place = FileManager.default.temporaryDirectory.appending(
            path: "tandem-commands-\(UUID().uuidString.prefix(8))"
        )
        try FileManager.default.createDirectory(
            at: place,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        directory = LocalPath.resolved(place.path(percentEncoded: false))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func make(_ name: String) throws -> String {
        let path = "\(directory)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    func entry(_ name: String, root: String? = nil) throws -> PairEntry {
        PairEntry(
            name: name,
            id: Array(repeating: UInt8(name.utf8.count), count: 15) + [name.utf8.first ?? 0],
            root: try root ?? make(name),
            destination: Destination(host: "devvm", path: "/app"),
            connection: ConnectionSettings(transport: .exec)
        )
    }

    func context(
        _ record: ConsoleRecord,
        catalogue: any PairCatalogue = MemoryCatalogue(),
        engine: any SyncEngine = FakeEngine(),
        agent: any AgentReach = NoAgent(),
        traits: Console.Traits = Console.Traits(),
        time: any TimeSource = ManualTime()
    ) -> CommandContext {
        let environment = ["TANDEM_HOME": "\(directory)/home", "HOME": directory]
        return CommandContext(
            console: record.console(traits),
            environment: environment,
            currentDirectory: directory,
            directories: StateDirectories(environment: environment, home: directory, uid: getuid()),
            time: time,
            engine: engine,
            dialer: FakeDialer(),
            agent: agent,
            stop: StopSwitch(),
            openCatalogue: { catalogue }
        )
    }
}
