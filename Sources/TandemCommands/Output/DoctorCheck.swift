/// What `doctor` found about one thing.
package struct DoctorCheck: Sendable, Hashable {
    package enum Level: String, Sendable {
        case ok
        case warn
        case fail
    }

    package var level: Level
    /// What was looked at.
    package var subject: String
    /// What was found.
    package var finding: String
    /// What mends it.
    package var fix: String?
    /// Whether it means that the vm cannot be reached.
    package var isUnreachable = false

    package init(_ level: Level, _ subject: String, _ finding: String, fix: String? = nil) {
        self.level = level
        self.subject = subject
        self.finding = finding
        self.fix = fix
    }

    /// A check that met an error.
    package static func failed(_ subject: String, _ error: any Error) -> DoctorCheck {
        let failure = CommandError(error)
        var check = DoctorCheck(.fail, subject, failure.what, fix: failure.next)
        check.isUnreachable = failure.code == .unreachable
        return check
    }
}

/// All that `doctor` found about a pair.
struct DoctorReport: Sendable {
    var pair: PairDocument
    var checks: [DoctorCheck]

    var exitCode: ExitCode {
        if checks.contains(where: \.isUnreachable) { return .unreachable }
        return checks.contains { $0.level == .fail } ? .attention : .done
    }

    var lines: [StyledText] {
        let failures = checks.count { $0.level == .fail }
        let warnings = checks.count { $0.level == .warn }
        var verdict = StyledText("\(pair.name): all is well", .good)
        if failures > 0 {
            let count = Quantities.count(failures, "thing")
            verdict = StyledText("\(pair.name): \(count) must be mended", .bad)
        } else if warnings > 0 {
            let count = Quantities.count(warnings, "warning")
            verdict = StyledText("\(pair.name): it works, with \(count)", .warning)
        }
        let width = checks.map(\.subject.count).max() ?? 0
        return [verdict] + checks.flatMap { lines($0, width: width) }
    }

    private func lines(_ check: DoctorCheck, width: Int) -> [StyledText] {
        let tone: Tone =
            switch check.level {
            case .ok: .good
            case .warn: .warning
            case .fail: .bad
            }
        let mark = check.level == .ok ? "ok  " : check.level.rawValue
        let gap = String(repeating: " ", count: width - check.subject.count)
        let line = StyledText(mark, tone) + StyledText(" \(check.subject)\(gap)  \(check.finding)")
        return [line] + (check.fix.map { [StyledText("     fix: \($0)")] } ?? [])
    }
}

/// What `doctor --json` prints.
struct DoctorDocument: Encodable, Sendable {
    struct Check: Encodable, Sendable {
        var level: String
        var subject: String
        var finding: String
        var fix: String?
    }

    var schema = JSONDocument.schema
    var command = "doctor"
    var exitCode: Int32
    var pair: PairDocument
    var checks: [Check]

    init(_ report: DoctorReport) {
        exitCode = report.exitCode.rawValue
        pair = report.pair
        checks = report.checks.map {
            Check(level: $0.level.rawValue, subject: $0.subject, finding: $0.finding, fix: $0.fix)
        }
    }
}
