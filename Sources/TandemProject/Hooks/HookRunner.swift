package import Dispatch
import TandemDaemon
import TandemSSH
package import TandemSystem
import TandemTree

/// Why a hook cannot run.
private enum HookError: Error, CustomStringConvertible {
    case noWorkload

    var description: String { "tandem.yml names no workload container" }
}

/// Runs hooks: those of the laptop by `sh`, those of the vm in the workload container.
///
/// `HookPlan` decides; this performs it, a thread for each run. The receiver is never asked.
///
/// ```swift
/// let runner = HookRunner(settings, root: root, stateDirectory: state, connect: dial) { log($0) }
/// runner.batch(
///     HookBatch(generation: 7, tree: digest, since: rest, changed: [.laptop: sent, .vm: received])
/// )
/// runner.update(settings)        // the configuration changed
/// runner.stop(until: deadline)   // what runs is ended
/// ```
package final class HookRunner: Sendable {
    private struct State {
        var plan: HookPlan
        var workload: Workload?
        var processes: [Side: any HookProcess] = [:]
        /// How many runs are under way, from their start to the last word about them.
        var busy = 0
        var isStopped = false
    }

    private let root: String
    private let stateDirectory: String
    private let environment: [String]
    private let connect: @Sendable () throws -> any WorkloadShell
    private let time: any TimeSource
    private let log: @Sendable (HookEvent) -> Void
    private let state: Monitor<State>

    /// How long a hook that was ended may take to be gone.
    private static let graceSeconds = 5

    /// Makes a runner; nothing runs before the first batch.
    ///
    /// - Parameters:
    ///   - settings: the hooks and the workload container in force.
    ///   - root: the laptop root, absolute.
    ///   - stateDirectory: the pair's; the list of changed paths is kept there while a hook runs.
    ///   - environment: `NAME=value` strings for hooks on the laptop.
    ///   - connect: logs in to the vm with the user's own key.
    ///   - time: the clock.
    ///   - log: told of every run, on the run's thread.
    package init(
        _ settings: ProjectSettings,
        root: String,
        stateDirectory: String,
        environment: [String],
        connect: @escaping @Sendable () throws -> any WorkloadShell,
        time: any TimeSource = SystemTime(),
        log: @escaping @Sendable (HookEvent) -> Void
    ) {
        self.root = root
        self.stateDirectory = stateDirectory
        self.environment = environment
        self.connect = connect
        self.time = time
        self.log = log
        state = Monitor(State(plan: HookPlan(settings.hooks), workload: settings.workload))
    }

    /// Takes other hooks; what runs goes on to its end.
    package func update(_ settings: ProjectSettings) {
        state.change {
            $0.plan.replace(settings.hooks)
            $0.workload = settings.workload
        }
    }

    /// Takes a batch that is done; returns at once.
    package func batch(_ batch: HookBatch) {
        state.change { $0.plan.batch(batch) }
        for side in Side.allCases { startNext(on: side) }
    }

    /// Waits until no hook runs or is due; false when the deadline passed first.
    package func waitUntilIdle(until deadline: DispatchTime) -> Bool {
        state.wait(until: deadline) { $0.busy == 0 ? true : nil } ?? false
    }

    /// Ends what runs and starts nothing more; false where something still ran at the deadline.
    package func stop(until deadline: DispatchTime) -> Bool {
        let processes = state.change { state in
            state.isStopped = true
            return Array(state.processes.values)
        }
        for process in processes {
            process.kill()
            process.close()
        }
        return waitUntilIdle(until: deadline)
    }

    // MARK: One run

    private func startNext(on side: Side) {
        let next = state.change { state -> (HookRun, Workload?)? in
            guard !state.isStopped, let run = state.plan.start(on: side) else { return nil }
            state.busy += 1
            return (run, state.workload)
        }
        guard let (run, workload) = next else { return }
        WorkerThread.start("tandem-hook") { [self] in
            log(.started(run))
            log(.ended(perform(run, workload)))
            let now = time.monotonic
            state.change { state in
                state.processes[side] = nil
                state.plan.ended(on: side, now: now)
            }
            // The next one first, so that nobody sees a moment of rest between the two.
            startNext(on: side)
            state.change { $0.busy -= 1 }
        }
    }

    private func perform(_ run: HookRun, _ workload: Workload?) -> HookResult {
        let start = time.monotonic
        let deadline = DispatchTime.now() + .seconds(run.hook.timeoutSeconds)
        var output = HookOutput()
        let end: HookResult.End
        do {
            let process = try begin(run, workload)
            defer { process.close() }
            let isStopped = state.change { state in
                state.processes[run.hook.side] = process
                return state.isStopped
            }
            if isStopped { process.kill() }
            end = follow(process, into: &output, until: deadline)
        } catch {
            end = .failed(escaped("\(error)".utf8))
        }
        return HookResult(
            run: run,
            end: end,
            output: output.lines(),
            nanoseconds: time.monotonic &- start
        )
    }

    private func begin(_ run: HookRun, _ workload: Workload?) throws -> any HookProcess {
        switch run.hook.side {
        case .laptop:
            let file = "\(stateDirectory)/hook-changed"
            try AtomicFile.write(run.changedList, to: file)
            return try LaptopHookProcess(
                run,
                root: root,
                changedFile: file,
                environment: environment
            )
        case .vm:
            guard let workload else { throw HookError.noWorkload }
            return try VMHookProcess(run, workload: workload, shell: connect())
        }
    }

    /// Reads all a hook writes, to its end or its limit.
    private func follow(
        _ process: any HookProcess,
        into output: inout HookOutput,
        until deadline: DispatchTime
    ) -> HookResult.End {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        do {
            while true {
                let count = try unsafe buffer.withUnsafeMutableBytes {
                    try unsafe process.read(into: $0, until: deadline)
                }
                if count == 0 { break }
                output.append(buffer[..<count])
            }
        } catch {
            guard DispatchTime.now() >= deadline else {
                return .failed(escaped("\(error)".utf8))
            }
        }
        switch process.exit(until: deadline) {
        case .status(let code): return .status(code)
        case .signal(let name): return .signal(name)
        case nil:
            process.kill()
            _ = process.exit(until: .now() + .seconds(Self.graceSeconds))
            return DispatchTime.now() >= deadline ? .timedOut : .failed("its end was not heard of")
        }
    }
}
