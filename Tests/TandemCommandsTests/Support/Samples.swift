import TandemTree

@testable import TandemSync

extension PushReport {
    /// A push that did nothing because nothing was to be done.
    static func sample() -> PushReport {
        var report = PushReport.empty(generation: 12)
        report.verdict = .inSync
        report.treeDigest = ContentHasher.digest(of: [1])
        report.entries = 18_204
        report.isCompared = true
        return report
    }

    /// A push with one of everything.
    static func busy() throws -> PushReport {
        var report = sample()
        report.verdict = .pushed
        report.changes = try Self.changes()
        report.appliedCount = 5
        report.conflicts = [
            Conflict(
                path: try path("src/config.yml"),
                base: .text("a"),
                laptop: .text("laptop"),
                vm: .text("the vm's"),
                reason: .bothModified
            ),
            Conflict(
                path: try path("docs/plan.md"),
                base: .text("plan"),
                laptop: nil,
                vm: .text("new plan"),
                reason: .removedAndChanged
            ),
        ]
        report.refusals = [
            Refusal(
                path: try path("src/log"),
                reason: "changed while it was sent",
                isConflict: false
            )
        ]
        report.problems = [Unsyncable(path: try path("run/fifo"), reason: "it is no file")]
        report.vmOnly = [
            Difference(path: try path("docs/todo.md"), old: nil, new: .text("todo"))
        ]
        report.plannedContentBytes = 9120
        report.sentContentBytes = 9000
        report.wireBytesUp = 4100
        report.wireBytesDown = 812
        report.hashedFiles = 3
        return report
    }

    private static func changes() throws -> [Change] {
        [
            Change(path: try path("bin/run"), expected: .text("x"), new: .program("x")),
            Change(
                path: try path("lib"),
                expected: nil,
                new: .directory,
                source: .move(try path("library"))
            ),
            Change(path: try path("src/api.swift"), expected: .text("1"), new: .text("2")),
            Change(path: try path("src/auth"), expected: nil, new: .directory),
            Change(
                path: try path("src/copy.swift"),
                expected: nil,
                new: .text("2"),
                source: .copy(try path("src/api.swift"))
            ),
            Change(path: try path("src/current"), expected: .text("1"), new: .link(to: [0x61])),
            Change(path: try path("src/old.swift"), expected: .text("old"), new: nil),
        ]
    }
}

extension EntryState {
    /// A file with this content.
    static func text(_ content: String) -> EntryState {
        let bytes = Array(content.utf8)
        return .file(ContentHasher.digest(of: bytes), size: UInt64(bytes.count))
    }

    /// The same, executable.
    static func program(_ content: String) -> EntryState {
        var state = text(content)
        state.executable = true
        return state
    }
}

extension ReceiverInfo {
    static var sample: ReceiverInfo {
        ReceiverInfo(
            protocolVersion: 1,
            receiver: "tandem-receiver 0.1.0",
            lineage: "settled",
            freeBytes: 12_400_000_000,
            stagedBytes: 0,
            generation: 12
        )
    }
}

/// A path of a test.
func path(_ text: String) throws -> RelativePath {
    try RelativePath(validating: Array(text.utf8))
}

extension ShelvedItem {
    /// A file of twelve bytes that was replaced.
    static func sample(id: String, path: RelativePath) -> ShelvedItem {
        ShelvedItem(
            id: id,
            path: path,
            state: EntryState(kind: .file, size: 12),
            shelvedAt: 1_789_999_000_000_000_000,
            isLive: false
        )
    }
}
