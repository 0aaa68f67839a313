import Dispatch
import Synchronization
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// One connection of a laptop, from its greeting to its end.
///
/// Two threads serve it: a reader that takes frames apart and answers heartbeats whatever the
/// session is doing, and the calling thread, which does the work in the order it was asked.
final class ReceiverSession: Sendable {
    /// Content the laptop may send ahead of what is written: bounds memory, hides the disk.
    static let creditWindow: UInt64 = 8 << 20

    let endpoint: ReceiverEndpoint
    let link: any ByteLink
    let writer: LinkWriter
    private let end: Monitor<VMEnd>
    private let inbox = BoundedQueue<Incoming>(capacity: .max)
    /// What was noticed below the root and not looked at yet.
    private let unseen = Mutex(WatchBatch())

    private enum Incoming: Sendable {
        case message(LaptopMessage)
        case noticed
        case sentOrder
        case ended(String)
    }

    init(endpoint: ReceiverEndpoint, link: any ByteLink) {
        self.endpoint = endpoint
        self.link = link
        writer = LinkWriter(link)
        end = Monitor(VMEnd(versions: endpoint.settings.versions, now: endpoint.time.monotonic))
    }

    /// Serves until the laptop says bye, the link ends or a rule of the protocol is broken.
    func run() {
        writer.sendControl(end.look { $0.greeting })
        let reader = WorkerThread.start("tandem-reader") { self.readAll() }
        var work = ReceiverWork(session: self)
        let reason = serve(&work)
        work.close()
        writer.drain(until: .now() + .seconds(2))
        writer.close()
        link.close()
        reader.join(until: .now() + .seconds(2))
        endpoint.log(.init(level: .info, text: "session ended: \(reason)"))
    }

    private func serve(_ work: inout ReceiverWork) -> String {
        while true {
            do {
                guard let incoming = inbox.take(until: deadline(work.nextLook)) else {
                    guard work.nextLook != nil else { return "closed" }
                    try work.lookAgain()
                    continue
                }
                switch incoming {
                case .ended(let reason): return reason
                case .message(.bye): return "the laptop said bye"
                case .message(let message): try work.handle(message)
                case .noticed: try work.noticed()
                case .sentOrder: work.sentOrder()
                }
            } catch {
                let failure = Failure(error)
                send(.failure(failure))
                return failure.message
            }
        }
    }

    private func deadline(_ time: UInt64?) -> DispatchTime {
        guard let time else { return .distantFuture }
        let now = endpoint.time.monotonic
        return .now() + .nanoseconds(Int(clamping: time - min(now, time)))
    }

    /// Hands what was noticed below the root to the thread that works; called by the one that
    /// watches.
    func notice(_ batch: WatchBatch) {
        unseen.withLock { $0.add(batch) }
        inbox.put(.noticed)
    }

    /// Whether something waits to be done.
    var hasWork: Bool { !inbox.isEmpty }

    /// All that was handed over so far, whatever the laptop asked before.
    func takeNoticed() -> WatchBatch {
        unseen.withLock { batch in
            defer { batch = WatchBatch() }
            return batch
        }
    }

    /// A sender of ordered contents, whose end is told to the laptop in the order of the work.
    func makeSender(of root: SyncRoot, isCompressed: Bool) -> ContentSender {
        let inbox = inbox
        let sender = ContentSender(
            root: root,
            fileSystem: endpoint.fileSystem,
            isCompressed: isCompressed,
            isToLaptop: true,
            emit: { self.sendContent($0) },
            progress: { _, _ in },
            finished: { _ in inbox.put(.sentOrder) }
        )
        sender.start()
        return sender
    }

    /// Sends content, waiting for the laptop's credit; false when the session has ended.
    private func sendContent(_ frame: PackedFrame) -> Bool {
        guard case .data(_, _, let cost) = frame.content else { return false }
        let admitted: Bool? = end.wait { end in
            if end.isClosed { return false }
            guard end.contentCredit >= cost else { return nil }
            return (try? end.admit(frame)) != nil
        }
        return admitted == true && writer.sendData(frame.bytes)
    }

    /// Sends one message; a message that is out of order is a fault of this program.
    func send(_ message: VMMessage) {
        do {
            let now = endpoint.time.monotonic
            let frame = try end.change { try $0.encode(message, now: now) }
            // Fetched follows the content that is queued; all else may overtake it.
            if case .fetched = message {
                _ = writer.sendData(frame)
            } else {
                writer.sendControl(frame)
            }
        } catch {
            endpoint.log(.init(level: .warning, text: "a message could not be sent: \(error)"))
            // The laptop waits for the answer: an end tells it more than silence.
            link.close()
        }
    }

    private func readAll() {
        let capacity = 256 << 10
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var reason: String?
        while reason == nil {
            reason = unsafe readOnce(buffer)
        }
        inbox.put(.ended(reason ?? "closed"))
        inbox.close()
    }

    /// One read and what follows from it; a sentence when the session is over.
    private func readOnce(_ buffer: UnsafeMutableRawBufferPointer) -> String? {
        do {
            let count = try unsafe link.read(into: buffer, until: .now() + .seconds(1))
            guard count > 0 else { return "the laptop closed the link" }
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let now = endpoint.time.monotonic
            let events = try end.change { try unsafe $0.receive(bytes, now: now) }
            return take(events)
        } catch let error as LinkError where error.code == .timedOut {
            return tick()
        } catch let error as ProtocolError {
            send(.failure(Failure(.violation, "\(error)")))
            writer.drain(until: .now() + .seconds(1))
            return "protocol violation: \(error)"
        } catch {
            return "\(error)"
        }
    }

    private func take(_ events: [VMEvent]) -> String? {
        for event in events {
            switch event {
            case .message(let message): inbox.put(.message(message))
            case .answer(let frame): writer.sendControl(frame)
            case .roundTrip: break
            case .versionMismatch(let mismatch):
                send(.failure(Failure(.version, "\(mismatch)")))
                writer.drain(until: .now() + .seconds(1))
                return "\(mismatch)"
            }
        }
        return tick()
    }

    /// Gives credit for content that is written.
    func topUp(_ cost: Int) {
        let now = endpoint.time.monotonic
        if let frame = try? end.change({ try $0.topUp(cost, now: now) }) {
            writer.sendControl(frame)
        }
    }

    private func tick() -> String? {
        for action in end.change({ $0.tick(now: endpoint.time.monotonic) }) {
            switch action {
            case .send(let frame): writer.sendControl(frame)
            case .dead(let reason): return reason.rawValue
            }
        }
        return nil
    }
}
