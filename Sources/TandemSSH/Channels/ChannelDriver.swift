import CLibSSH2
import Dispatch
import TandemSystem

/// The loop thread's half of a channel: moves bytes between libssh2 and the `ChannelLink`.
final class ChannelDriver {
    enum Phase {
        /// Bytes flow.
        case open
        /// The link was closed here: what was written goes out, then the channel closes.
        case closing
        /// Freed, or given up; the loop forgets it.
        case over
    }

    private(set) var phase = Phase.open
    let link: ChannelLink
    /// What the channel takes of the connection's receive window.
    let window: Int
    private let channel: RawChannel
    private var scratch: [UInt8]
    private var sending: [UInt8] = []
    private var sendingStart = 0
    private var outputEnded = false
    private var errorEnded = false
    private var sentEOF = false
    private let reportsExit: Bool
    private let grace: DispatchTimeInterval
    /// When a closed link's bytes are given up; nil while the link is open.
    private var graceEnd: DispatchTime?

    /// Reads of 32 to 64 KiB cost least; larger ones send a window adjust each (TRANSPORT.md 2b).
    private static let readSize = 64 * 1024
    /// What one channel may move in a turn, so that others have theirs.
    private static let turnBudget = 256 * 1024

    init(
        _ channel: consuming RawChannel,
        for request: OpenRequest,
        window: Int,
        grace: DispatchTimeInterval
    ) {
        self.channel = channel
        self.window = window
        self.grace = grace
        link = request.link
        if case .exec = request.kind { reportsExit = true } else { reportsExit = false }
        scratch = Self.emptyScratch()
    }

    // MARK: Reading

    /// Reads both streams; true when something moved.
    func readTurn() throws(SSHError) -> Bool {
        guard phase != .over else { return false }
        // Always, also while the reader is slow: it is what makes libssh2 take its input, in which
        // window adjusts and rekeys of the other direction come.
        var moved = try readError()
        let discards = link.monitor.look { $0.closed }
        var budget = Self.turnBudget
        while budget > 0, !outputEnded, discards || hasRoom {
            let count = try readOutput(discarding: discards)
            if count == 0 { break }
            budget -= count
            moved = true
        }
        try noticeEnd()
        return moved
    }

    private var hasRoom: Bool {
        link.monitor.look { $0.inbound.count < ChannelLink.inboundLimit }
    }

    private func readError() throws(SSHError) -> Bool {
        var moved = false
        for _ in 0..<(Self.turnBudget / Self.readSize) {
            let transfer = scratch.withUnsafeMutableBytes { channel.read(.error, into: $0) }
            switch transfer {
            case .bytes(let count):
                moved = true
                scratch.withUnsafeBytes { bytes in
                    let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                    if let sink = link.errorSink { return sink(Array(part)) }
                    link.monitor.look { $0.standardError.append(part) }
                }
            case .again: return moved
            case .ended:
                errorEnded = true
                return moved
            case .failed(let code): throw SSHError.transport(code)
            }
        }
        return moved
    }

    private func readOutput(discarding: Bool) throws(SSHError) -> Int {
        let transfer = scratch.withUnsafeMutableBytes { channel.read(.output, into: $0) }
        switch transfer {
        case .bytes(let count):
            if !discarding { deliver(count) }
            return count
        case .again: return 0
        case .ended:
            outputEnded = true
            link.notify { $0.peerEnded = true }
            return 0
        case .failed(let code): throw SSHError.transport(code)
        }
    }

    private func deliver(_ count: Int) {
        if InboundQueue.shouldCopy(count) {
            scratch.withUnsafeBytes { bytes in
                let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                link.notify { $0.inbound.copy(part) }
            }
        } else {
            var chunk = Self.emptyScratch()
            swap(&chunk, &scratch)
            chunk.removeLast(chunk.count - count)
            link.notify { [chunk] in $0.inbound.adopt(chunk) }
        }
    }

    // MARK: Writing

    /// Writes what the link has, while `room` bytes may still be queued; true when something moved.
    func writeTurn(room: () -> Bool) throws(SSHError) -> Bool {
        guard phase != .over else { return false }
        var moved = false
        while room(), refill() {
            let transfer = sending.withUnsafeBytes {
                channel.write(UnsafeRawBufferPointer(rebasing: $0[sendingStart...]))
            }
            switch transfer {
            case .bytes(let count):
                sendingStart += count
                moved = true
                continue
            case .again: break
            case .ended: sendingStart = sending.count
            case .failed(let code): throw SSHError.transport(code)
            }
            break
        }
        try finishIfDone()
        return moved
    }

    /// Makes sure that there is something to send, and where more waits, a full packet of it.
    private func refill() -> Bool {
        let left = sending.count - sendingStart
        guard left < RawChannel.payloadSize else { return true }
        return link.takeOutbound(into: &sending, from: &sendingStart)
    }

    private func finishIfDone() throws(SSHError) {
        let (finished, closed, waiting) = link.monitor.look {
            ($0.finished, $0.closed, $0.outbound.count - $0.outboundStart)
        }
        guard finished else { return }
        if closed && graceEnd == nil { graceEnd = .now() + grace }
        let late = graceEnd.map { DispatchTime.now() >= $0 } ?? false
        guard late || (waiting == 0 && sendingStart == sending.count) else { return }
        if !sentEOF {
            let code = channel.sendEOF()
            guard code != LIBSSH2_ERROR_EAGAIN else { return }
            sentEOF = true
        }
        if closed { phase = .closing }
    }

    /// True while a closed link's bytes are still on their way.
    var isEnding: Bool { phase == .open && graceEnd != nil }

    // MARK: The end

    /// Frees the channel when both sides are done with it.
    private func noticeEnd() throws(SSHError) {
        if phase == .closing { return release() }
        guard outputEnded, errorEnded, channel.isClosedByPeer else { return }
        let exit = reportsExit ? channel.exit : nil
        link.notify {
            $0.exit = exit
            $0.over = true
        }
        release()
    }

    private func release() {
        guard channel.free() != LIBSSH2_ERROR_EAGAIN else { return }
        phase = .over
        link.notify { $0.over = true }
    }

    /// Tells the link that the connection is gone; the channel goes with the session.
    func abandon(_ failure: SSHError) {
        phase = .over
        link.notify {
            if !$0.over { $0.failure = failure }
            $0.over = true
        }
    }

    private static func emptyScratch() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: readSize) { _, count in count = readSize }
    }
}

extension ChannelLink {
    /// Changes the state, wakes the caller's threads, and tells the observer.
    func notify(_ body: (inout State) -> Void) {
        let observer = monitor.change { state in
            body(&state)
            return state.observer
        }
        observer?()
    }

    /// Moves bytes to send from the link to the loop; false when there are none at all.
    ///
    /// An empty `buffer` is swapped; a rest shorter than a packet is filled up to one, so that a
    /// stream leaves in full packets.
    func takeOutbound(into buffer: inout [UInt8], from start: inout Int) -> Bool {
        let left = buffer.count - start
        let waiting = monitor.look { $0.outbound.count - $0.outboundStart }
        guard waiting > 0 else { return left > 0 }
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        var mine: [UInt8] = []
        swap(&mine, &buffer)
        var newStart = 0
        notify { state in
            if mine.isEmpty {
                swap(&mine, &state.outbound)
                swap(&newStart, &state.outboundStart)
                return
            }
            let end = min(
                state.outboundStart + RawChannel.payloadSize - mine.count,
                state.outbound.count
            )
            mine.append(contentsOf: state.outbound[state.outboundStart..<end])
            state.outboundStart = end
            if end == state.outbound.count {
                state.outbound.removeAll(keepingCapacity: true)
                state.outboundStart = 0
            }
        }
        buffer = mine
        start = newStart
        return true
    }
}
