/// A message's place in the stream: four bytes of length, most significant first, then the message.
package enum ControlFrame {
    /// What a frame's length takes.
    static let headerLength = 4
    /// The longest request: a resolution of 10,000 conflicts fits.
    package static let longestRequest = 4 << 20
    /// The longest answer: a file's content of `ContentAnswer.limit`, in base64, fits.
    package static let longestAnswer = 16 << 20

    /// Puts a message behind its length.
    package static func bytes(of message: [UInt8]) -> [UInt8] {
        let length = UInt32(clamping: message.count)
        let header = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> UInt32($0)) }
        return header + message
    }
}

/// Cuts a stream into messages, with a bound on each.
package struct FrameReader: Sendable {
    private let limit: Int
    private var buffer: [UInt8] = []

    /// Makes a reader; a message longer than `limit` is an error.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Takes what came over the socket.
    package mutating func feed(_ bytes: some Collection<UInt8>) {
        buffer.append(contentsOf: bytes)
    }

    /// The next whole message; nil while more has to come.
    ///
    /// - Throws: `ControlError` where a message is longer than any may be.
    package mutating func next() throws(ControlError) -> [UInt8]? {
        guard buffer.count >= ControlFrame.headerLength else { return nil }
        let length = buffer[..<ControlFrame.headerLength].reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else {
            throw ControlError(.garbled, "a message of \(length) bytes; \(limit) is the most")
        }
        let end = ControlFrame.headerLength + length
        guard buffer.count >= end else { return nil }
        defer { buffer.removeFirst(end) }
        return Array(buffer[ControlFrame.headerLength..<end])
    }
}
