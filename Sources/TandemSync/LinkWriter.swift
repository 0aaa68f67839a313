package import Dispatch
package import TandemSystem

/// The one thread that writes to a link: control frames first, then content.
///
/// Control is never refused, so that a heartbeat is answered while content waits for the peer;
/// content waits once `dataLimit` bytes of it are queued.
package final class LinkWriter: Sendable {
    /// Content bytes queued before a producer waits: enough to keep the link busy, not more,
    /// because control frames queue behind the frame that is being written.
    package static let dataLimit = 2 << 20

    private struct State {
        var control: [[UInt8]] = []
        var data: [[UInt8]] = []
        var dataBytes = 0
        var isClosed = false
        var failure: String?
        var sentBytes: UInt64 = 0
        var isIdle = true
    }

    private let link: any ByteLink
    private let monitor = Monitor(State())

    /// Starts the thread.
    package init(_ link: any ByteLink) {
        self.link = link
        WorkerThread.start("tandem-writer") { self.run() }
    }

    /// Bytes handed to the link so far.
    package var sentBytes: UInt64 { monitor.look { $0.sentBytes } }

    /// Whether everything queued is written.
    package var isIdle: Bool {
        monitor.look { $0.control.isEmpty && $0.data.isEmpty && $0.isIdle }
    }

    /// Queues a control frame.
    package func sendControl(_ frame: [UInt8]) {
        monitor.change { $0.control.append(frame) }
    }

    /// Queues a content frame, waiting for room; false when the link has ended.
    package func sendData(_ frame: [UInt8]) -> Bool {
        let hasRoom = monitor.wait { state -> Bool? in
            if state.isClosed { return false }
            return state.dataBytes < Self.dataLimit ? true : nil
        }
        guard hasRoom == true else { return false }
        monitor.change {
            $0.data.append(frame)
            $0.dataBytes += frame.count
        }
        return true
    }

    /// Waits until everything queued is written, or the link failed, or the deadline passed.
    package func drain(until deadline: DispatchTime) {
        _ = monitor.wait(until: deadline) { state -> Bool? in
            let isDone = state.control.isEmpty && state.data.isEmpty && state.isIdle
            return isDone || state.isClosed ? true : nil
        }
    }

    /// Ends the thread; queued frames are dropped.
    package func close() {
        monitor.change { $0.isClosed = true }
    }

    private func run() {
        while let batch = next() {
            do {
                for frame in batch { try link.write(frame) }
                monitor.change { state in
                    state.isIdle = true
                    state.sentBytes += UInt64(batch.reduce(0) { $0 + $1.count })
                }
            } catch {
                monitor.change {
                    $0.isClosed = true
                    $0.isIdle = true
                    $0.failure = "\(error)"
                }
            }
        }
    }

    /// All control frames, or else one content frame.
    private func next() -> [[UInt8]]? {
        let taken: [[UInt8]]? = monitor.wait { state in
            if state.isClosed { return [] }
            if !state.control.isEmpty {
                state.isIdle = false
                defer { state.control = [] }
                return state.control
            }
            guard !state.data.isEmpty else { return nil }
            state.isIdle = false
            let frame = state.data.removeFirst()
            state.dataBytes -= frame.count
            return [frame]
        }
        guard let taken, !taken.isEmpty else { return nil }
        monitor.change { _ in }
        return taken
    }
}
