import TandemManagement
import Testing

/// What concerns the laptop, both machines, and the expectation itself.
struct VerifyBothTests {
    @Test func `a pattern that git does not ignore is found`() throws {
        var laptop = OriginSituation.laptop
        laptop.git.value?.protection["*.pyc"] = .some(nil)
        laptop.git.value?.protection["*.log"] = nil
        let report = OriginSituation.report(laptop: laptop)
        let row = try #require(report.rows.first { $0.subject == "git ignores *.pyc" })
        #expect(row.verdict == .violation)
        #expect(row.evidence.contains(".gitignore"))
        let silent = report.rows.first { $0.subject == "git ignores *.log" }
        #expect(silent?.verdict == .unknown)
        #expect(report.exitCode == 1)
    }

    @Test func `two architectures are found, or put up with`() throws {
        var laptop = OriginSituation.laptop
        laptop.architecture = .found("arm64", by: "uname -m")
        var expectation = OriginSituation.expectation
        let found = OriginSituation.report(laptop: laptop, expectation: expectation)
        #expect(found.exitCode == 1)
        #expect(
            found.rows.first { $0.subject == "same architecture" }?.evidence
                == "laptop arm64, vm x86_64"
        )
        expectation.sameArchitecture = false
        #expect(OriginSituation.report(laptop: laptop, expectation: expectation).exitCode == 0)
    }

    @Test func `versions are compared, and one that nobody told is unknown`() {
        var (laptop, vm) = (OriginSituation.laptop, OriginSituation.vm)
        laptop.versions["python"] = .found("Python 3.11.7", by: "python3 --version")
        vm.versions["python"] = .found("Python 3.9.1", by: "python3 --version")
        let report = OriginSituation.report(laptop: laptop, vm: vm)
        let row = report.rows.first { $0.subject == "same python" }
        #expect(row?.verdict == .violation)
        #expect(row?.evidence == "laptop Python 3.11.7, vm Python 3.9.1")
        vm.versions["python"] = nil
        let silent = OriginSituation.report(laptop: laptop, vm: vm)
        #expect(silent.rows.first { $0.subject == "same python" }?.verdict == .unknown)
    }

    @Test(arguments: [
        (TreeComparison.different("2 conflicts"), VerifyReport.Verdict.violation),
        (.unknown("no route"), .unknown),
        (.equal(digest: "ab", entries: 1), .ok),
    ])
    func `trees that are not known to be equal are not clean`(
        _ comparison: TreeComparison,
        _ verdict: VerifyReport.Verdict
    ) {
        let row = VerifyJudge(OriginSituation.expectation).row(comparison, method: "plan")
        #expect(row.verdict == verdict)
    }

    @Test func `plain unless-stopped passes where it is asked for, with its caveat`() throws {
        var expectation = OriginSituation.expectation
        expectation.containers[0].restart = .unlessStopped
        var vm = OriginSituation.vm
        vm.change("97layer-snapshot") {
            $0.unit = nil
            $0.restartPolicy = "unless-stopped"
        }
        let report = OriginSituation.report(vm: vm, expectation: expectation)
        let row = try #require(report.rows.first { $0.subject == "97layer-snapshot restart" })
        #expect(row.verdict == .allowed)
        #expect(row.evidence.contains("reboot"))
        #expect(report.exitCode == 0)
    }

    @Test func `the standard expectation is Tandem's own deployment`() {
        let standard = VerifyExpectation.standard(vmRoot: "/srv/app", laptopLogs: "/logs")
        #expect(standard.containers.map(\.name).first == "tandem-receiver")
        #expect(standard.containers.filter(\.isRequired).count == 1)
        let agent = ProcessFacts(pid: 1, name: "x", executable: "/bin/tandem-agent")
        #expect(standard.allowed(agent, on: .laptop) != nil)
        #expect(standard.allowed(agent, on: .vm) == nil)
        #expect(standard.projectPattern(of: agent) == "tandem*")
    }

    @Test(arguments: [
        ("*", "", true), ("a*c", "abbc", true), ("a*c", "abcd", false), ("*.py?", "x.pyc", true),
        ("python*", "cpython", false), ("**a", "ba", true), ("", "a", false), ("?", "", false),
    ])
    func `a wildcard matches whole names`(_ pattern: String, _ text: String, _ matches: Bool) {
        #expect(Wildcard(pattern).matches(text) == matches)
    }
}
