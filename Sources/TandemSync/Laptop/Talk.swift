import TandemProtocol
import TandemSystem

/// A conversation that asks and waits, one answer at a time.
final class Talk {
    private let inbox: BoundedQueue<LaptopLink.Incoming>
    let link: LaptopLink

    init(_ link: any ByteLink, versions: VersionRange) {
        let inbox = BoundedQueue<LaptopLink.Incoming>(capacity: .max)
        self.inbox = inbox
        self.link = LaptopLink(link, versions: versions) { inbox.put($0) }
    }

    func send(_ message: LaptopMessage) throws { try link.send(message) }

    func next() throws -> VMMessage {
        switch inbox.take() {
        case .message(.failure(let failure)): throw SyncError(failure)
        case .message(let message): return message
        case .ended(let error): throw error
        case nil: throw SyncError(.unreachable, "the link ended")
        }
    }

    func welcome() throws -> Welcome {
        while true {
            if case .welcome(let welcome) = try next() { return welcome }
        }
    }

    func close() {
        link.close(isOrderly: true)
        inbox.close()
    }
}
