import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSync

struct PutOffChangesTests {
    private static let millisecond: UInt64 = 1_000_000
    private let change = Change(
        path: RelativePath(trusted: Array("d/f".utf8)),
        expected: nil,
        new: .file(.zero, size: 1)
    )

    private func refuse(_ putOff: inout PutOffChanges, _ reason: PushSession.Outcome.Reason) {
        putOff.refused(change, on: .laptop, PutOffChanges.Reason(reason), now: 0)
    }

    @Test func `what changed under way is tried at once, then soon, and is no problem yet`() {
        var putOff = PutOffChanges()
        refuse(&putOff, .overtaken("no parent"))
        #expect(putOff.admit([change], for: .laptop, now: 0) == [change])
        refuse(&putOff, .changedWhileSent)
        refuse(&putOff, .changedWhileSent)
        #expect(putOff.admit([change], for: .laptop, now: 0) == [])
        #expect(putOff.admit([change], for: .laptop, now: 25 * Self.millisecond) == [change])
        #expect(putOff.isSettling && putOff.lasting.isEmpty)
    }

    @Test func `what keeps changing is told in the end`() {
        var putOff = PutOffChanges()
        for _ in 0..<10 { refuse(&putOff, .changedWhileSent) }
        #expect(!putOff.isSettling)
        #expect(putOff.lasting.map(\.path) == [change.path])
    }

    @Test func `what a side cannot do waits, and what stands in it waits with it`() {
        var putOff = PutOffChanges()
        let directory = Change(
            path: RelativePath(trusted: Array("d".utf8)),
            expected: nil,
            new: .directory
        )
        putOff.refused(directory, on: .vm, PutOffChanges.Reason(.failed("no")), now: 0)
        #expect(putOff.admit([directory, change], for: .vm, now: 1_999 * Self.millisecond) == [])
        #expect(putOff.nextRetry == 2_000 * Self.millisecond)
        #expect(
            putOff.admit([directory, change], for: .vm, now: 2_000 * Self.millisecond).count == 2
        )
        #expect(putOff.lasting.map(\.reason) == ["no"])
    }

    @Test func `another value starts anew, and what went through is forgotten`() {
        var putOff = PutOffChanges()
        refuse(&putOff, .failed("no"))
        var other = change
        other.new = .file(.zero, size: 2)
        #expect(putOff.admit([other], for: .laptop, now: 0) == [other])
        refuse(&putOff, .failed("no"))
        putOff.applied(change, on: .laptop)
        #expect(putOff.lasting.isEmpty && putOff.nextRetry == nil)
    }
}
