/// Logs, garbage, and what git protects.
extension VerifyJudge {
    func logRows(_ facts: MachineFacts) -> [VerifyReport.Row] {
        expectation.logs.filter { $0.side == facts.side }.flatMap { logRows($0, facts) }
    }

    private func logRows(
        _ expected: VerifyExpectation.Logs,
        _ facts: MachineFacts
    ) -> [VerifyReport.Row] {
        let subject = "logs in \(expected.directory)"
        guard let finding = facts.logs[expected.directory] else {
            let reason = Finding<Int>.unknown("nobody looked there", by: "find")
            return [.unknown(subject, on: facts.side, reason)]
        }
        guard let files = finding.value else {
            let isAbsent = finding.reason == LogFileFacts.absent
            if isAbsent && !expected.isRequired { return [] }
            var row = VerifyReport.Row.unknown(subject, on: facts.side, finding)
            if isAbsent { row.verdict = .violation }
            return [row]
        }
        var rows: [VerifyReport.Row] = []
        func add(_ subject: String, _ verdict: VerifyReport.Verdict, _ evidence: String) {
            rows.append(
                VerifyReport.Row(
                    on: facts.side,
                    subject: subject,
                    verdict: verdict,
                    evidence: evidence,
                    method: finding.method
                )
            )
        }
        for file in files where file.bytes > expected.largestFile {
            add(
                "log \(file.name)",
                .violation,
                "\(EvidenceText.bytes(file.bytes)), and "
                    + "\(EvidenceText.bytes(expected.largestFile)) is the most: it is not rotated"
            )
        }
        let logs = Dictionary(grouping: files, by: \.log)
        for name in logs.keys.sorted() {
            let count = logs[name]?.count ?? 0
            guard count > expected.mostFiles else { continue }
            add("log \(name)", .violation, "\(count) files, and \(expected.mostFiles) are the most")
        }
        let total = files.reduce(0) { $0 + $1.bytes }
        let rotated = files.count - logs.count
        let number = EvidenceText.count(files.count, "file", "files")
        add(
            subject,
            rows.isEmpty ? .ok : .violation,
            "\(number), \(EvidenceText.bytes(total)), \(max(rotated, 0)) of them rotated"
        )
        return rows
    }

    func garbageRows(_ facts: MachineFacts) -> [VerifyReport.Row] {
        guard let garbage = facts.garbage.value else {
            return [.unknown("garbage", on: facts.side, facts.garbage)]
        }
        let entries = garbage.reduce(0) { $0 + $1.entries }
        let bytes = garbage.reduce(0) { $0 + $1.bytes }
        let isTooMuch = entries > expectation.mostGarbage
        var rows: [VerifyReport.Row] = []
        for kind in garbage where isTooMuch {
            rows.append(
                VerifyReport.Row(
                    on: facts.side,
                    subject: "garbage \(kind.kind)",
                    verdict: .violation,
                    evidence: "\(kind.entries), \(EvidenceText.bytes(kind.bytes))"
                        + (kind.example.isEmpty ? "" : ", such as \(kind.example)"),
                    method: facts.garbage.method
                )
            )
        }
        let advice = isTooMuch ? "; `tandem garbage --clean` shelves it" : ""
        rows.append(
            VerifyReport.Row(
                on: facts.side,
                subject: "garbage",
                verdict: isTooMuch ? .violation : .ok,
                evidence: "\(EvidenceText.count(entries, "entry", "entries")), "
                    + "\(EvidenceText.bytes(bytes)); \(expectation.mostGarbage) put up with\(advice)",
                method: facts.garbage.method
            )
        )
        return rows
    }

    func gitRows(_ facts: MachineFacts) -> [VerifyReport.Row] {
        guard let git = facts.git.value else {
            return [.unknown("git protection", on: facts.side, facts.git)]
        }
        func row(
            _ subject: String,
            _ verdict: VerifyReport.Verdict,
            _ evidence: String
        ) -> VerifyReport.Row {
            VerifyReport.Row(
                on: facts.side,
                subject: subject,
                verdict: verdict,
                evidence: evidence,
                method: facts.git.method
            )
        }
        guard git.isRepository else {
            return [
                row(
                    "git protection",
                    .ok,
                    "no git repository here, so nothing to commit by mistake"
                )
            ]
        }
        var rows = expectation.protectedPatterns.map { pattern in
            guard let known = git.protection[pattern] else {
                return row("git ignores \(pattern)", .unknown, "git did not say")
            }
            guard let rule = known else {
                return row(
                    "git ignores \(pattern)",
                    .violation,
                    "no rule does: add it to .gitignore"
                )
            }
            return row("git ignores \(pattern)", .ok, rule)
        }
        if !git.tracked.isEmpty {
            let list = EvidenceText.list(git.tracked)
            let text = "\(git.tracked.count) tracked by git, so never cleaned: \(list)"
            rows.append(row("tracked garbage", .allowed, text))
        }
        return rows
    }
}

extension LogFileFacts {
    /// The reason that a directory which is not there gives.
    static let absent = "no such directory"
}
