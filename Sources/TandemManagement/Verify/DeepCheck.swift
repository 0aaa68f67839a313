/// A container that is destroyed and made anew, to see whether anything is lost.
package struct DeepPlan: Hashable, Sendable {
    /// How it is made anew.
    package enum Maker: Hashable, Sendable {
        /// Its systemd unit, which removes it at its stop and makes it at its start.
        case unit(String)
        /// The command line that made it.
        case command([String])
    }

    package var container: ContainerFacts
    package var maker: Maker
}

/// Plans and judges the destruction of a machine's containers.
package struct DeepCheck: Sendable {
    let facts: MachineFacts
    let expectation: VerifyExpectation

    package init(facts: MachineFacts, expectation: VerifyExpectation) {
        self.facts = facts
        self.expectation = expectation
    }

    /// The containers that can be destroyed and made anew.
    package var plans: [DeepPlan] { choices.compactMap { try? $0.get() } }

    /// Rows about those that cannot, which are left alone.
    package var refusals: [VerifyReport.Row] {
        choices.compactMap { choice in
            guard case .failure(let refusal) = choice else { return nil }
            return row(refusal.name, .unknown, "left alone: \(refusal.reason)", "podman inspect")
        }
    }

    private struct Refusal: Error {
        var name: String
        var reason: String
    }

    private var choices: [Result<DeepPlan, Refusal>] {
        let names = Set(expectation.containers.filter { $0.side == facts.side }.map(\.name))
        return (facts.containers.value ?? []).filter { names.contains($0.name) }.map(choice)
    }

    private func choice(_ container: ContainerFacts) -> Result<DeepPlan, Refusal> {
        func refuse(_ reason: String) -> Result<DeepPlan, Refusal> {
            .failure(Refusal(name: container.name, reason: reason))
        }
        if let unit = container.unit {
            return .success(DeepPlan(container: container, maker: .unit(unit)))
        }
        let command = container.createCommand
        guard let run = command.firstIndex(of: "run") else {
            return refuse("no `podman run` made it, so nobody knows how to make it again")
        }
        let options = command[run...]
        guard options.contains(where: { $0 == "-d" || $0 == "--detach" }) else {
            return refuse("it was not started with --detach")
        }
        guard options.contains(where: { $0 == "--name" || $0.hasPrefix("--name=") }) else {
            return refuse("its command line names it not")
        }
        let isRelative = options.contains { $0.hasPrefix("./") || $0.hasPrefix("../") }
        guard !isRelative else { return refuse("its command line has relative paths") }
        guard !options.contains("--rm") else { return refuse("it is removed whenever it ends") }
        return .success(DeepPlan(container: container, maker: .command(prefixed(command))))
    }

    /// The command behind what has to stand before Podman's name, such as `sudo -n`.
    private func prefixed(_ command: [String]) -> [String] {
        let index = expectation.podman.firstIndex { ProcessFacts.lastComponent($0) == "podman" }
        guard let index else { return command }
        return Array(expectation.podman[...index]) + command.dropFirst()
    }

    // MARK: Judging

    private static let method = "sha256sum of every mounted file before and after"

    /// The row about a container that was made anew, from its files before and after.
    ///
    /// Files that only grew or were rotated are `continued`.
    package func row(
        _ plan: DeepPlan,
        before: FileSums,
        after: FileSums,
        continued: Set<String>,
        id: String
    ) -> VerifyReport.Row {
        let name = plan.container.name
        guard id != plan.container.id else {
            return row(name, .violation, "it was not made anew: the id is the same", Self.method)
        }
        let lost = before.differing(from: after).filter { !continued.contains($0) }
        let missing = lost.filter { after.sums[$0] == nil }
        if !missing.isEmpty {
            let list = EvidenceText.list(missing)
            return row(name, .violation, "\(missing.count) files lost: \(list)", Self.method)
        }
        let counts =
            "\(before.sums.count) files, \(before.sums.count - lost.count - continued.count) the same"
            + ", \(continued.count) continued"
        let ids = "id \(plan.container.shortID), then \(id.prefix(12))"
        guard lost.isEmpty else {
            let list = EvidenceText.list(lost)
            let text = "\(ids); \(counts), \(lost.count) written anew: \(list)"
            return row(name, isOwnState(lost, plan) ? .allowed : .violation, text, Self.method)
        }
        return row(name, .ok, "\(ids); \(counts)", Self.method)
    }

    /// The row about a container with which something went wrong.
    package func row(_ plan: DeepPlan, failure: String, isLost: Bool = false) -> VerifyReport.Row {
        row(plan.container.name, isLost ? .violation : .unknown, failure, Self.method)
    }

    /// Whether files lie where no other container writes: a daemon's state may change at its start.
    private func isOwnState(_ files: [String], _ plan: DeepPlan) -> Bool {
        let own = plan.container.mounts.filter { mount in
            let users = (facts.containers.value ?? []).filter { container in
                container.mounts.contains { $0.source == mount.source }
            }
            return users.count == 1
                && ["/state", "/run"].contains {
                    mount.destination == $0 || mount.destination.hasPrefix($0 + "/")
                }
        }
        return files.allSatisfy { file in own.contains { file.hasPrefix($0.source + "/") } }
    }

    private func row(
        _ name: String,
        _ verdict: VerifyReport.Verdict,
        _ evidence: String,
        _ method: String
    ) -> VerifyReport.Row {
        VerifyReport.Row(
            on: facts.side,
            subject: "\(name) destroyed and made anew",
            verdict: verdict,
            evidence: evidence,
            method: method
        )
    }
}

/// The digests of files by their path on the host.
package struct FileSums: Hashable, Sendable {
    package struct Sum: Hashable, Sendable {
        package var digest: String
        package var bytes: UInt64

        package init(digest: String, bytes: UInt64) {
            self.digest = digest
            self.bytes = bytes
        }
    }

    package var sums: [String: Sum] = [:]

    package init(sums: [String: Sum] = [:]) { self.sums = sums }

    /// The files of this set that are missing in the other, or have another content there.
    package func differing(from other: FileSums) -> [String] {
        sums.keys.filter { other.sums[$0]?.digest != sums[$0]?.digest }.sorted()
    }
}
