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
    private let isStopping = Monitor(false)

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
    func start(_ intervals: SnapshotSchedule.Intervals) -> WorkerThread {
        let newest = service.currentCounters.lastTaken
        let age = newest > 0 ? UInt64(max(0, time.wall - newest)) : nil
        let first = SnapshotSchedule(intervals, now: time.monotonic, age: age)
        return WorkerThread.start("tandem-ticker") { [self] in
            var schedule = first
            while wait(until: schedule.next) {
                guard let job = schedule.due(time.monotonic) else { continue }
                let success = run(job)
                schedule.finished(job, at: time.monotonic, success: success)
                report()
            }
        }
    }

    /// Lets the thread end.
    func stop() { isStopping.change { $0 = true } }

    /// Waits for a moment of the monotonic clock; false when the daemon stops.
    private func wait(until moment: UInt64?) -> Bool {
        let now = time.monotonic
        let left = moment.map { $0 > now ? $0 - now : 0 } ?? UInt64(Self.longestWait)
        let wait = DispatchTimeInterval.nanoseconds(Int(min(left, UInt64(Self.longestWait))))
        let stopped = isStopping.wait(until: .now() + wait) { $0 ? true : nil }
        return stopped == nil
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
        guard !service.policy.isEmpty else { return }
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
