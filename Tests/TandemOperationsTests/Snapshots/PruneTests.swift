import Foundation
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSnapshots

struct PruneTests {
    @Test(arguments: UInt64(1)...5)
    func `after any prune what is kept is whole and the rest is gone`(seed: UInt64) throws {
        let fixture = try SnapshotFixture()
        var random = SeededGenerator(seed: seed)
        let store = try fixture.store()
        try fixture.fill(seed: seed)
        for _ in 0..<12 {
            for _ in 0..<random.below(6) {
                try fixture.write(
                    "d\(random.below(5))/g\(random.below(20))",
                    SnapshotFixture.bytes(random.below(60_000), &random)
                )
            }
            let snapshot = try fixture.take(store)
            if random.chance(5) { try store.setPinned(snapshot.id, true) }
            if random.chance(3) {
                _ = try store.prune(RetentionPolicy(last: 1 + random.below(4)))
                let report = try store.verify()
                #expect(report.isClean, "seed \(seed): \(report.damage) \(report.hurt)")
            }
        }
        let last = try #require(try store.list().last)
        _ = try store.prune(RetentionPolicy(last: 1))
        let kept = try store.list()
        #expect(kept.allSatisfy { $0.isPinned || $0.id == last.id }, "seed \(seed)")
        #expect(kept.last?.id == last.id, "seed \(seed)")
        let place = try fixture.restore(last, of: try fixture.store(), to: "copy")
        let found = differences(
            from: try SnapshotFixture.scan(fixture.root),
            to: try SnapshotFixture.scan(place)
        )
        #expect(found.isEmpty, "seed \(seed)")
    }

    @Test func `a dry run says what would be done and does nothing`() throws {
        let fixture = try SnapshotFixture()
        let store = try fixture.store()
        for number in 0..<4 {
            try fixture.write("f", "\(number)")
            try fixture.take(store)
        }
        let files = try fixture.storeFiles()
        let report = try store.prune(RetentionPolicy(last: 1), dryRun: true)
        #expect(report.decisions.filter { !$0.isKept }.count == 3)
        #expect(report.removedPacks == 3)
        #expect(try fixture.storeFiles() == files)
    }

    @Test func `no policy forgets nothing`() throws {
        let fixture = try SnapshotFixture()
        let store = try fixture.store()
        try fixture.take(store)
        #expect(try store.prune(RetentionPolicy()).decisions.allSatisfy(\.isKept))
        #expect(try store.list().count == 1)
    }

    @Test func `a pinned snapshot stays until it is unpinned, even when it is named`() throws {
        let fixture = try SnapshotFixture()
        let store = try fixture.store()
        try fixture.write("f", "1")
        let first = try fixture.take(store)
        try store.setPinned(first.id, true)
        try fixture.write("f", "2")
        try fixture.take(store)
        _ = try store.prune(RetentionPolicy(last: 1))
        #expect(try store.list().map(\.isPinned) == [true, false])
        for isDryRun in [true, false] {
            let error = #expect(throws: SnapshotError.self) {
                try store.prune(RetentionPolicy(), forgetting: [first.id], dryRun: isDryRun)
            }
            #expect(error?.code == .invalid)
            #expect(error?.next.contains("tandem snapshot unpin \(first.shortID)") == true)
        }
        #expect(try store.list().count == 2)
        try store.setPinned(first.id, false)
        _ = try store.prune(RetentionPolicy(), forgetting: [first.id])
        #expect(try store.list().count == 1)
    }

    @Test func `many small packs become few`() throws {
        let fixture = try SnapshotFixture()
        let store = try fixture.store()
        for number in 0..<20 {
            try fixture.write("f\(number)", "content \(number)")
            try fixture.take(store)
        }
        let before = try fixture.storeFiles().filter { $0.hasPrefix("packs/") }.count
        let report = try store.prune(RetentionPolicy(last: 100))
        let after = try fixture.storeFiles().filter { $0.hasPrefix("packs/") }.count
        #expect(before == 20 && after == 1, "\(report)")
        #expect(try store.verify().isClean)
        #expect(try store.list().count == 20)
    }

    @Test func `a kept snapshot that cannot be read stops a prune before anything is removed`()
        throws
    {
        let fixture = try SnapshotFixture()
        let store = try fixture.store()
        try fixture.write("f", "1")
        try fixture.take(store)
        try fixture.write("f", "2")
        let second = try fixture.take(store)
        let pack = try #require(
            try fixture.storeFiles().first {
                $0.hasPrefix("packs/")
                    && (try? Data(contentsOf: URL(fileURLWithPath: "\(fixture.storePath)/\($0)")))
                        .map { $0.range(of: second.manifest.root.data) != nil } == true
            }
        )
        try FileManager.default.removeItem(atPath: "\(fixture.storePath)/\(pack)")
        let files = try fixture.storeFiles()
        let fresh = try fixture.store()
        let error = #expect(throws: SnapshotError.self) {
            try fresh.prune(RetentionPolicy(last: 1))
        }
        #expect(error?.code == .damaged)
        #expect(try fixture.storeFiles() == files)
        _ = try fresh.prune(RetentionPolicy(last: 5), forgetting: [second.id])
        #expect(try fresh.verify().isClean)
        #expect(try fresh.list().count == 1)
    }
}

extension Digest {
    fileprivate var data: Data { Data(bytes) }
}
