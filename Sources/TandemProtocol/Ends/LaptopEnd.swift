/// What the laptop's end gives its shell.
package enum LaptopEvent: Hashable, Sendable {
    /// The receiver is there and shares a version.
    case greeted(VersionRange)
    /// The receiver is there and shares none; the session is over.
    case versionMismatch(VersionMismatch)
    case message(VMMessage)
    /// Write these bytes: the answer to a ping.
    case answer([UInt8])
    /// A ping came back after this many nanoseconds.
    case roundTrip(UInt64)
}

/// The laptop's end of a session: bytes in, events out; messages in, bytes out.
///
/// It knows no clock, link or thread. After an error, close the link: the end takes nothing more.
package struct LaptopEnd: Hashable, Sendable {
    private let versions: VersionRange
    private var scanner = GreetingScanner()
    private var isGreeted = false
    private var assembler = FrameAssembler()
    private var conversation = Conversation()
    private var heartbeat: Heartbeat
    /// Content written since the last Grant.
    private var owed: UInt64 = 0
    /// The first bytes that came before the greeting, as a login shell printed them: not escaped.
    package var preamble: [UInt8] { scanner.preamble }

    /// Begins when the link is there.
    package init(versions: VersionRange = .own, now: UInt64) {
        self.versions = versions
        heartbeat = Heartbeat(now: now)
    }

    /// Content bytes the vm has granted and not yet been sent.
    package var credit: UInt64 { conversation.credit }

    /// Whether the session is over by Bye, Failure or an error.
    package var isClosed: Bool { conversation.isClosed }

    /// Whether the stream may end here without a frame being cut.
    package var isBetweenFrames: Bool { isGreeted && assembler.isEmpty }

    /// When `tick` next has something to do.
    package var nextTick: UInt64 { heartbeat.nextTick }
}

extension LaptopEnd {
    /// Takes what the link read, cut anywhere.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        now: UInt64
    ) throws(ProtocolError) -> [LaptopEvent] {
        if unsafe !bytes.isEmpty { heartbeat.heard(now: now) }
        do throws(ProtocolError) {
            return try unsafe take(bytes, now: now)
        } catch {
            conversation.close()
            throw error
        }
    }

    /// Takes bytes from an array.
    package mutating func receive(
        _ bytes: some Collection<UInt8>,
        now: UInt64
    ) throws(ProtocolError) -> [LaptopEvent] {
        try unsafe Array(bytes).withUnsafeBufferPointer { buffer throws(ProtocolError) in
            try unsafe receive(UnsafeRawBufferPointer(buffer), now: now)
        }
    }

    private mutating func take(
        _ bytes: UnsafeRawBufferPointer,
        now: UInt64
    ) throws(ProtocolError) -> [LaptopEvent] {
        var input = unsafe bytes
        var events: [LaptopEvent] = []
        while !isGreeted, !conversation.isClosed, let byte = unsafe input.first {
            unsafe input = UnsafeRawBufferPointer(rebasing: input.dropFirst())
            if let event = try scan(byte) { events.append(event) }
        }
        while !conversation.isClosed, let frame = try unsafe assembler.next(&input) {
            if let event = try event(VMMessage(frame), now: now) { events.append(event) }
        }
        return events
    }

    private mutating func scan(_ byte: UInt8) throws(ProtocolError) -> LaptopEvent? {
        guard let found = try scanner.take(byte) else { return nil }
        isGreeted = true
        guard versions.common(with: found) != nil else {
            conversation.close()
            return .versionMismatch(VersionMismatch(laptop: versions, vm: found))
        }
        conversation.greet(found)
        return .greeted(found)
    }

    private mutating func event(
        _ message: VMMessage,
        now: UInt64
    ) throws(ProtocolError) -> LaptopEvent? {
        try conversation.vmSays(message)
        switch message {
        case .ping(let number):
            try heartbeat.pinged(now: now)
            return .answer(try LaptopMessage.pong(number).frame())
        case .pong(let number):
            return heartbeat.pong(number, now: now).map(LaptopEvent.roundTrip)
        default:
            return .message(message)
        }
    }
}

extension LaptopEnd {
    /// Writes a message if it may be said now.
    package mutating func encode(
        _ message: LaptopMessage,
        now: UInt64
    ) throws(ProtocolError) -> [UInt8] {
        let bytes = try message.frame()
        try checkOpen()
        if case .hello(let hello) = message, hello.versions != versions {
            throw ProtocolError(.badValue, "Hello.versions")
        }
        try conversation.laptopSays(message)
        return bytes
    }

    /// Lets a packer's frame pass if it may be sent now; then write `frame.bytes`.
    package mutating func admit(_ frame: PackedFrame) throws(ProtocolError) {
        try checkOpen()
        try conversation.laptopSays(frame)
    }

    /// Counts content from the vm that was written and, when it is worth a frame, grants as much.
    ///
    /// - Parameters:
    ///   - cost: the sum of `DataPack.cost` of the packs that no longer take memory.
    ///   - window: what was granted at first.
    ///   - now: the time.
    /// - Returns: a Grant frame to write, or nil while it is not worth one.
    /// - Throws: `ProtocolError` outside a session of purpose sync.
    package mutating func topUp(
        _ cost: Int,
        window: UInt64,
        now: UInt64
    ) throws(ProtocolError) -> [UInt8]? {
        owed += UInt64(max(cost, 0))
        // A quarter of the window: few frames, and the vm never runs dry.
        guard owed > 0, owed >= window / 4, !conversation.isClosed else { return nil }
        let grant = min(owed, Limits.credit)
        owed -= grant
        return try encode(.grant(grant), now: now)
    }

    /// Writes a ping, for measuring the round trip.
    package mutating func ping(now: UInt64) throws(ProtocolError) -> [UInt8] {
        try encode(.ping(heartbeat.ping(now: now)), now: now)
    }

    /// Asks for a sign of life because the link is in doubt; without one, `tick` says that the vm is
    /// dead.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - patience: how long any byte may take to come, in nanoseconds.
    /// - Returns: a ping to write; nil while an earlier one is out or has just come back.
    /// - Throws: `ProtocolError` before Hello and after the end.
    package mutating func probe(
        now: UInt64,
        patience: UInt64
    ) throws(ProtocolError) -> [UInt8]? {
        // A probe that cannot be sent must not be waited for.
        var asking = heartbeat
        var frame: [UInt8]?
        if let number = asking.probe(now: now, patience: patience) {
            frame = try encode(.ping(number), now: now)
        }
        heartbeat = asking
        return frame
    }

    /// Says what is due at `now`: a ping, or that the vm is dead.
    package mutating func tick(now: UInt64) -> [EndAction] {
        guard !conversation.isClosed else { return [] }
        if let reason = heartbeat.death(now: now) {
            conversation.close()
            return [.dead(reason)]
        }
        guard conversation.phase != .awaitingHello, let number = heartbeat.pingIfDue(now: now),
            let bytes = try? LaptopMessage.ping(number).frame()
        else { return [] }
        return [.send(bytes)]
    }

    private func checkOpen() throws(ProtocolError) {
        guard !conversation.isClosed else {
            throw ProtocolError(.wrongOrder, "a message after the end")
        }
    }
}
