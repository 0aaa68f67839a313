import Dispatch
import Synchronization
import TandemFiles
import TandemProtocol
package import TandemSystem
import TandemTree

/// One push, from the scan to the committed generation; blocks the calling thread.
///
/// The scan and the connection are made at the same time. What to do is decided by `PushSession`;
/// this is the shell that performs it.
package final class PushRun: Sendable {
    /// Times a push is repeated because files changed while they were sent.
    static let passes = 3

    let pair: LaptopPair
    let options: PushOptions
    let connect: @Sendable () throws -> any ByteLink
    let observer: @Sendable (PushProgress) -> Void
    let fileSystem: any FileSystem
    private let stop = Monitor<StopState>(StopState())

    private struct StopState {
        var isCancelled = false
        var events: BoundedQueue<PushEvent>?
    }

    /// Prepares a push; nothing is opened before `run`.
    package init(
        pair: LaptopPair,
        options: PushOptions,
        connect: @escaping @Sendable () throws -> any ByteLink,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) {
        self.pair = pair
        self.options = options
        self.connect = connect
        self.observer = observer
        fileSystem = RealFileSystem()
    }

    /// Pushes until nothing that was sent has changed meanwhile, at most three times.
    ///
    /// - Returns: what the last pass did, with the counts of all passes.
    /// - Throws: `SyncError`.
    package func run() throws -> PushReport {
        var report = try pass()
        var left = Self.passes - 1
        while left > 0, report.refusals.contains(where: \.isWorthRepeating) {
            let before = report
            report = try pass()
            report.addCounts(of: before)
            left -= 1
        }
        return report
    }

    /// Stops a running push at a safe point; `run` then throws `interrupted`.
    package func cancel() {
        let events = stop.change { state in
            state.isCancelled = true
            return state.events
        }
        events?.put(.cancelled)
    }

    private func pass() throws -> PushReport {
        let events = BoundedQueue<PushEvent>(capacity: .max)
        let isCancelled = stop.change { state in
            state.events = events
            return state.isCancelled
        }
        if isCancelled { throw SyncError(.interrupted, "interrupted") }
        let state = try LaptopState(pair: pair, fileSystem: fileSystem)
        defer { state.close() }
        return try PushPass(owner: self, state: state, events: events).run()
    }
}

/// What the threads of a push tell its loop.
enum PushEvent: Sendable {
    case scanned(Result<ScanResult, any Error>)
    case connected(Result<any ByteLink, any Error>)
    case message(VMMessage)
    case linkEnded(SyncError)
    case contentSent(UInt64)
    case cancelled
}

extension PushReport {
    mutating func addCounts(of earlier: PushReport) {
        appliedCount += earlier.appliedCount
        sentContentBytes += earlier.sentContentBytes
        wireBytesUp += earlier.wireBytesUp
        wireBytesDown += earlier.wireBytesDown
        hashedFiles += earlier.hashedFiles
        changes = earlier.changes + changes
        plannedContentBytes += earlier.plannedContentBytes
    }
}
