import Synchronization
import TandemTestSupport
import Testing

@testable import TandemSnapshots

/// What the daemon is told, reads and goes by.
struct SettingsTests {
    private static let arguments = SnapshotArguments(
        take: 900_000_000_000,
        prune: 1,
        keep: RetentionPolicy(last: 8)
    )
    private static let told = SnapshotSettings(
        every: 3600,
        keep: RetentionPolicy(hourly: 24, daily: 7)
    )

    @Test(arguments: [
        SnapshotSettings(), SnapshotSettings(every: 1), SnapshotSettings(every: 315_360_000), told,
        SnapshotSettings(keep: RetentionPolicy()),
        SnapshotSettings(keep: RetentionPolicy(last: 1_000_000, monthly: 1_000_000)),
    ])
    func `the file is read back as it was written, and no part of it is`(
        _ settings: SnapshotSettings
    ) throws {
        let bytes = SettingsText.encode(settings)
        #expect(try SettingsText.decode(bytes) == settings)
        // The last byte is a line feed, which may be missing.
        for length in 0..<bytes.count - 1 {
            #expect(throws: SettingsDamage.self) {
                try SettingsText.decode(Array(bytes.prefix(length)))
            }
        }
    }

    @Test(arguments: UInt64(1)...4)
    func `whatever the bytes, the file gives settings in range or a reason`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let whole = SettingsText.encode(Self.told)
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0...random.below(3) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            do throws(SettingsDamage) {
                #expect(try SettingsText.decode(bytes).isValid)
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }

    @Test func `what was told comes before the arguments, what was kept as a whole`() {
        var report = SettingsReport(arguments: Self.arguments)
        #expect(report.take == 900_000_000_000 && report.keep == RetentionPolicy(last: 8))
        report.told = SnapshotSettings(every: 60)
        #expect(report.take == 60_000_000_000 && report.keep == RetentionPolicy(last: 8))
        report.told = SnapshotSettings(keep: RetentionPolicy(daily: 1))
        #expect(report.take == 900_000_000_000 && report.keep == RetentionPolicy(daily: 1))
    }

    @Test func `what is told is kept before it holds, and the same again is not kept twice`() throws
    {
        let kept = Mutex<[[UInt8]]>([])
        let changes = Mutex(0)
        let keeper = SettingsKeeper(Self.arguments) { bytes in kept.withLock { $0.append(bytes) } }
        keeper.whenChanged { changes.withLock { $0 += 1 } }
        try keeper.tell(Self.told)
        try keeper.tell(Self.told)
        #expect(kept.withLock { $0 } == [SettingsText.encode(Self.told)])
        #expect(changes.withLock { $0 } == 1 && keeper.report.told == Self.told)
        let next = SettingsKeeper(
            Self.arguments,
            stored: .file(kept.withLock { $0[0] })
        )
        #expect(next.report == keeper.report)
    }

    @Test func `what cannot be kept does not hold`() {
        let keeper = SettingsKeeper(Self.arguments) { _ in throw SettingsDamage("the disk is full")
        }
        let error = #expect(throws: SnapshotError.self) { try keeper.tell(Self.told) }
        #expect(error?.what.contains("the disk is full") == true)
        #expect(keeper.report == SettingsReport(arguments: Self.arguments))
    }

    @Test func `damaged settings keep no rules to prune by, until they are told again`() throws {
        for stored in [SettingsKeeper.Stored.file([]), .unreadable("no permission")] {
            let keeper = SettingsKeeper(Self.arguments, stored: stored)
            #expect(keeper.report.take == 900_000_000_000 && keeper.report.keep == nil)
            let error = #expect(throws: SnapshotError.self) { try keeper.rules() }
            #expect(error?.code == .damaged)
            try keeper.tell(SnapshotSettings())
            #expect(try keeper.rules() == RetentionPolicy(last: 8))
        }
    }

    @Test func `a request with a number out of its range is no request`() {
        let zero: [UInt8] = [12, 1, 1, 0, 0, 0, 0, 0]
        let one: [UInt8] = [12, 1, 1, 1, 0, 0, 0, 0]
        #expect(SnapshotRequest(decoding: zero) == nil)
        #expect(SnapshotRequest(decoding: one) == .settings(SnapshotSettings(every: 1)))
    }
}
