import TandemSync
import TandemTestSupport
import Testing

struct BackoffTests {
    @Test func `full waits double up to the cap, and begin anew after a success`() {
        var backoff = Backoff()
        let waits = (0..<100).map { _ in backoff.failed(spread: 1) }
        #expect(waits.prefix(4) == [250_000_000, 500_000_000, 1_000_000_000, 2_000_000_000])
        #expect(waits.dropFirst(7).allSatisfy { $0 == 30_000_000_000 })
        #expect(backoff.failures == 100)
        backoff.reset()
        #expect(backoff.failed(spread: 1) == 250_000_000)
    }

    @Test func `a link that stood for a while is made anew as soon as the first one`() {
        let second: UInt64 = 1_000_000_000
        var backoff = Backoff()
        for _ in 0..<9 { _ = backoff.failed(spread: 1, stood: 4 * second) }
        #expect(backoff.failed(spread: 1, stood: 0) == 30 * second)
        #expect(backoff.failed(spread: 1, stood: 5 * second) == second / 4)
        #expect(backoff.failed(spread: 1) == second / 2)
    }

    @Test(.tags(.property), arguments: [11, 12])
    func `whatever the spread, a wait is from half of the full one to all of it`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<500 {
            var full = Backoff()
            var spread = Backoff()
            for _ in 0..<generator.below(30) {
                let most = full.failed(spread: 1)
                let wait = spread.failed(spread: Double(generator.below(40)) / 10 - 1.5)
                #expect(wait <= most && wait >= most / 2, "seed \(seed), round \(round)")
            }
        }
    }
}
