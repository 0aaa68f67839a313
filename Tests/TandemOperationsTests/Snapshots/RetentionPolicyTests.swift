import TandemSnapshots
import Testing

struct RetentionPolicyTests {
    private static let hour: Int64 = 3600
    private static let day: Int64 = 86_400
    /// 2024-03-04 was a Monday.
    private static let monday: Int64 = 1_709_510_400

    private func kept(_ policy: RetentionPolicy, _ times: [Int64]) -> [Int64] {
        policy.decide(times.map { SnapshotMoment(id: "s\($0)", time: $0) })
            .filter(\.isKept).map(\.snapshot.time)
    }

    @Test func `last keeps the newest, whatever their order`() {
        #expect(kept(RetentionPolicy(last: 2), [3, 9, 1, 7]) == [9, 7])
        #expect(kept(RetentionPolicy(last: 9), [3, 1]) == [3, 1])
    }

    @Test func `hourly keeps the newest of each hour that has one`() {
        let base = Self.monday
        let times = [base, base + 10, base + 20, base - 1, base - 5 * Self.hour]
        #expect(kept(RetentionPolicy(hourly: 2), times) == [base + 20, base - 1])
        #expect(
            kept(RetentionPolicy(hourly: 3), times) == [base + 20, base - 1, base - 5 * Self.hour]
        )
    }

    @Test func `weeks begin on Monday`() {
        let sunday = Self.monday - 1
        #expect(kept(RetentionPolicy(weekly: 9), [Self.monday, sunday]) == [Self.monday, sunday])
        let end = Self.monday + 7 * Self.day - 1
        #expect(kept(RetentionPolicy(weekly: 9), [Self.monday, end]) == [end])
    }

    @Test(arguments: [
        // The last second of a month, and whether the next second is another month.
        (1_709_251_199, true),  // 2024-02-29
        (1_709_164_799, false),  // 2024-02-28, in a leap year
        (1_677_628_799, true),  // 2023-02-28
        (4_107_542_399, true),  // 2100-02-28, no leap year
        (951_868_799, true),  // 2000-02-29
        (1_735_689_599, true),  // 2024-12-31
        (-1, true),  // 1969-12-31
    ])
    func `months end where the calendar says`(second: Int64, ends: Bool) {
        let times = [second, second + 1]
        #expect(kept(RetentionPolicy(monthly: 9), times).count == (ends ? 2 : 1))
    }

    @Test func `a year of hourly snapshots is thinned as the words say`() {
        let times = (0..<(365 * 24)).map { Self.monday - Int64($0) * Self.hour }
        let policy = RetentionPolicy(last: 1, hourly: 24, daily: 7, weekly: 4, monthly: 12)
        let decisions = policy.decide(times.map { SnapshotMoment(id: "", time: $0) })
        let reasons = decisions.flatMap(\.reasons).map { $0.prefix { $0 != " " } }
        for (word, count) in [("last", 1), ("hourly", 24), ("daily", 7), ("weekly", 4)] {
            #expect(reasons.filter { $0 == word }.count == count)
        }
        #expect(reasons.filter { $0 == "monthly" }.count == 12)
        #expect(decisions.count == times.count)
        #expect(decisions.filter(\.isKept).count <= 48)
    }

    @Test func `every decision says why`() {
        let policy = RetentionPolicy(last: 1, daily: 2)
        let decisions = policy.decide([
            SnapshotMoment(id: "a", time: Self.monday),
            SnapshotMoment(id: "b", time: Self.monday - 1),
            SnapshotMoment(id: "c", time: Self.monday - 2),
            SnapshotMoment(id: "d", time: Self.monday - 3, isPinned: true),
        ])
        #expect(
            decisions.map(\.explanation) == [
                "kept: last 1 of 1, daily 1 of 2", "kept: daily 2 of 2",
                "forgotten: no rule keeps it", "kept: pinned",
            ]
        )
    }

    @Test func `an empty or negative policy forgets nothing`() {
        #expect(kept(RetentionPolicy(), [2, 1]) == [2, 1])
        #expect(kept(RetentionPolicy(last: -1), [2, 1]) == [2, 1])
        #expect(kept(RetentionPolicy(last: -1, daily: 1), [2, 1]) == [2])
    }

    @Test func `deciding again about what was kept forgets nothing more`() {
        let times = (0..<500).map { Self.monday - Int64($0) * 7001 }
        let policy = RetentionPolicy(last: 2, hourly: 3, daily: 4, weekly: 2, monthly: 2)
        let first = kept(policy, times)
        #expect(kept(policy, first) == first)
    }
}
