import TandemProject
import TandemManagement
import TandemSSH

/// Destroys containers and makes them anew, one after another, and says what that lost.
struct DeepVerify {
    let shell: any ScriptShell
    let expectation: VerifyExpectation

    /// A tree of this size is read in less.
    private static let longestRun = 3600
    private static let longestOutput = 256 << 20

    func rows(_ facts: MachineFacts) -> [VerifyReport.Row] {
        let check = DeepCheck(facts: facts, expectation: expectation)
        return check.plans.map { row($0, check) } + check.refusals
    }

    private func row(_ plan: DeepPlan, _ check: DeepCheck) -> VerifyReport.Row {
        let script = DeepScript(
            plan,
            podman: expectation.podman,
            token: FactsCollector.token()
        )
        let before: FileSums
        switch script.sums(run(script, DeepScript.look)) {
        case .failed(let why): return check.row(plan, failure: "left alone: \(why)")
        case .found(let sums): before = sums
        }
        let output = run(script, DeepScript.destroy)
        let id: String
        switch script.newID(output) {
        case .failed(let why): return check.row(plan, failure: why, isLost: true)
        case .found(let found): id = found
        }
        guard case .found(let after) = script.sums(output) else {
            return check.row(plan, failure: "its files could not be read afterwards", isLost: true)
        }
        let suspects = before.differing(from: after).compactMap { path in
            before.sums[path].map { (path: path, sum: $0) }
        }
        var continued: Set<String> = []
        if !suspects.isEmpty,
            case .found(let found) = script.continued(run(script, DeepScript.search, suspects))
        {
            continued = found
        }
        return check.row(plan, before: before, after: after, continued: continued, id: id)
    }

    private func run(
        _ script: DeepScript,
        _ body: String,
        _ suspects: [(path: String, sum: FileSums.Sum)] = []
    ) -> [UInt8] {
        let remote = RemoteScript(
            "destroy a container and make it anew",
            body,
            script.variables(suspects: suspects, quote: ShellText.quoted),
            seconds: Self.longestRun,
            longestOutput: Self.longestOutput
        )
        // What could not be run has no answers, and the judge says so.
        return (try? shell.run(remote))?.output ?? []
    }
}
