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
    private let end: Mutex<VMEnd>
    private let inbox = BoundedQueue<Incoming>(capacity: .max)

    private enum Incoming: Sendable {
        case message(LaptopMessage)
        case ended(String)
    }

    init(endpoint: ReceiverEndpoint, link: any ByteLink) {
        self.endpoint = endpoint
        self.link = link
        writer = LinkWriter(link)
        end = Mutex(VMEnd(now: endpoint.time.monotonic))
    }

    /// Serves until the laptop says bye, the link ends or a rule of the protocol is broken.
    func run() {
        writer.sendControl(end.withLock { $0.greeting })
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
        while let incoming = inbox.take() {
            switch incoming {
            case .ended(let reason): return reason
            case .message(.bye): return "the laptop said bye"
            case .message(let message):
                do {
                    try work.handle(message)
                } catch {
                    let failure = Failure(error)
                    send(.failure(failure))
                    return failure.message
                }
            }
        }
        return "closed"
    }

    /// Sends one message; a message that is out of order is a fault of this program.
    func send(_ message: VMMessage) {
        do {
            let now = endpoint.time.monotonic
            writer.sendControl(try end.withLock { try $0.encode(message, now: now) })
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
            let events = try end.withLock { try unsafe $0.receive(bytes, now: now) }
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
        if let frame = try? end.withLock({ try $0.topUp(cost, now: now) }) {
            writer.sendControl(frame)
        }
    }

    private func tick() -> String? {
        for action in end.withLock({ $0.tick(now: endpoint.time.monotonic) }) {
            switch action {
            case .send(let frame): writer.sendControl(frame)
            case .dead(let reason): return reason.rawValue
            }
        }
        return nil
    }
}
