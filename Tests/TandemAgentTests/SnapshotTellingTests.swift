import TandemProject
import Testing

@testable import TandemAgent

/// When the snapshot daemon is told what tandem.yml wishes.
struct SnapshotTellingTests {
    private let second: UInt64 = 1_000_000_000
    private let hourly = SnapshotWish(every: 3600)
    private let nothing = SnapshotWish()

    @Test func `a wish is told once, when the link stands`() {
        var telling = SnapshotTelling(mayHold: false)
        #expect(telling.next(hourly, isConnected: false, now: 0) == nil)
        #expect(telling.next(hourly, isConnected: true, now: 1) == hourly)
        #expect(telling.next(hourly, isConnected: true, now: 2) == nil, "it is under way")
        let said = telling.ended(hourly, nil, now: 3)
        #expect(
            said?.contains("goes by tandem.yml: snapshots of the vm are taken every 1h") == true
        )
        #expect(telling.next(hourly, isConnected: true, now: 1000 * second) == nil)
    }

    @Test func `where nothing was ever wished the daemon is left alone`() {
        var telling = SnapshotTelling(mayHold: false)
        #expect(telling.next(nothing, isConnected: true, now: 0) == nil)
        var other = SnapshotTelling(mayHold: true)
        #expect(other.next(nothing, isConnected: true, now: 0) == nothing)
        _ = other.ended(nothing, nil, now: 1)
        #expect(other.next(nothing, isConnected: false, now: 2) == nil)
        #expect(other.next(nothing, isConnected: true, now: 1000 * second) == nil)
    }

    @Test func `a wish that is taken back is taken back there, too`() {
        var telling = SnapshotTelling(mayHold: false)
        #expect(telling.next(hourly, isConnected: true, now: 0) == hourly)
        _ = telling.ended(hourly, nil, now: 1)
        #expect(telling.next(nothing, isConnected: true, now: 2) == nothing)
        let said = telling.ended(nothing, nil, now: 3)
        #expect(said?.contains("what it was started with again") == true)
    }

    @Test func `a wish that came while another was told is told next`() {
        var telling = SnapshotTelling(mayHold: false)
        let daily = SnapshotWish(every: 86_400)
        #expect(telling.next(hourly, isConnected: true, now: 0) == hourly)
        #expect(telling.next(daily, isConnected: true, now: 1) == nil)
        _ = telling.ended(hourly, nil, now: 2)
        #expect(telling.next(daily, isConnected: true, now: 3) == daily)
    }

    @Test func `a daemon that does not answer is said once and asked ever less often`() {
        var telling = SnapshotTelling(mayHold: false)
        var now: UInt64 = 0
        var waits: [UInt64] = []
        for round in 0..<8 {
            #expect(telling.next(hourly, isConnected: true, now: now) == hourly)
            let said = telling.ended(hourly, "no answer", now: now)
            #expect((said != nil) == (round == 0), "round \(round)")
            let failed = now
            while telling.next(hourly, isConnected: true, now: now) == nil { now += second }
            waits.append((now - failed) / second)
            _ = telling.ended(hourly, "no answer", now: now)
            now += 10_000 * second
        }
        #expect(waits.first == 60 && waits.last == 600 && waits == waits.sorted(), "\(waits)")
        #expect(telling.next(hourly, isConnected: true, now: now) == hourly)
        #expect(telling.ended(hourly, nil, now: now) != nil, "that it works is said, too")
        let changed = telling.next(SnapshotWish(every: 60), isConnected: true, now: now + 1)
        #expect(changed?.every == 60, "another wish does not wait")
    }

    @Test func `after the link was down it is told again, without a word, and not each time`() {
        var telling = SnapshotTelling(mayHold: false)
        #expect(telling.next(hourly, isConnected: true, now: 0) == hourly)
        _ = telling.ended(hourly, nil, now: 0)
        #expect(telling.next(hourly, isConnected: false, now: second) == nil)
        #expect(telling.next(hourly, isConnected: true, now: 2 * second) == nil)
        #expect(telling.next(hourly, isConnected: true, now: 61 * second) == hourly)
        #expect(telling.ended(hourly, nil, now: 61 * second) == nil)
    }
}
