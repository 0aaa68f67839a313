import Testing

@testable import TandemOperations

struct ScheduleTests {
    private let second: UInt64 = 1_000_000_000

    private func schedule(age: UInt64?) -> SnapshotSchedule {
        SnapshotSchedule(
            .init(take: 600 * second, prune: 3600 * second, verify: 0),
            now: 1000 * second,
            age: age
        )
    }

    @Test func `a store without a snapshot gets one at once, a fresh one when it is time`() {
        #expect(schedule(age: nil).due(1000 * second) == .take)
        #expect(schedule(age: 10_000 * second).due(1000 * second) == .take)
        let fresh = schedule(age: 100 * second)
        #expect(fresh.due(1499 * second) == nil)
        #expect(fresh.next == 1500 * second)
        #expect(fresh.due(1500 * second) == .take)
    }

    @Test func `a snapshot that failed is tried again after a minute`() {
        var schedule = schedule(age: nil)
        schedule.finished(.take, at: 1005 * second, success: false)
        #expect(schedule.next == 1065 * second)
        schedule.finished(.take, at: 1070 * second, success: true)
        #expect(schedule.next == 1670 * second)
    }

    @Test func `a machine that slept takes one snapshot and prunes after it`() {
        var schedule = schedule(age: 0)
        let late = 100_000 * second
        #expect(schedule.due(late) == .take)
        schedule.finished(.take, at: late, success: true)
        #expect(schedule.due(late) == .prune)
        schedule.finished(.prune, at: late, success: true)
        #expect(schedule.due(late) == nil)
    }

    @Test func `an interval of nothing is never due`() {
        let schedule = SnapshotSchedule(.init(take: 0, prune: 0, verify: 0), now: 0, age: nil)
        #expect(schedule.due(.max) == nil && schedule.next == nil)
    }

    @Test func `another interval counts from the newest snapshot, and moves nothing else`() {
        var schedule = schedule(age: 0)
        schedule.take(every: 300 * second, now: 1200 * second, age: 200 * second)
        #expect(schedule.next == 1300 * second)
        schedule.take(every: 100 * second, now: 1250 * second, age: 250 * second)
        #expect(schedule.due(1250 * second) == .take)
        schedule.finished(.take, at: 1250 * second, success: true)
        #expect(schedule.next == 1350 * second)
        schedule.take(every: 0, now: 1260 * second, age: 10 * second)
        #expect(schedule.next == 4600 * second)
        schedule.take(every: 315_360_000 * second, now: .max / 2, age: nil)
        #expect(schedule.due(.max / 2) == .take)
    }
}
