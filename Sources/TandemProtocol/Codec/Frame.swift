/// What a frame holds; the number is the byte after the length.
package enum FrameType: UInt8, Sendable, CaseIterable {
    case hello = 0x01
    case rules = 0x02
    case compare = 0x03
    case list = 0x04
    case begin = 0x05
    case changes = 0x06
    case data = 0x07
    case end = 0x08
    case appliedQuery = 0x09
    case commit = 0x0a
    case shelfList = 0x0b
    case shelfRestore = 0x0c
    case watch = 0x0d
    case drain = 0x0e
    case fetch = 0x0f
    case grant = 0x10
    case times = 0x11

    case welcome = 0x41
    case rootTree = 0x42
    case listing = 0x43
    case need = 0x44
    case credit = 0x45
    case progress = 0x46
    case outcome = 0x47
    case ended = 0x48
    case applied = 0x49
    case committed = 0x4a
    case shelfItems = 0x4b
    case restored = 0x4c
    case failure = 0x4d
    case observed = 0x4e
    case content = 0x4f
    case fetched = 0x50
    case drained = 0x51
    case notice = 0x52
    case modified = 0x53

    case ping = 0x7d
    case pong = 0x7e
    case bye = 0x7f
}

/// A frame taken off the stream: its type and what follows it.
struct Frame: Hashable, Sendable {
    var type: FrameType
    var payload: [UInt8]
}

extension [UInt8] {
    /// Length field and type: what stands before every payload.
    static let frameHeaderSize = 5

    /// Begins a frame whose length `finishFrame` fills in.
    static func frame(_ type: FrameType) -> [UInt8] {
        [0, 0, 0, 0, type.rawValue]
    }

    /// Writes the length of a frame that begins at byte 0.
    mutating func finishFrame() throws(ProtocolError) {
        guard count - 4 <= Limits.frame else {
            throw ProtocolError(.frameTooLarge, "a message of \(count) bytes")
        }
        setFixed32(UInt32(count - 4), at: 0)
    }
}

/// Collects frames out of a stream that may be cut anywhere.
///
/// It never holds more than one frame, and grows only as bytes arrive: a length is a promise the
/// peer has yet to keep.
struct FrameAssembler: Hashable, Sendable {
    /// What is set aside for a frame at once; beyond it the array doubles with the bytes.
    private static let firstCapacity = 65_536

    private var header: [UInt8] = []
    private var type: FrameType?
    private var payload: [UInt8] = []
    private var missing = 0

    /// Whether the stream stands between two frames.
    var isEmpty: Bool { header.isEmpty }

    /// Takes bytes from the front of `input` until a frame is whole or the input is used up.
    mutating func next(_ input: inout UnsafeRawBufferPointer) throws(ProtocolError) -> Frame? {
        if type == nil {
            try unsafe takeHeader(&input)
        }
        guard let type else { return nil }
        unsafe takePayload(&input)
        guard missing == 0 else { return nil }
        defer { reset() }
        return Frame(type: type, payload: payload)
    }

    private mutating func takeHeader(
        _ input: inout UnsafeRawBufferPointer
    ) throws(ProtocolError) {
        while let byte = unsafe input.first {
            unsafe input = unsafe UnsafeRawBufferPointer(rebasing: input.dropFirst())
            header.append(byte)
            if header.count == 4 { try checkLength() }
            if header.count == [UInt8].frameHeaderSize { return try openPayload(byte) }
        }
    }

    private mutating func checkLength() throws(ProtocolError) {
        let length = header.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        guard length > 0 else { throw ProtocolError(.frameEmpty, "frame length") }
        guard length <= Limits.frame else { throw ProtocolError(.frameTooLarge, "frame length") }
        missing = Int(length) - 1
    }

    private mutating func openPayload(_ byte: UInt8) throws(ProtocolError) {
        guard let known = FrameType(rawValue: byte) else {
            throw ProtocolError(.unknownType, "frame type \(byte)")
        }
        type = known
        payload.reserveCapacity(Swift.min(missing, Self.firstCapacity))
    }

    private mutating func takePayload(_ input: inout UnsafeRawBufferPointer) {
        let count = Swift.min(missing, input.count)
        unsafe payload.append(contentsOf: UnsafeRawBufferPointer(rebasing: input[..<count]))
        unsafe input = unsafe UnsafeRawBufferPointer(rebasing: input.dropFirst(count))
        missing -= count
    }

    private mutating func reset() {
        header.removeAll(keepingCapacity: true)
        type = nil
        payload = []
    }
}
