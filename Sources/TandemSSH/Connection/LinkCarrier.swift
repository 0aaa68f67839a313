/// A channel of another session, for a host reached by ProxyJump.
final class LinkCarrier: Carrier {
    private let link: ChannelLink

    init(_ link: ChannelLink, ringing wakeup: Wakeup) {
        self.link = link
        link.observe { wakeup.ring() }
    }

    var descriptor: Int32 { -1 }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SSHError) -> Int? {
        try link.readNow(into: buffer)
    }

    func send(_ bytes: UnsafeRawBufferPointer) throws(SSHError) -> Int {
        try link.writeNow(bytes)
    }

    func acknowledgeQuickly() {}

    func shutDown() { link.close() }
}
