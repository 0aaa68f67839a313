import TandemManagement
import Testing

struct RestartBackoffTests {
    private static let second: UInt64 = 1_000_000_000

    private func waits(_ backoff: inout RestartBackoff, _ count: Int) -> [UInt64] {
        (0..<count).compactMap { _ in
            guard case .start(let time) = backoff.didEnd(at: 0, spread: 0) else { return nil }
            return time / Self.second
        }
    }

    @Test func `waits double up to the cap, then a person is asked`() {
        var backoff = RestartBackoff()
        #expect(waits(&backoff, 10) == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
        #expect(backoff.didEnd(at: 0, spread: 0) == .giveUp(after: 10))
        backoff.reset()
        #expect(waits(&backoff, 2) == [1, 2])
    }

    @Test func `a container that stayed up begins anew, one that did not does not`() {
        var backoff = RestartBackoff()
        _ = waits(&backoff, 4)
        backoff.didStart(at: 0)
        #expect(backoff.didEnd(at: 599 * Self.second, spread: 0) == .start(at: 615 * Self.second))
        backoff.didStart(at: 0)
        #expect(backoff.didEnd(at: 600 * Self.second, spread: 0) == .start(at: 601 * Self.second))
        #expect(backoff.restarts == 1)
    }

    @Test func `starts that fail do not count the time since an earlier one`() {
        var backoff = RestartBackoff()
        backoff.didStart(at: 0)
        _ = backoff.didEnd(at: 5, spread: 0)
        _ = backoff.didEnd(at: 700 * Self.second, spread: 0)
        #expect(backoff.restarts == 2)
    }

    @Test(arguments: [(0.0, 4.0), (1.0, 3.0), (0.5, 3.5), (-7.0, 4.0), (99.0, 3.0)])
    func `the spread takes away a quarter at most`(spread: Double, seconds: Double) {
        var backoff = RestartBackoff()
        _ = waits(&backoff, 2)
        let expected = UInt64(seconds * Double(Self.second))
        #expect(backoff.didEnd(at: 0, spread: spread) == .start(at: expected))
    }

    @Test func `absurd bounds do not overflow`() {
        var policy = RestartBackoff.Policy()
        policy.first = .max / 2 + 1
        policy.longest = .max
        policy.attempts = 200
        var backoff = RestartBackoff(policy: policy)
        for _ in 0..<200 { _ = backoff.didEnd(at: .max, spread: 0.5) }
        #expect(backoff.didEnd(at: .max, spread: 0.5) == .giveUp(after: 200))
    }
}
