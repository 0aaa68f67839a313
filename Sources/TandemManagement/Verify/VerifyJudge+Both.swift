/// How the two trees compare.
package enum TreeComparison: Hashable, Sendable {
    /// The other side's own comparison found them equal.
    case equal(digest: String, entries: Int?)
    /// They differ, in words.
    case different(String)
    /// It could not be asked.
    case unknown(String)
}

/// What is about both machines.
extension VerifyJudge {
    /// Rows that hold the laptop's facts beside the vm's.
    package func rows(laptop: MachineFacts, vm: MachineFacts) -> [VerifyReport.Row] {
        var rows = [architecture(laptop, vm)]
        if expectsContainers(on: .laptop) && expectsContainers(on: .vm) {
            rows.append(
                pair(
                    "podman",
                    laptop.podmanVersion,
                    vm.podmanVersion,
                    .violation
                )
            )
            rows += imagePairs(laptop, vm)
        }
        for name in Set(laptop.versions.keys).union(vm.versions.keys).sorted() {
            let missing = Finding<String>.unknown("nobody asked", by: name)
            rows.append(
                pair(
                    name,
                    laptop.versions[name] ?? missing,
                    vm.versions[name] ?? missing,
                    .violation
                )
            )
        }
        return rows
    }

    /// The row about the trees.
    package func row(_ comparison: TreeComparison, method: String) -> VerifyReport.Row {
        let (verdict, evidence): (VerifyReport.Verdict, String) =
            switch comparison {
            case .equal(let digest, let entries):
                (.ok, "root digest \(digest) on both\(entries.map { ", \($0) entries" } ?? "")")
            case .different(let how): (.violation, how)
            case .unknown(let why): (.unknown, why)
            }
        return VerifyReport.Row(
            subject: "trees are equal",
            verdict: verdict,
            evidence: evidence,
            method: method
        )
    }

    private func architecture(_ laptop: MachineFacts, _ vm: MachineFacts) -> VerifyReport.Row {
        pair(
            "architecture",
            laptop.architecture,
            vm.architecture,
            expectation.sameArchitecture ? .violation : .allowed
        )
    }

    private func pair(
        _ subject: String,
        _ laptop: Finding<String>,
        _ vm: Finding<String>,
        _ difference: VerifyReport.Verdict
    ) -> VerifyReport.Row {
        let method = laptop.method == vm.method ? laptop.method : "\(laptop.method); \(vm.method)"
        var row = VerifyReport.Row(
            subject: "same \(subject)",
            verdict: .unknown,
            evidence: "",
            method: method
        )
        guard let here = laptop.value else {
            row.evidence = "laptop: \(laptop.reason)"
            return row
        }
        guard let there = vm.value else {
            row.evidence = "vm: \(vm.reason)"
            return row
        }
        row.verdict = here == there ? .ok : difference
        row.evidence = here == there ? "\(here) on both" : "laptop \(here), vm \(there)"
        return row
    }

    /// A container that is expected on both sides runs one image.
    private func imagePairs(_ laptop: MachineFacts, _ vm: MachineFacts) -> [VerifyReport.Row] {
        func names(_ side: VerifySide) -> Set<String> {
            Set(expectation.containers.filter { $0.side == side }.map(\.name))
        }
        return names(.laptop).intersection(names(.vm)).sorted().compactMap { name in
            guard let here = laptop.containers.value?.first(where: { $0.name == name }),
                let there = vm.containers.value?.first(where: { $0.name == name })
            else { return nil }
            return pair(
                "image of \(name)",
                .found(here.imageDigest, by: "podman inspect: .ImageDigest"),
                .found(there.imageDigest, by: "podman inspect: .ImageDigest"),
                .violation
            )
        }
    }
}
