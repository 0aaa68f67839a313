import Dispatch
import Glibc
import TandemDaemon
import Testing

/// The only test that takes the process's signals, hence one test.
@Suite(.serialized)
struct TerminationSignalsTests {
    @Test func `signals come as values, in order, and none is missed or invented`() throws {
        let signals = try TerminationSignals()
        #expect(signals.poll() == nil)
        kill(getpid(), SIGHUP)
        #expect(signals.next(until: .now() + 10) == .hangUp)
        kill(getpid(), SIGTERM)
        #expect(signals.next(until: .now() + 10) == .terminate)
        kill(getpid(), SIGINT)
        #expect(signals.next(until: .now() + 10) == .interrupt)
        #expect(signals.next(until: .now()) == nil)
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_DFL) }
    }
}
