/// Turns facts into rows: a pure function of what was found and what was expected.
package struct VerifyJudge: Sendable {
    let expectation: VerifyExpectation

    /// Judges by an expectation.
    package init(_ expectation: VerifyExpectation) { self.expectation = expectation }

    /// All rows about one machine, in a fixed order.
    package func rows(_ facts: MachineFacts) -> [VerifyReport.Row] {
        containerRows(facts) + processRows(facts) + socketRows(facts) + logRows(facts)
            + garbageRows(facts) + gitRows(facts)
    }

    /// Whether anything of the expectation concerns containers on this machine.
    func expectsContainers(on side: VerifySide) -> Bool {
        expectation.containers.contains { $0.side == side }
    }
}

extension VerifyReport.Row {
    /// A row about something that could not be found out.
    static func unknown<Value>(
        _ subject: String,
        on side: VerifySide,
        _ finding: Finding<Value>
    ) -> VerifyReport.Row {
        VerifyReport.Row(
            on: side,
            subject: subject,
            verdict: .unknown,
            evidence: finding.reason,
            method: finding.method
        )
    }
}

/// Counts as the evidence has them.
enum EvidenceText {
    /// `1 file`, `3 files`.
    static func count(_ number: some BinaryInteger, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    /// `812 B`, `9.1 kB`, `2.4 MB`.
    static func bytes(_ bytes: UInt64) -> String {
        guard bytes >= 1000 else { return "\(bytes) B" }
        let names = ["kB", "MB", "GB", "TB", "PB", "EB"]
        var tenths = bytes / 100 + (bytes % 100 >= 50 ? 1 : 0)
        var unit = 0
        while tenths >= 10_000, unit + 1 < names.count {
            tenths = (tenths + 500) / 1000
            unit += 1
        }
        return "\(tenths / 10).\(tenths % 10) \(names[unit])"
    }

    /// The first few of a list, and how many there are beyond them.
    static func list(_ items: [String], most: Int = 5) -> String {
        let shown = items.prefix(most).joined(separator: ", ")
        return items.count > most ? "\(shown) and \(items.count - most) more" : shown
    }
}
