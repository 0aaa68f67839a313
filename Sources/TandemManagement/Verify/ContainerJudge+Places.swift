/// Ports, mounts, and how a container comes back.
extension ContainerJudge {
    func ports(_ container: ContainerFacts) -> VerifyReport.Row? {
        guard let wanted = expected.ports else { return nil }
        var problems: [String] = []
        for port in wanted where !container.ports.contains(port) {
            problems.append(absence(of: port, from: container))
        }
        for port in container.ports where !wanted.contains(port) {
            // A port that stands in for a wanted one was named with it.
            let stands = wanted.contains { $0.host == port.host || $0.container == port.container }
            if !stands { problems.append("\(port) is published and not expected") }
        }
        let has = container.ports.map(\.description).joined(separator: ", ")
        let evidence =
            problems.isEmpty ? (has.isEmpty ? "none" : has) : problems.joined(separator: "; ")
        return VerifyReport.Row(
            on: facts.side,
            subject: "\(expected.name) ports",
            verdict: problems.isEmpty ? .ok : .violation,
            evidence: evidence,
            method: "\(facts.containers.method): .HostConfig.PortBindings"
        )
    }

    /// What is there instead of a port, on this container or on another.
    private func absence(
        of port: ContainerFacts.Port,
        from container: ContainerFacts
    ) -> String {
        if let instead = container.ports.first(where: { $0.container == port.container }) {
            return "expected \(port), published is \(instead)"
        }
        if let other = all.first(where: { $0.ports.contains { $0.host == port.host } }) {
            return "expected \(port), but \(other.name) publishes \(port.host)"
        }
        return "expected \(port), which is not published"
    }

    func mounts(_ container: ContainerFacts) -> VerifyReport.Row? {
        guard let wanted = expected.mounts else { return nil }
        var problems: [String] = []
        for mount in wanted {
            guard let found = container.mounts.first(where: { $0.destination == mount.destination })
            else {
                let source = mount.source.map { " from \($0)" } ?? ""
                problems.append("\(mount.destination)\(source) is not mounted")
                continue
            }
            if let source = mount.source, !Wildcard(source).matches(found.source) {
                problems.append("\(found.destination) is \(found.source); expected \(source)")
            }
            if let writable = mount.isWritable, writable != found.isWritable {
                let how = found.isWritable ? "writable" : "read-only"
                problems.append("\(found.destination) is \(how)")
            }
        }
        for found in container.mounts
        where !wanted.contains(where: { $0.destination == found.destination }) {
            problems.append("\(found.text) is mounted and not expected")
        }
        let has = container.mounts.map(\.text).joined(separator: ", ")
        return VerifyReport.Row(
            on: facts.side,
            subject: "\(expected.name) mounts",
            verdict: problems.isEmpty ? .ok : .violation,
            evidence: problems.isEmpty
                ? (has.isEmpty ? "none" : has) : problems.joined(separator: "; "),
            method: "\(facts.containers.method): .Mounts"
        )
    }

    func restart(_ container: ContainerFacts) -> VerifyReport.Row? {
        guard expected.restart != .any else { return nil }
        let (verdict, evidence) = comeback(of: container)
        return VerifyReport.Row(
            on: facts.side,
            subject: "\(expected.name) restart",
            verdict: verdict,
            evidence: evidence,
            method: container.unit == nil
                ? "\(facts.containers.method): .HostConfig.RestartPolicy"
                : "\(facts.services.method) \(container.unit ?? "")"
        )
    }

    private func comeback(of container: ContainerFacts) -> (VerifyReport.Verdict, String) {
        let policy = container.restartPolicy.isEmpty ? "no" : container.restartPolicy
        if let unit = container.unit { return unitComeback(unit) }
        if expected.restart == .always || expected.restart == .unlessStopped {
            let wanted = expected.restart.rawValue
            guard policy == wanted else {
                return (.violation, "policy \(policy); expected \(wanted)")
            }
            return (.allowed, "policy \(policy), as expected; \(Self.rebootCaveat)")
        }
        switch policy {
        case "always":
            guard let services = facts.services.value else {
                return (.unknown, "policy always; \(facts.services.reason)")
            }
            return services.restartsContainers
                ? (.ok, "policy always, and podman-restart.service is enabled")
                : (.violation, "policy always, but podman-restart.service is not enabled")
        case "unless-stopped":
            return (.violation, "policy unless-stopped: \(Self.rebootCaveat)")
        default:
            return (.violation, "policy \(policy): it stays away after a crash or a reboot")
        }
    }

    private static let rebootCaveat =
        "Podman before 5.8 does not start it after a reboot; a Quadlet unit with Restart=always does"

    private func unitComeback(_ unit: String) -> (VerifyReport.Verdict, String) {
        guard let services = facts.services.value else {
            return (.unknown, "\(unit): \(facts.services.reason)")
        }
        guard let found = services.units[unit] else {
            return (.unknown, "\(unit): systemd does not know it")
        }
        guard found.restart == "always" else {
            return (.violation, "\(unit): Restart=\(found.restart)")
        }
        // A generated unit is started by what its [Install] section names.
        guard ["generated", "enabled", "enabled-runtime"].contains(found.fileState) else {
            return (.violation, "\(unit): Restart=always, but it is \(found.fileState)")
        }
        guard services.lingers else {
            return (
                .violation, "\(unit): Restart=always, but it ends with the login: enable-linger"
            )
        }
        return (.ok, "\(unit): Restart=always, \(found.fileState)")
    }
}
