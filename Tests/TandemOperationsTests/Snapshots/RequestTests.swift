import Dispatch
import Foundation
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSnapshots

/// A service of one fixture, asked over a link in this process.
private struct Served {
    let fixture: SnapshotFixture
    let service: SnapshotService

    init(policy: RetentionPolicy = RetentionPolicy()) throws {
        fixture = try SnapshotFixture()
        service = SnapshotService(
            store: try fixture.store(),
            source: SnapshotSource(
                root: fixture.root,
                rules: .given(.standard),
                state: try StateDirectory(
                    at: fixture.directory.path("state"),
                    on: RealFileSystem()
                )
            ),
            settings: SettingsKeeper(SnapshotArguments(keep: policy)),
            fileSystem: RealFileSystem()
        )
    }

    @discardableResult
    func ask(_ request: SnapshotRequest) throws -> [SnapshotAnswer] {
        let (near, far) = try DescriptorLink.pair()
        let service = service
        let thread = WorkerThread.start("served") { service.serve(far) }
        defer { thread.join(until: .now() + .seconds(10)) }
        var answers: [SnapshotAnswer] = []
        try SnapshotClient(near).ask(request, until: .now() + .seconds(60)) { answers.append($0) }
        return answers
    }

    func snapshots() throws -> [SnapshotInfo] {
        try ask(.list).compactMap { if case .snapshot(let info) = $0 { info } else { nil } }
    }
}

struct RequestTests {
    @Test func `what the store does can be asked for over a link`() throws {
        let served = try Served(policy: RetentionPolicy(last: 1))
        try served.fixture.fill(seed: 30)
        try served.ask(.take(reason: .act, label: "before adopt"))
        try served.fixture.write("d0/new", "new")
        try served.ask(.take(reason: .request, label: ""))
        let listed = try served.snapshots()
        #expect(listed.map(\.manifest.label) == ["before adopt", ""])
        let shown = try served.ask(.show(id: listed[1].shortID, path: "d0"))
        #expect(
            shown.contains {
                if case .entry("d0/new", let state) = $0 { state.size == 3 } else { false }
            }
        )
        let differing = try served.ask(.diff(old: listed[0].shortID, new: "latest"))
        guard case .difference(let difference)? = differing.first, differing.count == 1 else {
            Issue.record("\(differing.count) differences")
            return
        }
        #expect(difference.path == "d0/new" && difference.old == nil)
        try served.fixture.write("d0/new", "newer")
        #expect(try served.ask(.diff(old: "latest", new: nil)).count == 1)
        try served.ask(.pin(id: listed[0].shortID, isPinned: true))
        #expect(try served.snapshots().map(\.isPinned) == [true, false])
        try served.ask(.prune(PruneRequest(policy: nil, isDryRun: false)))
        #expect(try served.snapshots().count == 2)
        try served.ask(.pin(id: listed[0].shortID, isPinned: false))
        try served.ask(
            .prune(PruneRequest(policy: nil, forgotten: [listed[0].shortID], isDryRun: false))
        )
        #expect(try served.snapshots().map(\.id) == [listed[1].id])
        guard case .verified(let report)? = try served.ask(.verify).first else {
            Issue.record("no report")
            return
        }
        #expect(report.isClean && report.snapshots == 1)
        #expect(served.service.currentCounters.verification == 1)
        guard case .statistics(let statistics)? = try served.ask(.statistics).first else {
            Issue.record("no statistics")
            return
        }
        #expect(statistics.snapshots == 1 && statistics.storedBytes > 0)
    }

    @Test func `a restore over the link is the tree that was taken`() throws {
        let served = try Served()
        try served.fixture.fill(seed: 31)
        try served.ask(.take(reason: .request, label: ""))
        let place = served.fixture.directory.path("copy")
        let target = try NewPlace(place, on: RealFileSystem())
        for answer in try served.ask(.restore(id: "latest", path: .root)) {
            if case .event(let event) = answer { try target.take(event) }
        }
        try target.finish()
        let found = differences(
            from: try SnapshotFixture.scan(served.fixture.root),
            to: try SnapshotFixture.scan(place)
        )
        #expect(found.isEmpty)
    }

    @Test func `several contents are asked for at once, and come in that order`() throws {
        let served = try Served()
        try served.fixture.write("a/one", "1")
        try served.fixture.write("b", "22")
        try served.ask(.take(reason: .request, label: ""))
        var paths: [RelativePath] = []
        var bytes: [UInt8] = []
        for answer in try served.ask(.contents(id: "latest", paths: ["b", "a/one"])) {
            if case .event(.file(let path, _, _, _)) = answer { paths.append(path) }
            if case .event(.data(let data)) = answer { bytes += data }
        }
        #expect(paths == ["b", "a/one"])
        #expect(bytes == Array("221".utf8))
        let error = #expect(throws: SnapshotError.self) {
            try served.ask(.contents(id: "latest", paths: ["b", "c"]))
        }
        #expect(error?.code == .notFound)
    }

    @Test func `a failure comes over the link with its code and what to do next`() throws {
        let served = try Served()
        let error = #expect(throws: SnapshotError.self) {
            try served.ask(.restore(id: "abc", path: .root))
        }
        #expect(error?.code == .notFound)
        #expect(error?.next.contains("snapshot ls") == true)
    }

    @Test func `whatever a peer sends, the service answers or ends and serves the next`() throws {
        let served = try Served()
        var random = SeededGenerator(seed: 8)
        for round in 0..<60 {
            let (near, far) = try DescriptorLink.pair()
            let service = served.service
            let thread = WorkerThread.start("served") { service.serve(far) }
            var bytes = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if round % 2 == 0 { bytes = [UInt8(bytes.count), 0, 0, 0] + bytes }
            try? near.write(bytes)
            near.close()
            #expect(thread.join(until: .now() + .seconds(10)), "round \(round)")
        }
        #expect(try served.snapshots().isEmpty)
    }

    @Test func `requests and answers are read back as they were written`() throws {
        let requests: [SnapshotRequest] = [
            .take(reason: .act, label: "x"), .list, .show(id: "a", path: .root),
            .diff(old: "a", new: nil), .diff(old: "a", new: "b"), .restore(id: "a", path: "b/c"),
            .export(id: "a", path: "b"), .verify, .pin(id: "a", isPinned: true), .statistics,
            .prune(
                PruneRequest(policy: RetentionPolicy(last: 3), forgotten: ["q"], isDryRun: true)
            ),
            .prune(PruneRequest(policy: nil, isDryRun: false)),
            .contents(id: "a", paths: []), .contents(id: "a", paths: ["b/c", "d"]),
            .settings(nil), .settings(SnapshotSettings()), .settings(SnapshotSettings(every: 60)),
            .settings(SnapshotSettings(every: 1, keep: RetentionPolicy(last: 1, monthly: 5))),
        ]
        for request in requests {
            let bytes = request.encode()
            #expect(SnapshotRequest(decoding: bytes) == request)
            for length in 0..<bytes.count {
                #expect(SnapshotRequest(decoding: Array(bytes[..<length])) != request)
            }
        }
    }

    @Test(arguments: UInt64(1)...3)
    func `an answer's decoder gives a value or nothing, whatever the bytes`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var report = VerificationReport()
        report.damage = ["a"]
        report.hurt = [.init(id: .zero, count: 2, paths: ["a/b"])]
        var pruned = PruneReport()
        pruned.decisions = [
            RetentionDecision(snapshot: SnapshotMoment(id: "a", time: 1), reasons: ["b"])
        ]
        let samples: [SnapshotAnswer] = [
            .working, .done, .entry("a", .directory), .verified(report), .pruned(pruned),
            .difference(Difference(path: "a", old: nil, new: .content("x"))),
            .event(.file("a", executable: true, size: 3, digest: .zero)),
            .event(.symbolicLink(path: "a", target: [1])), .statistics(StoreStatistics()),
            .failed(SnapshotError(.busy, "a", next: "b")), .event(.data([1, 2][...])),
            .settings(
                SettingsReport(
                    arguments: SnapshotArguments(take: 1, prune: 2, keep: RetentionPolicy(last: 3)),
                    told: SnapshotSettings(every: 9, keep: RetentionPolicy(daily: 7)),
                    damage: "x"
                )
            ),
        ]
        for sample in samples {
            let bytes = sample.encode()
            #expect(SnapshotAnswer(decoding: bytes)?.encode() == bytes)
            for _ in 0..<500 {
                var damaged = bytes
                damaged[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
                _ = SnapshotAnswer(decoding: Array(damaged.prefix(1 + random.below(bytes.count))))
            }
        }
    }
}
