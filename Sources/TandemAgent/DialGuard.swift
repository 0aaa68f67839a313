import TandemControl

/// Remembers that dialling needs a person, so that a background program does not knock for ever.
///
/// A login that the vm refused is not tried again for a while: machines lock out who fails often.
/// What fails on this side alone is tried as often as anything else.
struct DialGuard: Sendable {
    /// How long a refused login is not tried again, in nanoseconds: five attempts in ten minutes are
    /// what fail2ban allows by default.
    static let quiet: UInt64 = 300_000_000_000

    /// What is needed; nil when nothing is.
    private(set) var need: PersonNeeded?
    private var notBefore: UInt64 = 0

    /// Whether to dial now; throws what is needed where that would only repeat a refusal.
    func check(now: UInt64) throws(PersonNeeded) {
        if let need, now < notBefore { throw need }
    }

    mutating func failed(_ error: any Error, now: UInt64) {
        need = error as? PersonNeeded
        notBefore = need?.isSeenByVM == true ? now &+ Self.quiet : 0
    }

    mutating func connected() { self = DialGuard() }

    /// A person, or the network, gives reason to try at once.
    mutating func tryNow() { notBefore = 0 }
}
