/// What the vm's end gives its shell.
package enum VMEvent: Hashable, Sendable {
    case message(LaptopMessage)
    /// The laptop shares no version; answer with Failure, then close.
    case versionMismatch(VersionMismatch)
    /// Write these bytes: the answer to a ping.
    case answer([UInt8])
    /// A ping came back after this many nanoseconds.
    case roundTrip(UInt64)
}

/// The vm's end of a session: bytes in, events out; messages in, bytes out.
///
/// It knows no clock, link or thread.
/// Until a valid Hello it takes 64 KiB and 5 s at most, and answers nothing (SAFETY I11).
/// After an error, send a Failure if you like and close the link: the end takes nothing more.
package struct VMEnd: Hashable, Sendable {
    private let versions: VersionRange
    private let start: UInt64
    private var assembler = FrameAssembler()
    private var conversation: Conversation
    private var heartbeat: Heartbeat
    private var allowance = Limits.beforeHello
    private var window: UInt64 = 0
    private var owed: UInt64 = 0
    private var saidBye = false

    /// Begins when the connection was accepted.
    package init(versions: VersionRange = .own, now: UInt64) {
        self.versions = versions
        conversation = Conversation(vm: versions)
        start = now
        heartbeat = Heartbeat(now: now)
    }

    /// What to write before any frame.
    package var greeting: [UInt8] { GreetingScanner.greeting(versions) }

    /// Whether a valid Hello came.
    package var hasHello: Bool { conversation.phase != .awaitingHello }

    /// Whether the session is over by Bye, Failure or an error.
    package var isClosed: Bool { conversation.isClosed }

    /// Whether the stream may end here without a frame being cut.
    package var isBetweenFrames: Bool { assembler.isEmpty }

    /// When `tick` next has something to do.
    package var nextTick: UInt64 {
        hasHello ? heartbeat.nextTick : start + Limits.helloDeadline
    }
}

extension VMEnd {
    /// Takes what the link read, cut anywhere.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        now: UInt64
    ) throws(ProtocolError) -> [VMEvent] {
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
    ) throws(ProtocolError) -> [VMEvent] {
        try unsafe Array(bytes).withUnsafeBufferPointer { buffer throws(ProtocolError) in
            try unsafe receive(UnsafeRawBufferPointer(buffer), now: now)
        }
    }

    private mutating func take(
        _ bytes: UnsafeRawBufferPointer,
        now: UInt64
    ) throws(ProtocolError) -> [VMEvent] {
        var input = unsafe bytes
        var events: [VMEvent] = []
        while !conversation.isClosed, let frame = try unsafe nextFrame(&input) {
            if let event = try event(frame, now: now) { events.append(event) }
        }
        return events
    }

    /// Takes a frame off the input; before Hello no more than the allowance.
    private mutating func nextFrame(
        _ input: inout UnsafeRawBufferPointer
    ) throws(ProtocolError) -> Frame? {
        guard !hasHello else { return try unsafe assembler.next(&input) }
        var piece = unsafe UnsafeRawBufferPointer(rebasing: input.prefix(allowance))
        let given = piece.count
        let frame = try unsafe assembler.next(&piece)
        let taken = given - piece.count
        allowance -= taken
        unsafe input = UnsafeRawBufferPointer(rebasing: input.dropFirst(taken))
        if frame == nil, allowance == 0 {
            throw ProtocolError(.helloTooLong, "\(Limits.beforeHello) bytes and no Hello")
        }
        return frame
    }

    private mutating func event(
        _ frame: Frame,
        now: UInt64
    ) throws(ProtocolError) -> VMEvent? {
        if !hasHello, let mismatch = try checkVersion(frame) {
            conversation.close()
            return .versionMismatch(mismatch)
        }
        let message = try LaptopMessage(frame)
        try conversation.laptopSays(message)
        switch message {
        case .ping(let number):
            try heartbeat.pinged(now: now)
            return .answer(try VMMessage.pong(number).frame())
        case .pong(let number):
            return heartbeat.pong(number, now: now).map(VMEvent.roundTrip)
        default:
            return .message(message)
        }
    }

    /// Compares versions before anything else of a Hello is read: the rest may be of a newer form.
    private func checkVersion(_ frame: Frame) throws(ProtocolError) -> VersionMismatch? {
        guard frame.type == .hello || frame.type == .bye else {
            throw ProtocolError(.wrongOrder, "a message before Hello")
        }
        guard frame.type == .hello else { return nil }
        var reader = ByteReader(frame.payload)
        let laptop = try reader.versionRange("Hello.versions")
        guard versions.common(with: laptop) == nil else { return nil }
        return VersionMismatch(laptop: laptop, vm: versions)
    }
}

extension VMEnd {
    /// Writes a message if it may be said now; Failure and Bye also after the end.
    package mutating func encode(
        _ message: VMMessage,
        now: UInt64
    ) throws(ProtocolError) -> [UInt8] {
        let bytes = try message.frame()
        guard !saidBye, !conversation.isClosed || message.endsSession else {
            throw ProtocolError(.wrongOrder, "a message after the end")
        }
        try conversation.vmSays(message)
        if case .bye = message { saidBye = true }
        if case .welcome(let welcome) = message { window = welcome.credit }
        return bytes
    }

    /// Content bytes the laptop has granted and not yet been sent.
    package var contentCredit: UInt64 { conversation.contentCredit }

    /// Lets a packer's frame of content pass if it may be sent now; then write `frame.bytes`.
    package mutating func admit(_ frame: PackedFrame) throws(ProtocolError) {
        guard !saidBye, !conversation.isClosed else {
            throw ProtocolError(.wrongOrder, "a message after the end")
        }
        try conversation.vmSays(frame)
    }

    /// Counts content that was written and, when it is worth a frame, grants as much again.
    ///
    /// - Parameters:
    ///   - cost: the sum of `DataPack.cost` of the packs that no longer take memory.
    ///   - now: the time.
    /// - Returns: a Credit frame to write, or nil while it is not worth one.
    /// - Throws: `ProtocolError` before Welcome.
    package mutating func topUp(_ cost: Int, now: UInt64) throws(ProtocolError) -> [UInt8]? {
        owed += UInt64(max(cost, 0))
        // A quarter of the window: few frames, and the laptop never runs dry.
        guard owed > 0, owed >= window / 4, !conversation.isClosed else { return nil }
        let grant = min(owed, Limits.credit)
        owed -= grant
        return try encode(.credit(grant), now: now)
    }

    /// Writes a ping, for measuring the round trip.
    package mutating func ping(now: UInt64) throws(ProtocolError) -> [UInt8] {
        try encode(.ping(heartbeat.ping(now: now)), now: now)
    }

    /// Says what is due at `now`: a ping, or that the laptop is dead.
    package mutating func tick(now: UInt64) -> [EndAction] {
        guard !conversation.isClosed else { return [] }
        if !hasHello { return tickBeforeHello(now: now) }
        if let reason = heartbeat.death(now: now) {
            conversation.close()
            return [.dead(reason)]
        }
        guard let number = heartbeat.pingIfDue(now: now),
            let bytes = try? VMMessage.ping(number).frame()
        else { return [] }
        return [.send(bytes)]
    }

    private mutating func tickBeforeHello(now: UInt64) -> [EndAction] {
        guard now >= start + Limits.helloDeadline else { return [] }
        conversation.close()
        return [.dead(.helloDeadline)]
    }
}

extension VMMessage {
    fileprivate var endsSession: Bool {
        switch self {
        case .failure, .bye: true
        default: false
        }
    }
}
