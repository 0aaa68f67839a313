import Dispatch
import Synchronization
import TandemProtocol
import TandemSystem
import TandemTree

/// The laptop's end of a link with its two threads: one reads and keeps the heartbeat, one writes.
final class LaptopLink: Sendable {
    /// What the reader hands over.
    enum Incoming: Sendable {
        case message(VMMessage)
        case ended(SyncError)
    }

    private struct State {
        var end: LaptopEnd
        /// Why the session ended, by the receiver's words or the link's: the reason of every later
        /// refusal.
        var failure: SyncError?
        var roundTrip: UInt64?
    }

    private let link: any ByteLink
    private let writer: LinkWriter
    private let end: Monitor<State>
    private let time: any TimeSource
    private let received = Mutex<UInt64>(0)
    private let deliver: @Sendable (Incoming) -> Void
    /// Whether content may be compressed; a link inside one machine has nothing to gain.
    let allowsCompression: Bool

    init(
        _ link: any ByteLink,
        versions: VersionRange = .own,
        time: any TimeSource = SystemTime(),
        deliver: @escaping @Sendable (Incoming) -> Void
    ) {
        self.link = link
        self.time = time
        self.deliver = deliver
        allowsCompression = !(link is DescriptorLink)
        writer = LinkWriter(link)
        end = Monitor(State(end: LaptopEnd(versions: versions, now: time.monotonic)))
        WorkerThread.start("tandem-reader") { self.readAll() }
    }

    /// Bytes written to and read from the link, before SSH wraps them.
    var sentBytes: UInt64 { writer.sentBytes }
    var receivedBytes: UInt64 { received.withLock { $0 } }

    /// The last measured round trip, in nanoseconds.
    var roundTrip: UInt64? { end.look { $0.roundTrip } }

    /// Lets the vm send as much content again as was written here.
    func topUp(_ cost: Int, window: UInt64) {
        let now = time.monotonic
        if let frame = try? end.change({ try $0.end.topUp(cost, window: window, now: now) }) {
            writer.sendControl(frame)
        }
    }

    /// Sends a control message.
    func send(_ message: LaptopMessage) throws {
        let now = time.monotonic
        do {
            let frame = try end.change { try $0.end.encode(message, now: now) }
            // End follows the changes and content that are queued; all else may overtake them.
            if case .end = message { _ = writer.sendData(frame) } else { writer.sendControl(frame) }
        } catch {
            throw refusal("a message could not be sent: \(error)")
        }
    }

    /// Asks for a sign of life: the network changed or the laptop woke, and the link may be dead.
    ///
    /// Without an answer it ends within two or three seconds. While content is on its way out, the
    /// question waits behind it, and the vm's own ping is what tells that it lives.
    func probe() {
        let now = time.monotonic
        let patience = Limits.probeDeadline + (writer.isIdle ? 0 : Limits.pingAfter)
        if let frame = try? end.change({ try $0.end.probe(now: now, patience: patience) }) {
            writer.sendControl(frame)
        }
    }

    /// Sends a frame of changes.
    func send(_ frame: PackedFrame) throws {
        do {
            try end.change { try $0.end.admit(frame) }
        } catch {
            throw refusal("the changes could not be sent: \(error)")
        }
        _ = writer.sendData(frame.bytes)
    }

    /// Why a message was not taken: what the receiver said when it ended, if it has.
    private func refusal(_ text: String) -> SyncError {
        end.look { $0.failure } ?? SyncError(.protocolViolation, text)
    }

    /// Sends content, waiting for the receiver's credit; false when the link has ended.
    func sendContent(_ frame: PackedFrame) -> Bool {
        let admitted: Bool? = end.wait { state in
            if state.end.isClosed { return false }
            guard case .data(_, _, let cost) = frame.content else { return false }
            guard state.end.credit >= cost else { return nil }
            return (try? state.end.admit(frame)) != nil
        }
        return admitted == true && writer.sendData(frame.bytes)
    }

    /// Ends the link; an orderly end says bye first.
    func close(isOrderly: Bool) {
        if isOrderly {
            try? send(.bye)
            writer.drain(until: .now() + .seconds(1))
        }
        writer.close()
        link.close()
        // Whoever waits for credit looks again and finds the end closed.
        end.change { state in _ = try? state.end.encode(.bye, now: 0) }
    }

    private func readAll() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var failure: SyncError?
        while failure == nil { failure = unsafe readOnce(buffer) }
        let reason = failure ?? SyncError(.unreachable, "the link ended")
        end.change { state in
            state.failure = state.failure ?? reason
            _ = try? state.end.encode(.bye, now: 0)
        }
        deliver(.ended(reason))
    }

    private func readOnce(_ buffer: UnsafeMutableRawBufferPointer) -> SyncError? {
        do {
            let count = try unsafe link.read(into: buffer, until: .now() + .seconds(1))
            guard count > 0 else { return LinkEnd.closed(preamble: end.look { $0.end.preamble }) }
            received.withLock { $0 += UInt64(count) }
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let now = time.monotonic
            let events = try unsafe receive(bytes, now: now)
            return take(events) ?? tick()
        } catch let error as LinkError where error.code == .timedOut {
            return tick()
        } catch let error as ProtocolError {
            return SyncError(
                .protocolViolation,
                "the receiver does not speak Tandem's protocol: \(error)",
                hint: "check what runs at the other end with `tandem doctor`"
            )
        } catch {
            // Before a word was heard nothing was sent, and what runs there needs a look.
            guard receivedBytes > 0 else {
                return SyncError(.unreachable, "\(error)", hint: "run `tandem doctor`")
            }
            return SyncError(.unreachable, "the link broke: \(error)", hint: LinkEnd.again)
        }
    }

    /// Takes bytes in; a failure that ends the session is kept under the same lock that ends it, so
    /// that no sender meets a closed end without its reason.
    private func receive(
        _ bytes: UnsafeRawBufferPointer,
        now: UInt64
    ) throws -> [LaptopEvent] {
        try end.change { state in
            let events = try unsafe state.end.receive(bytes, now: now)
            if state.end.isClosed, case .message(.failure(let failure))? = events.last {
                state.failure = SyncError(failure)
            }
            return events
        }
    }

    private func take(_ events: [LaptopEvent]) -> SyncError? {
        for event in events {
            switch event {
            case .greeted: break
            case .roundTrip(let time): end.change { $0.roundTrip = time }
            case .versionMismatch(let mismatch): return SyncError(mismatch)
            case .answer(let frame): writer.sendControl(frame)
            case .message(let message): deliver(.message(message))
            }
        }
        return nil
    }

    /// Does what is due; a death is kept under the lock that closes the end.
    private func tick() -> SyncError? {
        let now = time.monotonic
        let actions = end.change { state in
            let actions = state.end.tick(now: now)
            if case .dead(let reason)? = actions.last { state.failure = LinkEnd.dead(reason) }
            return actions
        }
        for action in actions {
            switch action {
            case .send(let frame): writer.sendControl(frame)
            case .dead(let reason): return LinkEnd.dead(reason)
            }
        }
        return nil
    }
}

/// Sentences for a link that ended.
enum LinkEnd {
    static let again = "what was sent is kept staged; push again when the vm answers"

    static func dead(_ reason: DeathReason) -> SyncError {
        SyncError(.unreachable, "the vm does not answer: \(reason.rawValue)", hint: again)
    }

    /// The other side closed before or without an answer; what it printed first often says why.
    static func closed(preamble: [UInt8]) -> SyncError {
        guard !preamble.isEmpty else {
            return SyncError(
                .unreachable,
                "the other side closed the link",
                hint: "is the receiver running? `tandem doctor` tells; then push again"
            )
        }
        return SyncError(
            .unreachable,
            "the other side closed the link and said: \(escaped(preamble.prefix(300)))",
            hint: "run `tandem doctor`"
        )
    }
}
