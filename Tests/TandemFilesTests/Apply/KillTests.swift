import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

/// A process that dies by SIGKILL in the middle of a batch.
@Suite(.tags(.crash))
struct KillTests {
    static let points = [
        "apply.staged", "apply.before-journal", "apply.after-journal", "apply.swap:1",
        "apply.swap:4", "apply.swap:8", "apply.exchanged:1", "apply.exchanged:4",
        "apply.removed:1", "apply.removed:2", "apply.after-swap", "apply.durable",
        "shelf.before-catalogue", "shelf.after-catalogue", "apply.shelved", "apply.tidying",
        "apply.done",
    ]

    @Test(arguments: points)
    func `killed at a point, the root is old or new at each path and the next batch finishes`(
        point: String
    ) async throws {
        let fixture = try ApplyFixture(CrashTests.before, inMemory: true)
        let path = fixture.root.path
        let result = await #expect(processExitsWith: .signal(SIGKILL)) {
            [point = point as String, path = path as String] in
            setenv("TANDEM_CRASH_AT", point, 1)
            let fixture = try ApplyFixture(at: path)
            _ = try fixture.send(CrashTests.changes(fixture))
        }
        guard result != nil else { return }
        try CrashTests.check(fixture, point)
        try CrashTests.finish(fixture, [], point)
    }
}
