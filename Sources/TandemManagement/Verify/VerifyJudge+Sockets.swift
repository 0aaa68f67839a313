extension VerifyJudge {
    /// Whether the expected ports lead where they should, and what else listens.
    func socketRows(_ facts: MachineFacts) -> [VerifyReport.Row] {
        let ports = expectation.containers.filter { $0.side == facts.side && isThere($0, facts) }
            .flatMap { one in (one.ports ?? []).map { (container: one.name, port: $0) } }
        guard let sockets = facts.sockets.value else {
            return [.unknown("listening sockets", on: facts.side, facts.sockets)]
        }
        var rows = ports.map { portRow($0.container, $0.port, sockets, facts) }
        let expected = Set(ports.map(\.port.host))
        let others = sockets.filter { !expected.contains($0.port) }
        rows += projectRows(others, facts)
        rows.append(otherRow(others, facts))
        return rows
    }

    private func isThere(_ one: ContainerExpectation, _ facts: MachineFacts) -> Bool {
        one.isRequired || facts.containers.value?.contains { $0.name == one.name } == true
    }

    /// What holds a published port for Podman.
    private static let publishers = [
        "rootlessport*", "conmon", "podman", "pasta*", "slirp4netns", "netavark",
    ]

    private func portRow(
        _ container: String,
        _ port: ContainerFacts.Port,
        _ sockets: [ListeningSocket],
        _ facts: MachineFacts
    ) -> VerifyReport.Row {
        let found = sockets.filter { $0.port == port.host }
        var row = VerifyReport.Row(
            on: facts.side,
            subject: "port \(port.host) of \(container)",
            verdict: .ok,
            evidence: found.map(\.described).joined(separator: ", "),
            method: facts.sockets.method
        )
        let wantsLoopback = port.address.hasPrefix("127.") || port.address == "::1"
        if found.isEmpty {
            row.verdict = .violation
            row.evidence = "nothing listens on \(port.host)"
        } else if wantsLoopback, let open = found.first(where: { !$0.isLoopback }) {
            row.verdict = .violation
            row.evidence = "\(open.described) is open to others; expected \(port.address)"
        } else if let wrong = found.first(where: { $0.isHeld(by: Self.publishers) == false }) {
            row.verdict = .violation
            row.evidence = "\(wrong.described), which is not Podman"
        } else if found.contains(where: { $0.holder == nil }) {
            row.verdict = .unknown
            row.evidence += ": this account may not see who holds it"
        }
        return row
    }

    /// Listeners of the project outside containers.
    private func projectRows(
        _ sockets: [ListeningSocket],
        _ facts: MachineFacts
    ) -> [VerifyReport.Row] {
        let processes = Dictionary(
            (facts.processes.value ?? []).map { ($0.pid, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        return sockets.compactMap { socket in
            guard let pid = socket.pid, let process = processes[pid], process.container == nil,
                expectation.allowed(process, on: facts.side) == nil,
                expectation.projectPattern(of: process) != nil
            else { return nil }
            return VerifyReport.Row(
                on: facts.side,
                subject: "port \(socket.port)",
                verdict: .violation,
                evidence: "\(socket.described) belongs to the project and to no container",
                method: facts.sockets.method
            )
        }
    }

    private func otherRow(_ sockets: [ListeningSocket], _ facts: MachineFacts) -> VerifyReport.Row {
        let open = sockets.filter { !$0.isLoopback && $0.isHeld(by: ["sshd*"]) != true }
        let list = EvidenceText.list(open.map(\.described), most: 8)
        let number = EvidenceText.count(sockets.count, "listener", "listeners")
        let isRefused = expectation.refusesOtherListeners && !open.isEmpty
        return VerifyReport.Row(
            on: facts.side,
            subject: "other listening sockets",
            verdict: isRefused ? .violation : (open.isEmpty ? .ok : .allowed),
            evidence: open.isEmpty
                ? "\(number), none but sshd's open to others"
                : "\(number), open to others and not the project's: \(list)",
            method: facts.sockets.method
        )
    }
}

extension ListeningSocket {
    var described: String {
        guard let holder else { return text }
        return pid.map { "\(text) (\(holder), pid \($0))" } ?? "\(text) (\(holder))"
    }

    /// Whether one of these programs holds it; nil where that cannot be seen.
    func isHeld(by programs: [String]) -> Bool? {
        holder.map { holder in programs.contains { Wildcard($0).matches(holder) } }
    }
}
