import TandemProtocol
import TandemTree

/// The contents the laptop ordered, gathered over the messages of an order and sent by a thread.
final class ContentOrders {
    private let sender: ContentSender
    private var gathering: [ContentSender.Job] = []
    private var sending: [UInt32] = []

    init(_ sender: ContentSender) {
        self.sender = sender
    }

    /// Takes a message of an order; the last one starts the sending.
    func take(_ fetch: Fetch) {
        for (offset, item) in fetch.items.enumerated() {
            gathering.append(
                .init(
                    id: fetch.firstID + UInt32(offset),
                    path: item.path,
                    size: item.state.size,
                    isLink: item.state.kind == .link
                )
            )
        }
        guard fetch.last else { return }
        sending.append(UInt32(gathering.count))
        sender.send(gathering)
        gathering = []
    }

    /// The number of items of the order that was sent just now.
    func finishOldest() -> UInt32? { sending.isEmpty ? nil : sending.removeFirst() }

    func stop() { sender.stop() }
}
