import Dispatch
import Foundation
import Glibc
import TandemControl
import TandemStore
import TandemSystem
import TandemTree

/// What the agent does about each request.
final class AgentService: Sendable {
    private let supervisor: PairSupervisor
    private let store: Store
    private let desk: NewsDesk
    private let started: Int64
    private let program: String
    /// Makes the agent end.
    private let stop: @Sendable () -> Void

    init(
        supervisor: PairSupervisor,
        store: Store,
        desk: NewsDesk,
        started: Int64,
        program: String,
        stop: @escaping @Sendable () -> Void
    ) {
        self.supervisor = supervisor
        self.store = store
        self.desk = desk
        self.started = started
        self.program = program
        self.stop = stop
    }

    var greeting: Greeting { Greeting(program: program, process: getpid()) }

    /// Answers a request; every error becomes an answer.
    func answer(_ request: ControlRequest) -> ControlAnswer {
        do {
            return try perform(request)
        } catch {
            return .failed(ControlFailure(of: error))
        }
    }

    private func perform(_ request: ControlRequest) throws -> ControlAnswer {
        switch request {
        case .status: return .status(status)
        case .up(let pairs): return try up(pairs)
        case .down(let pairs): return try down(pairs)
        case .pause(let pairs):
            return try want(pairs) { .init(isUp: $0.isUp, isPaused: true) }
        case .resume(let pairs):
            return try want(pairs) { .init(isUp: $0.isUp, isPaused: false) }
        case .flush(let pair, let milliseconds): return try flush(pair, milliseconds, nil)
        case .push(let pair, let milliseconds, let accepted):
            return try flush(pair, milliseconds, accepted)
        case .reset(let pair):
            try live(pair).1.adopt()
            return .done
        case .plan(let pair, let isReset, let milliseconds):
            let deadline = DispatchTime.now() + .milliseconds(max(0, milliseconds))
            return .plan(try live(pair).1.plan(isReset: isReset, until: deadline))
        case .conflicts(let pair): return .conflicts(try conflicts(pair))
        case .contents(let pair, let path, let side, let limit):
            return try contents(pair, path.path, side, limit)
        case .resolve(let pair, let settlements, let milliseconds):
            return try resolve(pair, settlements, milliseconds)
        case .reload:
            try supervisor.reload()
            return .done
        case .stop:
            stop()
            return .done
        case .events, .lend: return .done
        }
    }

    private var status: AgentStatus {
        AgentStatus(
            process: getpid(),
            program: program,
            started: started,
            pairs: supervisor.statuses
        )
    }

    // MARK: Up and down

    private func up(_ pairs: [String]) throws -> ControlAnswer {
        let runners = try supervisor.want(pairs) {
            .init(isUp: true, isPaused: $0.isPaused && $0.isUp)
        }
        // A person who asks for what is up already has mended something, or wants to see it now.
        for runner in runners { runner.reconnectNow() }
        return .status(status)
    }

    private func down(_ pairs: [String]) throws -> ControlAnswer {
        let runners = try supervisor.want(pairs) { _ in .init(isUp: false, isPaused: false) }
        let deadline = DispatchTime.now() + .seconds(Self.downSeconds)
        for runner in runners where !runner.closed(until: deadline) {
            throw ControlFailure(.timedOut, "\(runner.identity.name) has not stopped yet")
        }
        return .status(status)
    }

    private func want(
        _ pairs: [String],
        _ change: (PairRunner.Wanted) -> PairRunner.Wanted
    ) throws -> ControlAnswer {
        for word in pairs { try requireUp(supervisor.runner(word)) }
        _ = try supervisor.want(pairs, change)
        return .status(status)
    }

    /// What a pair that is taken down may need to come to a safe point.
    private static let downSeconds = 8

    // MARK: One pair

    private func requireUp(_ runner: PairRunner) throws {
        guard runner.wanted.isUp else {
            let name = runner.identity.name
            throw ControlFailure(.notUp, "\(name) is not up", next: "tandem up \(name)")
        }
    }

    /// The open session of a pair, which has to be up.
    private func live(_ word: String) throws -> (PairRunner, any SyncedPair) {
        let runner = try supervisor.runner(word)
        try requireUp(runner)
        guard let live = runner.opened(until: .now() + .seconds(Self.openSeconds)) else {
            let status = runner.view.status
            throw ControlFailure(.failed, status.headline, next: status.needs)
        }
        return (runner, live)
    }

    /// How long a request waits for a pair that is just being opened.
    private static let openSeconds = 3

    private func flush(
        _ word: String,
        _ milliseconds: Int,
        _ accepted: Int?
    ) throws -> ControlAnswer {
        let deadline = DispatchTime.now() + .milliseconds(max(0, milliseconds))
        let runner = try supervisor.runner(word)
        try requireUp(runner)
        guard let live = runner.opened(until: deadline) else {
            let status = runner.view.status
            let result: FlushAnswer.Result = status.verdict == .broken ? .broken : .timedOut
            return .flushed(
                FlushAnswer(result: result, tree: nil, remarks: [status.headline], status: status)
            )
        }
        if let accepted { live.accept(deletions: accepted) }
        let outcome = live.flush(until: deadline)
        desk.drain(until: .now() + .seconds(1))
        return .flushed(
            FlushAnswer(
                result: outcome.result,
                tree: outcome.tree?.hex,
                remarks: outcome.remarks,
                status: runner.view.status
            )
        )
    }

    /// Holds a pair still for as long as a conversation goes on; gives what ends that.
    func lend(_ word: String) throws -> @Sendable () -> Void {
        let (runner, _) = try live(word)
        runner.lend()
        guard runner.isStill(until: .now() + .seconds(Self.downSeconds)) else {
            runner.takeBack()
            throw ControlFailure(.timedOut, "\(runner.identity.name) does not come to rest")
        }
        return { runner.takeBack() }
    }

    // MARK: Conflicts

    /// The open conflicts with their numbers; the store is brought up to what the pair knows first.
    private func conflicts(_ word: String) throws -> [OpenConflict] {
        let runner = try supervisor.runner(word)
        if runner.live != nil { desk.keepConflicts(of: runner.identity, at: SystemTime().wall) }
        return try store.conflicts(of: runner.identity.idBytes).map(OpenConflict.init)
    }

    private func contents(
        _ word: String,
        _ path: RelativePath,
        _ side: String,
        _ limit: Int
    ) throws -> ControlAnswer {
        guard let side = Side(rawValue: side) else {
            throw ControlFailure(.refused, "there is no side \(side)")
        }
        let bytes = try live(word).1.contents(
            of: path,
            side: side,
            limit: min(max(0, limit), ContentAnswer.limit)
        )
        return .contents(ContentAnswer(base64: bytes.map { Data($0).base64EncodedString() }))
    }

    private func resolve(
        _ word: String,
        _ settlements: [Settlement],
        _ milliseconds: Int
    ) throws -> ControlAnswer {
        let (runner, live) = try live(word)
        guard let known = live.view.conflicts else {
            throw ControlFailure(
                .failed,
                "the sides of \(runner.identity.name) are not compared yet; nothing was settled",
                next: "try again when `tandem status` says ok or attention"
            )
        }
        let open = Dictionary(
            known.map { ($0.conflict.path, $0.conflict) },
            uniquingKeysWith: { $1 }
        )
        for settlement in settlements {
            let path = settlement.path.path
            guard let conflict = open[path] else {
                throw ControlFailure(.changed, "\(path) is no conflict any more")
            }
            guard conflict.laptop == settlement.laptop?.state,
                conflict.vm == settlement.vm?.state
            else {
                throw ControlFailure(
                    .changed,
                    "\(path) changed since it was shown",
                    next: "look at it again: tandem conflicts \(runner.identity.name)"
                )
            }
        }
        try live.resolve(settlements, until: .now() + .milliseconds(max(0, milliseconds)))
        desk.drain(until: .now() + .seconds(1))
        return .conflicts(try conflicts(word))
    }
}

extension OpenConflict {
    init(_ record: ConflictRecord) {
        let conflict = record.conflict
        self.init(
            number: record.number,
            path: WirePath(conflict.path),
            reason: conflict.reason.rawValue,
            base: conflict.base.map { WireState($0) },
            laptop: conflict.laptop.map { WireState($0) },
            vm: conflict.vm.map { WireState($0) },
            firstSeen: record.firstSeen,
            laptopModified: record.laptopModified,
            vmModified: record.vmModified,
            generation: record.generation
        )
    }
}
