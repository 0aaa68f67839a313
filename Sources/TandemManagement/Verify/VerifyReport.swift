/// What `tandem verify` found: row by row, with the evidence and how it was had.
package struct VerifyReport: Hashable, Sendable {
    /// What one row says.
    package enum Verdict: String, Sendable, CaseIterable, Codable {
        /// As it should be.
        case ok
        /// Runs on the host, and may: sshd, podman, the agent on a laptop.
        case allowed
        /// Must not be.
        case violation
        /// Could not be found out; never counted as good.
        case unknown
    }

    /// One thing that was looked at.
    package struct Row: Hashable, Sendable {
        /// On which machine; nil for what is about both.
        package var side: VerifySide?
        /// What was looked at, such as a process or a container.
        package var subject: String
        package var verdict: Verdict
        /// What was seen.
        package var evidence: String
        /// How it was seen, so that a person can look again.
        package var method: String

        package init(
            on side: VerifySide? = nil,
            subject: String,
            verdict: Verdict,
            evidence: String,
            method: String
        ) {
            self.side = side
            self.subject = subject
            self.verdict = verdict
            self.evidence = evidence
            self.method = method
        }
    }

    /// The machines that were looked at.
    package var machine: String
    /// When, in RFC 3339.
    package var time: String
    /// What keeps the report from being one at all: the vm could not be reached.
    package var unreachable: String?
    package var rows: [Row]

    /// The version of the JSON form.
    package static let schemaVersion = 1

    package init(machine: String, time: String, unreachable: String? = nil, rows: [Row]) {
        self.machine = machine
        self.time = time
        self.unreachable = unreachable
        self.rows = rows
    }

    /// How many rows say this.
    package func count(_ verdict: Verdict) -> Int {
        rows.count { $0.verdict == verdict }
    }

    /// The rows, the worst first, each verdict's in the order they were found.
    package var ranked: [Row] {
        [Verdict.violation, .unknown, .allowed, .ok].flatMap { verdict in
            rows.filter { $0.verdict == verdict }
        }
    }

    /// Whether everything was looked at, and nothing is wrong.
    ///
    /// A report that looked at nothing proves nothing.
    package var isClean: Bool {
        unreachable == nil && count(.ok) > 0 && count(.violation) == 0 && count(.unknown) == 0
    }

    /// 0 clean, 1 something is wrong or not known, 69 the vm could not be reached.
    package var exitCode: Int32 {
        if unreachable != nil { return 69 }
        return isClean ? 0 : 1
    }

    /// The first line: what it comes to.
    package var verdict: String {
        if let unreachable { return "could not be verified: \(unreachable)" }
        if rows.isEmpty { return "nothing was looked at" }
        let counts = Verdict.allCases.map { "\(count($0)) \($0.rawValue)" }
        return (isClean ? "clean: " : "not clean: ") + counts.joined(separator: ", ")
    }
}
