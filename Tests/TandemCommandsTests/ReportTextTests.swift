import Testing
import TandemTree

@testable import TandemCommands
@testable import TandemSync

struct ReportTextTests {
    private func text(
        _ report: PushReport,
        isPlan: Bool = false,
        detail: ReportText.Detail = .normal,
        showsAll: Bool = false
    ) -> [String] {
        ReportText(report, isPlan: isPlan, vm: "devvm:/app", detail: detail, showsAll: showsAll)
            .lines.map(\.plain)
    }

    @Test func `a push with one of everything`() throws {
        let lines = text(try .busy())
        try Golden.check(lines.joined(separator: "\n") + "\n", "push.txt")
    }

    @Test func `a verbose push names every change and the traffic`() throws {
        let lines = text(try .busy(), detail: .verbose)
        try Golden.check(lines.joined(separator: "\n") + "\n", "push-verbose.txt")
    }

    @Test func `a plan names every change and says what is kept`() throws {
        var report = try PushReport.busy()
        report.verdict = .planned
        report.refusals = []
        report.appliedCount = 0
        let lines = text(report, isPlan: true)
        #expect(
            lines.contains {
                $0.hasPrefix("D  src/old.swift") && $0.contains("(kept on the shelf)")
            }
        )
        try Golden.check(lines.joined(separator: "\n") + "\n", "plan.txt")
    }

    @Test func `in sync is said only where the engine says it`() {
        var report = PushReport.sample()
        #expect(text(report)[0].hasPrefix("in sync: 18,204 entries, tree "))
        #expect(text(report, isPlan: true)[0].hasPrefix("in sync: "))
        report.verdict = .pushed
        report.isCompared = false
        #expect(text(report) == ["nothing to push to devvm:/app; vm side not fully compared"])
        report.verdict = .planned
        #expect(text(report, isPlan: true) == ["nothing to push to devvm:/app"])
    }

    @Test func `a quiet push without problems says nothing`() throws {
        #expect(text(.sample(), detail: .quiet).isEmpty)
        #expect(text(try .busy(), detail: .quiet).count == 1)
    }

    @Test func `a list is cut at twenty unless all is asked for`() throws {
        var report = PushReport.sample()
        report.verdict = .planned
        report.changes = try (0..<23).map { number in
            Change(path: try path("file-\(number)"), expected: nil, new: .text("x"))
        }
        let cut = text(report, isPlan: true)
        #expect(cut.count == 23)
        #expect(cut.last == "  … and 3 more (--all)")
        let whole = text(report, isPlan: true, showsAll: true)
        #expect(whole.count == 25)
        #expect(whole.last == "A  file-22")
    }
}
