/// Sizes and times of a connection; the defaults are the measured ones, tests set others.
package struct SSHTuning: Sendable, Hashable {
    /// The most bytes one recv(2) may take.
    package var receiveSize = ReceiveBuffer.capacity
    /// SO_SNDBUF, or nil for the kernel's own.
    package var sendBuffer: Int?
    /// The receive window a channel is opened with: above it sshd turns slow, below it long links
    /// do (TRANSPORT.md 2c, 4).
    package var window = 2 * 1024 * 1024
    /// The sum of all receive windows.
    package var windowTotal = 8 * 1024 * 1024
    /// A smaller rest of the total is not worth a channel.
    package var smallestWindow = 256 * 1024
    /// What may wait for the socket before channels write no more; more only adds latency.
    package var outgoingLimit = 256 * 1024
    /// Seconds from connected to authenticated's begin (SAFETY.md 3.4).
    package var handshakeSeconds = 15
    /// Seconds for all of authentication, passphrase prompts included.
    package var authenticationSeconds = 100
    /// Seconds to reach the machine where ssh_config names none.
    package var connectSeconds = 15
    /// Seconds for opening one channel.
    package var openSeconds = 20
    /// Milliseconds in which bytes written before a close are still sent.
    package var closeGraceMilliseconds = 1000

    package init() {}
}
