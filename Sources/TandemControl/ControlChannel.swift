package import Dispatch
package import TandemSystem

/// One end of a conversation over the control socket: messages in, messages out.
///
/// One thread uses it at a time; `close` may come from any.
package final class ControlChannel: Sendable {
    private struct State {
        var reader: FrameReader
    }

    /// What one read takes.
    private static let readSize = 64 << 10

    private let link: any ByteLink
    private let state: Monitor<State>

    /// Makes an end over a link.
    ///
    /// - Parameters:
    ///   - link: the socket.
    ///   - limit: the longest message that is taken.
    package init(_ link: any ByteLink, limit: Int) {
        self.link = link
        state = Monitor(State(reader: FrameReader(limit: limit)))
    }

    /// Sends a message.
    ///
    /// - Throws: `ControlError`
    package func send(_ message: some Encodable) throws(ControlError) {
        let bytes = ControlFrame.bytes(of: try ControlCoding.encode(message))
        do {
            try link.write(bytes)
        } catch {
            throw ControlError(.closed, "the conversation ended: \(error)")
        }
    }

    /// Waits for the next message.
    ///
    /// - Parameters:
    ///   - type: what it has to be.
    ///   - deadline: when to give up.
    /// - Returns: the message; nil when the other side ended the conversation between two.
    /// - Throws: `ControlError`
    package func receive<Message: Decodable>(
        _ type: Message.Type,
        until deadline: DispatchTime
    ) throws(ControlError) -> Message? {
        while true {
            if let message = try take() { return try ControlCoding.decode(type, from: message) }
            guard try fill(until: deadline) else { return nil }
        }
    }

    /// Ends the conversation.
    package func close() { link.close() }

    private func take() throws(ControlError) -> [UInt8]? {
        let result = state.change { state in
            Result { () throws(ControlError) in try state.reader.next() }
        }
        return try result.get()
    }

    /// Reads once; false at the end.
    private func fill(until deadline: DispatchTime) throws(ControlError) -> Bool {
        let chunk: [UInt8]
        do {
            chunk = try read(until: deadline)
        } catch let error as LinkError where error.code == .timedOut {
            throw ControlError(.timedOut, "no answer in time")
        } catch {
            throw ControlError(.closed, "the conversation ended: \(error)")
        }
        state.change { $0.reader.feed(chunk) }
        return !chunk.isEmpty
    }

    private func read(until deadline: DispatchTime) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.readSize,
            alignment: 16
        )
        defer { unsafe buffer.deallocate() }
        let count = try unsafe link.read(into: buffer, until: deadline)
        return unsafe Array(buffer[..<count])
    }
}
