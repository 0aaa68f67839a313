import CLibSSH2
import Dispatch
import Glibc
import TandemSystem

/// The one thread of an SSH session: feeds it from the carrier, runs its channels, flushes.
///
/// Every turn ends with a flush, not only those before a poll: a window adjust that waits halves
/// the speed of a download (TRANSPORT.md 3).
final class SessionLoop {
    let session: SSHSession
    let carrier: any Carrier
    let tuning: SSHTuning
    private let mailbox: Mailbox
    private let subject: String
    private var drivers: [ChannelDriver] = []
    private var opener: ChannelOpener?

    init(
        carrier: any Carrier,
        mailbox: Mailbox,
        subject: String,
        tuning: SSHTuning
    ) throws(SSHError) {
        // libssh2 wants a socket number to set non-blocking; a channel has none of its own.
        let descriptor =
            carrier.descriptor >= 0 ? carrier.descriptor : mailbox.wakeup.descriptor
        guard let session = SSHSession(descriptor: descriptor) else {
            throw SSHError(.handshakeFailed, "libssh2 could not start", subject: subject)
        }
        self.session = session
        self.carrier = carrier
        self.mailbox = mailbox
        self.subject = subject
        self.tuning = tuning
    }

    deinit { session.free() }

    // MARK: One call at a time, while connecting

    /// Repeats a call of libssh2 until it has an answer.
    ///
    /// - Parameters:
    ///   - deadline: when to give up with `late`.
    ///   - late: the error of a peer that is too slow.
    ///   - step: the call; EAGAIN means again.
    /// - Returns: the call's code.
    /// - Throws: `SSHError`.
    func drive(
        until deadline: DispatchTime,
        late: SSHError,
        _ step: (OpaquePointer) -> Int32
    ) throws(SSHError) -> Int32 {
        while true {
            let code = step(session.pointer)
            try flush()
            if code != LIBSSH2_ERROR_EAGAIN { return code }
            if mailbox.isClosing { throw SSHError(.closed, "given up", subject: subject) }
            if try receive() { continue }
            let now = DispatchTime.now()
            guard now < deadline else { throw late }
            let left = (deadline.uptimeNanoseconds - now.uptimeNanoseconds) / 1_000_000 + 1
            wait(milliseconds: Int32(clamping: left))
        }
    }

    // MARK: The loop

    /// Runs until the connection is closed or lost.
    func run() {
        var reason = SSHError(.closed, "the connection is closed", subject: subject)
        do throws(SSHError) {
            while !mailbox.isClosing {
                if try !turn() { wait(milliseconds: idleTimeout) }
            }
        } catch {
            reason = error.about(subject)
        }
        mailbox.end(reason)
        if reason.code == .closed { sayGoodbye() }
        carrier.shutDown()
        for driver in drivers { driver.abandon(reason) }
        refuseOpeners(reason)
        session.free()
    }

    /// One turn; true when something moved, so that another is due at once.
    private func turn() throws(SSHError) -> Bool {
        var moved = try receive()
        moved = try openChannels() || moved
        for driver in drivers where try driver.readTurn() {
            moved = true
        }
        for driver in drivers {
            let more = try driver.writeTurn { session.outgoing.count < tuning.outgoingLimit }
            moved = more || moved
        }
        drivers.removeAll { $0.phase == .over }
        // Channels that had to wait for the queue are served as soon as it has gone out.
        let wasFull = session.outgoing.count >= tuning.outgoingLimit
        try flush()
        if wasFull, session.outgoing.count < tuning.outgoingLimit { moved = true }
        // What arrived before the end was delivered above, and in turns before.
        if session.incoming.ended, !moved {
            throw SSHError(.connectionLost, "the vm closed the connection", subject: subject)
        }
        return moved
    }

    private func receive() throws(SSHError) -> Bool {
        let carrier = carrier
        let result = Result {
            try self.session.feed(atMost: self.tuning.receiveSize, from: carrier.receive)
        }
        switch result {
        case .success(let count): return count != nil
        case .failure(let error):
            throw (error as? SSHError ?? SSHError.transport(0)).about(subject)
        }
    }

    private func flush() throws(SSHError) {
        while session.outgoing.count > 0 {
            let sent = try carrier.send(session.outgoing.front)
            if sent == 0 { return }
            session.outgoing.consume(sent)
        }
    }

    /// Waits for the carrier, the callers' bell, or the time.
    private func wait(milliseconds: Int32) {
        var wanted = session.incoming.ended || session.incoming.isFull ? 0 : Int16(POLLIN)
        // sshd holds a small packet back until the one before it is acknowledged, and the kernel
        // acknowledges after 43 ms what nothing answers: content that follows a notice of the vm
        // would wait for that. The kernel forgets the wish, so it is said before every wait.
        carrier.acknowledgeQuickly()
        if session.outgoing.count > 0 { wanted |= Int16(POLLOUT) }
        // poll(2) ignores negative descriptors, which is what a carrier without one has.
        var requests = [
            pollfd(fd: carrier.descriptor, events: wanted, revents: 0),
            pollfd(fd: mailbox.wakeup.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        if wanted == 0 { requests[0].fd = -1 }
        poll(&requests, nfds_t(requests.count), milliseconds)
        if requests[1].revents != 0 { mailbox.wakeup.reset() }
    }

    /// For ever, unless a closed channel's grace has to be watched.
    private var idleTimeout: Int32 {
        drivers.contains { $0.isEnding } ? Int32(tuning.closeGraceMilliseconds / 4) : -1
    }

    // MARK: Channels

    private func openChannels() throws(SSHError) -> Bool {
        if opener == nil, let request = mailbox.nextRequest() { prepare(request) }
        guard let opener else { return false }
        do throws(SSHError) {
            guard let driver = try opener.advance(session) else { return false }
            drivers.append(driver)
            opener.answer(.opened)
        } catch {
            opener.refuse(error.about(subject))
            self.opener = nil
            if error.code == .connectionLost { throw error }
            return true
        }
        self.opener = nil
        return true
    }

    private func prepare(_ request: OpenRequest) {
        let used = drivers.reduce(0) { $0 + $1.window }
        let window = min(tuning.window, tuning.windowTotal - used)
        let opener = ChannelOpener(request, window: max(window, 0), grace: grace)
        guard window >= tuning.smallestWindow else {
            opener.refuse(
                SSHError(
                    .tooManyChannels,
                    "the connection's channels use all of its receive window",
                    subject: subject
                )
            )
            return
        }
        self.opener = opener
    }

    private var grace: DispatchTimeInterval { .milliseconds(tuning.closeGraceMilliseconds) }

    private func refuseOpeners(_ reason: SSHError) {
        opener?.refuse(reason)
        opener = nil
        while let request = mailbox.nextRequest() {
            ChannelOpener(request, window: 0, grace: grace).refuse(reason)
        }
    }

    // MARK: The end

    /// Ends a session that never became ready.
    func giveUp() {
        carrier.shutDown()
        session.free()
    }

    /// Sends what was written, waits until the programs took it and ended, and says goodbye: all
    /// within the grace.
    ///
    /// sshd drops what it has not passed on when the goodbye comes, so that has to wait.
    private func sayGoodbye() {
        let end = DispatchTime.now() + .milliseconds(tuning.closeGraceMilliseconds)
        for driver in drivers { driver.link.close() }
        do throws(SSHError) {
            while !drivers.isEmpty || session.outgoing.count > 0 {
                guard DispatchTime.now() < end else { break }
                if try !turn() { wait(milliseconds: Int32(tuning.closeGraceMilliseconds / 10)) }
            }
            let byApplication: Int32 = 11
            libssh2_session_disconnect_ex(session.pointer, byApplication, "closed", "")
            try flush()
        } catch {
            // The peer is gone already: there is nobody to say goodbye to.
        }
    }
}
