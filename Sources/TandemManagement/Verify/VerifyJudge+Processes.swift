extension VerifyJudge {
    /// What of the project runs on the host, and what may.
    func processRows(_ facts: MachineFacts) -> [VerifyReport.Row] {
        guard let processes = facts.processes.value else {
            return [.unknown(Self.processSubject, on: facts.side, facts.processes)]
        }
        let known = Dictionary(
            (facts.containers.value ?? []).map { ($0.id, $0.name) },
            uniquingKeysWith: { first, _ in first }
        )
        var sorted = SortedProcesses()
        for process in processes { sort(process, facts, known, into: &sorted) }
        return sorted.rows(facts, patterns: expectation.projectProcesses)
    }

    private static let processSubject = "project processes on the host"

    private func sort(
        _ process: ProcessFacts,
        _ facts: MachineFacts,
        _ known: [String: String],
        into sorted: inout SortedProcesses
    ) {
        if let id = process.container, let name = known[id] {
            sorted.contained[name, default: 0] += 1
            return
        }
        if process.container == nil, process.isPlaced || facts.system.value != "Linux",
            let rule = expectation.allowed(process, on: facts.side)
        {
            sorted.allow(process, rule)
            return
        }
        guard let pattern = expectation.projectPattern(of: process) else { return }
        if process.container != nil || !process.isPlaced {
            sorted.unplaced.append(process)
        } else {
            sorted.strays.append((process, pattern))
        }
    }

    /// Processes by what they are.
    private struct SortedProcesses {
        /// How many are in each container.
        var contained: [String: Int] = [:]
        var allowed: [(rule: VerifyExpectation.AllowedProcess, pids: [Int32])] = []
        /// The project's, and in no container, with the pattern that says so.
        var strays: [(process: ProcessFacts, pattern: String)] = []
        /// The project's, and it cannot be told where.
        var unplaced: [ProcessFacts] = []

        mutating func allow(_ process: ProcessFacts, _ rule: VerifyExpectation.AllowedProcess) {
            if let index = allowed.firstIndex(where: { $0.rule == rule }) {
                allowed[index].pids.append(process.pid)
            } else {
                allowed.append((rule, [process.pid]))
            }
        }

        func rows(_ facts: MachineFacts, patterns: [String]) -> [VerifyReport.Row] {
            let method = facts.processes.method
            var rows: [VerifyReport.Row] = []
            for (process, pattern) in strays {
                rows.append(
                    VerifyReport.Row(
                        on: facts.side,
                        subject: "process \(process.pid)",
                        verdict: .violation,
                        evidence: "\(process.described), in no container; it matches \(pattern)",
                        method: method
                    )
                )
            }
            for process in unplaced {
                let place =
                    process.container.map {
                        "in container \($0.prefix(12)), which Podman does not list"
                    }
                    ?? "its control group cannot be read"
                rows.append(
                    VerifyReport.Row(
                        on: facts.side,
                        subject: "process \(process.pid)",
                        verdict: .unknown,
                        evidence: "\(process.described); \(place)",
                        method: method
                    )
                )
            }
            rows.append(summary(facts, patterns))
            for (rule, pids) in allowed {
                let list = EvidenceText.list(pids.sorted().map(String.init))
                let number = EvidenceText.count(pids.count, "process", "processes")
                rows.append(
                    VerifyReport.Row(
                        on: facts.side,
                        subject: "\(rule.name) on the host",
                        verdict: .allowed,
                        evidence: "\(number), pid \(list): \(rule.reason)",
                        method: method
                    )
                )
            }
            return rows
        }

        private func summary(_ facts: MachineFacts, _ patterns: [String]) -> VerifyReport.Row {
            let inside = contained.keys.sorted().map { "\(contained[$0] ?? 0) in \($0)" }
            let where_ = inside.isEmpty ? "none in containers" : inside.joined(separator: ", ")
            let verdict: VerifyReport.Verdict =
                strays.isEmpty ? (unplaced.isEmpty ? .ok : .unknown) : .violation
            return VerifyReport.Row(
                on: facts.side,
                subject: VerifyJudge.processSubject,
                verdict: verdict,
                evidence:
                    "\(strays.count) that match \(patterns.joined(separator: ", ")); \(where_)",
                method: facts.processes.method
            )
        }
    }
}

extension ProcessFacts {
    /// What it is, for evidence.
    var described: String {
        let file = executable ?? "\(name) (its file cannot be seen)"
        let line = arguments.joined(separator: " ")
        let command = line.isEmpty ? "" : ", command line: \(line.prefix(120))"
        return "\(file), uid \(uid)\(command)"
    }
}
