import Dispatch
import Logging
import TandemSnapshots
import TandemSystem

/// Runs what is due, on a thread of its own.
final class SnapshotTicker: Sendable {
    private let service: SnapshotService
    private let logger: Logger
    private let time: any TimeSource
    private let report: @Sendable () -> Void
    private let calls = Monitor(Calls())

    /// What the thread is woken for.
    private struct Calls {
        var isStopping = false
        var haveSettingsChanged = false
    }

    private enum Wake {
        case due, settingsChanged, stopping
    }

    /// Makes a ticker.
    ///
    /// - Parameters:
    ///   - service: what does the work.
    ///   - logger: told of each job.
    ///   - time: the clocks.
    ///   - report: called after each job, for the status file.
    init(
        _ service: SnapshotService,
        _ logger: Logger,
        time: any TimeSource = SystemTime(),
        report: @escaping @Sendable () -> Void
    ) {
        self.service = service
        self.logger = logger
        self.time = time
        self.report = report
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - pruneInterval: how often it prunes, in nanoseconds; 0 is never.
    ///   - verifyInterval: how often it reads the whole store.
    /// - Returns: the thread, which ends after `stop`.
    func start(pruneInterval: UInt64, verifyInterval: UInt64) -> WorkerThread {
        service.settings.whenChanged { [calls] in calls.change { $0.haveSettingsChanged = true } }
        let intervals = SnapshotSchedule.Intervals(
            take: service.settings.report.take,
            prune: pruneInterval,
            verify: verifyInterval
        )
        let first = SnapshotSchedule(intervals, now: time.monotonic, age: age)
        return WorkerThread.start("tandem-ticker") { [self] in
            var schedule = first
            while true {
                switch wait(until: schedule.next) {
                case .stopping: return
                case .settingsChanged:
                    let interval = service.settings.report.take
                    schedule.take(every: interval, now: time.monotonic, age: age)
                    logger.info("other settings", metadata: SettingsLog.metadata(service.settings))
                case .due:
                    guard let job = schedule.due(time.monotonic) else { continue }
                    let success = run(job)
                    schedule.finished(job, at: time.monotonic, success: success)
                }
                report()
            }
        }
    }

    /// Lets the thread end.
    func stop() { calls.change { $0.isStopping = true } }

    /// How old the newest snapshot is by the wall clock; nil where there is none.
    private var age: UInt64? {
        let newest = service.currentCounters.lastTaken
        return newest > 0 ? UInt64(max(0, time.wall - newest)) : nil
    }

    /// Waits for a moment of the monotonic clock, or for a call.
    private func wait(until moment: UInt64?) -> Wake {
        let now = time.monotonic
        let left = moment.map { $0 > now ? $0 - now : 0 } ?? UInt64(Self.longestWait)
        let wait = DispatchTimeInterval.nanoseconds(Int(min(left, UInt64(Self.longestWait))))
        let wake: Wake? = calls.wait(until: .now() + wait) { calls in
            if calls.isStopping { return .stopping }
            guard calls.haveSettingsChanged else { return nil }
            calls.haveSettingsChanged = false
            return .settingsChanged
        }
        return wake ?? .due
    }

    /// An hour: the schedule is looked at again then, whatever it said.
    private static let longestWait = 3_600_000_000_000

    private func run(_ job: SnapshotSchedule.Job) -> Bool {
        do {
            switch job {
            case .take: log(try service.take(reason: .interval, label: ""))
            case .prune: try prune()
            case .verify: try verify()
            }
            return true
        } catch {
            logger.error("\(job) failed: \(error)")
            return false
        }
    }

    private func log(_ info: SnapshotInfo) {
        let manifest = info.manifest
        logger.info(
            "snapshot \(info.shortID)",
            metadata: [
                "files": "\(manifest.files)",
                "newBytes": "\(manifest.newBytes)",
                "storedBytes": "\(manifest.storedBytes)",
                "problems": "\(manifest.problemCount)",
                "milliseconds": "\(manifest.duration / 1_000_000)",
            ]
        )
    }

    private func prune() throws {
        guard try !service.settings.rules().isEmpty else { return }
        let report = try service.prune(PruneRequest(policy: nil, isDryRun: false))
        let forgotten = report.decisions.count { !$0.isKept }
        logger.info(
            "pruned",
            metadata: [
                "forgotten": "\(forgotten)", "bytesBefore": "\(report.bytesBefore)",
                "bytesAfter": "\(report.bytesAfter)",
            ]
        )
    }

    private func verify() throws {
        let report = try service.verify()
        guard !report.isClean else {
            return logger.info("the store is whole", metadata: ["packs": "\(report.packs)"])
        }
        logger.error(
            "the store is damaged",
            metadata: ["damage": "\(report.damage.count)", "snapshots": "\(report.hurt.count)"]
        )
    }
}
