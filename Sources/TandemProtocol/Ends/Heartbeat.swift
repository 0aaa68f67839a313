/// What an end asks of the shell around it when time has passed.
package enum EndAction: Hashable, Sendable {
    /// Write these bytes to the link.
    case send([UInt8])
    /// Close the link: the peer is gone or keeps the rules of time badly.
    case dead(DeathReason)
}

/// Why an end gave its peer up.
package enum DeathReason: String, Hashable, Sendable, CaseIterable {
    case silence = "no byte from the other side for 15 s"
    case unansweredProbe = "no byte from the other side when it was asked for a sign of life"
    case helloDeadline = "no Hello within 5 s"
}

/// Notices a silent peer and measures the round trip; time is a parameter.
///
/// Own frames, not SSH keepalives: those queue for ever in libssh2 and miss a stopped receiver.
struct Heartbeat: Hashable, Sendable {
    private var lastHeard: UInt64
    private var lastPing: UInt64
    private var number: UInt64 = 0
    private var awaitsPong = false
    /// When silence since a probe means that the peer is dead; nil while none is out.
    private var probedUntil: UInt64?
    private var secondStart: UInt64
    private var pingsThisSecond = 0

    private static let second: UInt64 = 1_000_000_000

    init(now: UInt64) {
        lastHeard = now
        lastPing = now
        secondStart = now
    }

    mutating func heard(now: UInt64) {
        lastHeard = max(lastHeard, now)
        probedUntil = nil
    }

    /// Why the peer is dead at `now`; nil while it lives.
    func death(now: UInt64) -> DeathReason? {
        if Self.time(since: lastHeard, now) >= Limits.deadAfter { return .silence }
        guard let probedUntil, now >= probedUntil else { return nil }
        return .unansweredProbe
    }

    /// Demands a byte within `patience`, unless the peer has just given one that was asked for.
    ///
    /// - Returns: the number of a ping to send; nil while one is on its way, so that many questions
    ///   make few pings.
    mutating func probe(now: UInt64, patience: UInt64) -> UInt64? {
        guard probedUntil == nil else { return nil }
        // Before the first ping `lastPing` is when the link began, which nobody answers.
        let isRecent = number > 0 && Self.time(since: lastPing, now) < Limits.probeSpacing
        if isRecent && !awaitsPong { return nil }
        probedUntil = now + patience
        return isRecent ? nil : ping(now: now)
    }

    /// The number of the ping that is due, if one is.
    ///
    /// Also while the peer is heard: on a slow line its own pings wait behind what it sends, and
    /// ours come down the idle direction.
    mutating func pingIfDue(now: UInt64) -> UInt64? {
        guard Self.time(since: lastPing, now) >= Limits.pingAfter else { return nil }
        return ping(now: now)
    }

    /// Counts a ping that leaves now.
    mutating func ping(now: UInt64) -> UInt64 {
        number += 1
        lastPing = now
        awaitsPong = true
        return number
    }

    /// The round trip that ends with this pong; nil for one nobody waits for.
    mutating func pong(_ received: UInt64, now: UInt64) -> UInt64? {
        guard awaitsPong, received == number else { return nil }
        awaitsPong = false
        return Self.time(since: lastPing, now)
    }

    /// Counts a ping of the peer's.
    mutating func pinged(now: UInt64) throws(ProtocolError) {
        if Self.time(since: secondStart, now) >= Self.second {
            secondStart = now
            pingsThisSecond = 0
        }
        pingsThisSecond += 1
        guard pingsThisSecond <= Limits.pingsPerSecond else {
            throw ProtocolError(.tooManyPings, "Ping")
        }
    }

    /// When `tick` next has something to do.
    var nextTick: UInt64 {
        min(lastPing + Limits.pingAfter, lastHeard + Limits.deadAfter, probedUntil ?? .max)
    }

    private static func time(since start: UInt64, _ now: UInt64) -> UInt64 {
        now > start ? now - start : 0
    }
}
