extension VerifyJudge {
    /// Whether the containers are there, and what they are like.
    func containerRows(_ facts: MachineFacts) -> [VerifyReport.Row] {
        let expected = expectation.containers.filter { $0.side == facts.side }
        guard let found = facts.containers.value else {
            guard expected.contains(where: \.isRequired) else { return [] }
            return [.unknown("containers", on: facts.side, facts.containers)]
        }
        var rows: [VerifyReport.Row] = []
        for one in expected {
            let judge = ContainerJudge(expected: one, facts: facts, all: found)
            rows += judge.rows
        }
        return rows + labelRows(found, facts) + otherRows(found, facts)
    }

    /// `:Z` gives a directory to one container; two that mount it take it from each other.
    private func labelRows(_ found: [ContainerFacts], _ facts: MachineFacts) -> [VerifyReport.Row] {
        var users: [String: [(container: String, label: ContainerFacts.Mount.Label)]] = [:]
        for container in found {
            for mount in container.mounts {
                users[mount.source, default: []].append((container.name, mount.label))
            }
        }
        let ours = Set(expectation.containers.filter { $0.side == facts.side }.map(\.name))
        return users.keys.sorted().compactMap { source in
            let mounts = users[source] ?? []
            let names = Set(mounts.map(\.container))
            // Other people's containers may do with their directories what they like.
            guard names.count > 1, !names.isDisjoint(with: ours) else { return nil }
            let owners = mounts.filter { $0.label == .owned }.map(\.container)
            let unsure = mounts.filter { $0.label == .unknown }.map(\.container)
            let all = mounts.map(\.container).joined(separator: ", ")
            var row = VerifyReport.Row(
                on: facts.side,
                subject: "label of \(source)",
                verdict: .ok,
                evidence: "mounted by \(all), by none with :Z",
                method: "\(facts.containers.method): .Mounts, .Config.CreateCommand"
            )
            if !owners.isEmpty {
                row.verdict = .violation
                row.evidence =
                    "mounted by \(all); \(owners.joined(separator: ", ")) with :Z, which gives the "
                    + "directory to one container and locks the others out: use :z"
            } else if !unsure.isEmpty {
                row.verdict = .unknown
                row.evidence =
                    "mounted by \(all); no command line tells how \(unsure.joined(separator: ", ")) "
                    + "labelled it"
            }
            return row
        }
    }

    private func otherRows(_ found: [ContainerFacts], _ facts: MachineFacts) -> [VerifyReport.Row] {
        let known = Set(expectation.containers.filter { $0.side == facts.side }.map(\.name))
        return found.filter { !known.contains($0.name) }.map { container in
            VerifyReport.Row(
                on: facts.side,
                subject: "container \(container.name)",
                verdict: expectation.refusesOtherContainers ? .violation : .allowed,
                evidence: "\(container.state), image \(container.image); not expected here",
                method: facts.containers.method
            )
        }
    }
}

/// One container against what is expected of it.
struct ContainerJudge {
    let expected: ContainerExpectation
    let facts: MachineFacts
    let all: [ContainerFacts]

    var rows: [VerifyReport.Row] {
        guard let container = all.first(where: { $0.name == expected.name }) else {
            return [missing]
        }
        return [
            running(container), image(container), restart(container), ports(container),
            mounts(container), user(container), capabilities(container), hardening(container),
        ].compactMap(\.self)
    }

    private func row(
        _ subject: String,
        _ verdict: VerifyReport.Verdict,
        _ evidence: String,
        _ field: String
    ) -> VerifyReport.Row {
        VerifyReport.Row(
            on: facts.side,
            subject: "\(expected.name) \(subject)",
            verdict: verdict,
            evidence: evidence,
            method: "\(facts.containers.method): \(field)"
        )
    }

    private var missing: VerifyReport.Row {
        let names = all.map(\.name)
        let seen = names.isEmpty ? "no container at all" : EvidenceText.list(names)
        return VerifyReport.Row(
            on: facts.side,
            subject: "\(expected.name) runs",
            verdict: expected.isRequired ? .violation : .allowed,
            evidence: expected.isRequired
                ? "no such container; this account has \(seen)" : "not deployed, and need not be",
            method: facts.containers.method
        )
    }

    private func running(_ container: ContainerFacts) -> VerifyReport.Row {
        let restarts = container.restarts == 0 ? "" : ", restarted \(container.restarts) times"
        var evidence =
            "\(container.state), id \(container.shortID), pid \(container.pid)\(restarts)"
        if !container.health.isEmpty { evidence += ", \(container.health)" }
        let isUp = container.state == "running" && container.health != "unhealthy"
        return row("runs", isUp ? .ok : .violation, evidence, ".State")
    }

    private func image(_ container: ContainerFacts) -> VerifyReport.Row {
        let digest = container.imageDigest.isEmpty ? "no digest" : container.imageDigest
        let evidence = "\(container.image) \(digest)"
        if let wanted = expected.digest {
            guard !container.imageDigest.isEmpty else {
                return row("image", .unknown, "\(evidence); expected \(wanted)", ".ImageDigest")
            }
            if container.imageDigest != wanted {
                return row("image", .violation, "\(evidence); expected \(wanted)", ".ImageDigest")
            }
        }
        if let wanted = expected.image, !Wildcard(wanted).matches(container.image) {
            return row("image", .violation, "\(evidence); expected \(wanted)", ".ImageName")
        }
        return row("image", .ok, evidence, ".ImageName, .ImageDigest")
    }

    private func user(_ container: ContainerFacts) -> VerifyReport.Row? {
        let name = container.user.isEmpty ? "0" : container.user
        let isRoot = ["0", "root"].contains(
            name.split(separator: ":").first.map(String.init) ?? "0"
        )
        switch expected.user {
        case .any: return nil
        case .notRoot:
            return row("user", isRoot ? .violation : .ok, "runs as \(name)", ".Config.User")
        case .exactly(let wanted):
            let fits = name == wanted
            let evidence = fits ? "runs as \(name)" : "runs as \(name); expected \(wanted)"
            return row("user", fits ? .ok : .violation, evidence, ".Config.User")
        }
    }

    private func capabilities(_ container: ContainerFacts) -> VerifyReport.Row? {
        guard let wanted = expected.capabilities else { return nil }
        func plain(_ name: String) -> String {
            let upper = name.uppercased()
            return upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
        }
        let has = Set(container.capabilities.map(plain))
        let extra = has.subtracting(wanted.map(plain)).sorted()
        let field = ".EffectiveCaps, .HostConfig.Privileged"
        if container.isPrivileged { return row("capabilities", .violation, "privileged", field) }
        guard extra.isEmpty else {
            let evidence = "has \(extra.joined(separator: ", ")), which nobody expects"
            return row("capabilities", .violation, evidence, field)
        }
        let list = has.isEmpty ? "none" : has.sorted().joined(separator: ", ")
        return row("capabilities", .ok, list, field)
    }

    private func hardening(_ container: ContainerFacts) -> VerifyReport.Row? {
        var wrong: [String] = []
        var right: [String] = []
        if let wanted = expected.isReadOnly {
            let text =
                container.isReadOnly ? "root file system read-only" : "root file system writable"
            if wanted && !container.isReadOnly { wrong.append(text) } else { right.append(text) }
        }
        if let wanted = expected.hasNoNewPrivileges {
            let has = container.hasNoNewPrivileges
            let text = has ? "no new privileges" : "may gain privileges"
            if wanted && !has { wrong.append(text) } else { right.append(text) }
        }
        guard !wrong.isEmpty || !right.isEmpty else { return nil }
        let field = ".HostConfig.ReadonlyRootfs, .SecurityOpt"
        guard wrong.isEmpty else {
            return row("hardening", .violation, wrong.joined(separator: ", "), field)
        }
        return row("hardening", .ok, right.joined(separator: ", "), field)
    }
}
