/// What an SSH session's bytes travel over: a socket, or a channel of the session before it.
///
/// Used by the loop thread only; no call waits.
protocol Carrier: AnyObject {
    /// What to poll, or -1 when the carrier rings the loop's bell itself.
    var descriptor: Int32 { get }

    /// Takes what has arrived; nil when nothing has, 0 when the other side ended.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SSHError) -> Int?

    /// Sends as much as fits now; 0 when nothing does.
    func send(_ bytes: UnsafeRawBufferPointer) throws(SSHError) -> Int

    /// Asks the kernel to acknowledge at once what arrives, which it forgets again.
    func acknowledgeQuickly()

    /// Ends both directions.
    func shutDown()
}
