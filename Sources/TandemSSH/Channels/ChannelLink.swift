package import Dispatch
import TandemSystem

/// One channel of an `SSHConnection` as a byte link.
///
/// The caller's threads meet the loop thread only here, in one monitor: bytes that arrived wait in
/// a bounded queue, bytes to send in a buffer the loop swaps for an empty one. What was written
/// before `close` is still sent, for up to a second.
package final class ChannelLink: CommandLink {
    struct State {
        var inbound = InboundQueue()
        /// Bytes to send, from `outboundStart` on.
        var outbound: [UInt8] = []
        var outboundStart = 0
        /// The peer sends no more; what is queued can still be read.
        var peerEnded = false
        /// This side sends no more.
        var finished = false
        var closed = false
        var failure: SSHError?
        var standardError = BoundedText()
        var exit: RemoteExit?
        /// The loop is done with the channel.
        var over = false
        var observer: (@Sendable () -> Void)?
    }

    /// Bytes that may wait for the reader before the loop stops reading the channel; behind it
    /// stands SSH's own window.
    static let inboundLimit = 512 * 1024
    /// A multiple of SSH's payload, so that full buffers leave as full packets.
    static let outboundLimit = 8 * RawChannel.payloadSize

    let monitor = Monitor(State())
    /// Is given standard error as it comes, on the loop thread; nil keeps the last of it.
    let errorSink: (@Sendable ([UInt8]) -> Void)?
    private let wakeup: Wakeup
    private let subject: String

    init(
        subject: String,
        wakeup: Wakeup,
        errorSink: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.subject = subject
        self.wakeup = wakeup
        self.errorSink = errorSink
    }

    package func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int {
        let got = try monitor.wait(until: deadline) { state -> Taken? in
            try self.take(&state, into: buffer)
        }
        guard let got else { throw LinkError(.timedOut, "\(subject): no answer in time") }
        if got.freedRoom { wakeup.ring() }
        return got.count
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = try monitor.wait { state -> Int? in
                let room = try self.put(&state, rest)
                return room > 0 ? room : nil
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[(count ?? 0)...])
            wakeup.ring()
        }
    }

    package func close() {
        monitor.change {
            $0.closed = true
            $0.finished = true
        }
        wakeup.ring()
    }

    package func finishWriting() {
        monitor.change { $0.finished = true }
        wakeup.ring()
    }

    package var standardErrorText: String { monitor.look { $0.standardError.text } }

    package func waitForExit(until deadline: DispatchTime) -> RemoteExit? {
        let found = monitor.wait(until: deadline) { state -> RemoteExit?? in
            if let exit = state.exit { return exit }
            return state.over ? .some(nil) : nil
        }
        return found ?? nil
    }

    package var failure: SSHError? { monitor.look { $0.failure } }
}

// What a session over this channel uses; its loop thread must not wait.
extension ChannelLink {
    /// Has `notice` called whenever bytes arrived, room was made or the link ended.
    func observe(_ notice: @escaping @Sendable () -> Void) {
        monitor.look { $0.observer = notice }
        notice()
    }

    func readNow(into buffer: UnsafeMutableRawBufferPointer) throws(SSHError) -> Int? {
        let result = Result { try monitor.look { try self.take(&$0, into: buffer) } }
        switch result {
        case .success(let got):
            if got?.freedRoom == true { wakeup.ring() }
            return got?.count
        case .failure(let error): throw lost(error)
        }
    }

    func writeNow(_ bytes: UnsafeRawBufferPointer) throws(SSHError) -> Int {
        let result = Result { try monitor.look { try self.put(&$0, bytes) } }
        switch result {
        case .success(let count):
            if count > 0 { wakeup.ring() }
            return count
        case .failure(let error): throw lost(error)
        }
    }

    private func lost(_ error: any Error) -> SSHError {
        failure ?? SSHError(.connectionLost, "the jump host's channel ended", subject: subject)
    }
}

extension ChannelLink {
    private struct Taken: Sendable {
        var count: Int
        var freedRoom = false
    }

    /// Takes what there is; nil when nothing is there yet, 0 at the end.
    private func take(
        _ state: inout State,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws -> Taken? {
        if state.closed { throw LinkError(.closed, "\(subject): the link is closed") }
        if state.inbound.count > 0 {
            let wasFull = state.inbound.count >= Self.inboundLimit
            let count = state.inbound.take(into: buffer)
            return Taken(
                count: count,
                freedRoom: wasFull && state.inbound.count < Self.inboundLimit
            )
        }
        if let failure = state.failure { throw LinkError(.closed, failure.description) }
        return state.peerEnded ? Taken(count: 0) : nil
    }

    /// Appends as much of `bytes` as fits; 0 when nothing does.
    private func put(_ state: inout State, _ bytes: UnsafeRawBufferPointer) throws -> Int {
        if let failure = state.failure { throw LinkError(.closed, failure.description) }
        if state.closed || state.finished {
            throw LinkError(.closed, "\(subject): the link is closed")
        }
        if state.over { throw LinkError(.closed, "\(subject): the other side closed the link") }
        let room = Self.outboundLimit - (state.outbound.count - state.outboundStart)
        let part = min(room, bytes.count)
        guard part > 0 else { return 0 }
        if state.outbound.capacity < Self.outboundLimit + RawChannel.payloadSize {
            state.outbound.reserveCapacity(Self.outboundLimit + RawChannel.payloadSize)
        }
        state.outbound.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<part]))
        return part
    }
}
