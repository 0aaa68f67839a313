import TandemManagement
import Testing

/// Which containers may be destroyed, and what is said about what came back.
struct DeepCheckTests {
    private let name = "97layer-receiver"

    private func check(_ change: (inout ContainerFacts) -> Void = { _ in }) -> DeepCheck {
        var vm = OriginSituation.vm
        vm.containers.value = vm.containers.value?.filter { $0.name == name }
        vm.change(name, change)
        return DeepCheck(facts: vm, expectation: OriginSituation.expectation)
    }

    private func sums(_ files: [String: String]) -> FileSums {
        FileSums(sums: files.mapValues { .init(digest: $0, bytes: 1) })
    }

    @Test func `a unit makes its container again`() {
        #expect(check().plans.map(\.maker) == [.unit("97layer-receiver.service")])
        #expect(check().refusals.isEmpty)
    }

    @Test(arguments: [
        (["podman", "run", "-d", "--name", "x", "i"], true),
        (["podman", "run", "--detach", "--name=x", "i"], true),
        ([], false),
        (["podman", "create", "--name", "x", "i"], false),
        (["podman", "run", "--name", "x", "i"], false),
        (["podman", "run", "-d", "i"], false),
        (["podman", "run", "-d", "--rm", "--name", "x", "i"], false),
        (["podman", "run", "-d", "--name", "x", "-v", "./a:/b", "i"], false),
    ])
    func `a container that cannot be made again is left alone`(
        _ command: [String],
        _ isPlanned: Bool
    ) {
        let check = check {
            $0.unit = nil
            $0.createCommand = command
        }
        #expect(check.plans.count == (isPlanned ? 1 : 0))
        #expect(check.refusals.map(\.verdict) == (isPlanned ? [] : [.unknown]))
    }

    @Test func `what stands before podman stands before the command too`() {
        var vm = OriginSituation.vm
        vm.change(name) {
            $0.unit = nil
            $0.createCommand = ["podman", "--root", "/x", "run", "-d", "--name", "x", "i"]
        }
        var expectation = OriginSituation.expectation
        expectation.podman = ["sudo", "-n", "/usr/bin/podman", "--root", "/x"]
        let plans = DeepCheck(facts: vm, expectation: expectation).plans
        let words = ["sudo", "-n", "/usr/bin/podman", "--root", "/x", "run", "-d", "--name", "x"]
        #expect(plans.first { $0.container.name == name }?.maker == .command(words + ["i"]))
    }

    @Test func `files that came back as they were are nothing lost`() throws {
        let check = check()
        let plan = try #require(check.plans.first)
        func row(
            _ before: [String: String],
            _ after: [String: String],
            continued: Set<String> = [],
            id: String = "new"
        ) -> VerifyReport.Row {
            check.row(
                plan,
                before: sums(before),
                after: sums(after),
                continued: continued,
                id: id
            )
        }
        #expect(row(["/a": "1"], ["/a": "1", "/b": "2"]).verdict == .ok)
        #expect(row(["/a": "1"], [:]).verdict == .violation)
        #expect(row(["/a": "1"], [:]).evidence.contains("/a"))
        #expect(row(["/a": "1"], ["/a": "2"]).verdict == .violation)
        #expect(row(["/a": "1"], ["/a": "2"], continued: ["/a"]).verdict == .ok)
        #expect(row(["/a": "1"], [:], continued: ["/a"]).verdict == .ok)
        #expect(row([:], [:], id: plan.container.id).verdict == .violation)
    }

    @Test func `a daemon may write its own state anew, and lose none of it`() throws {
        let check = check { $0.mounts.append(.init(source: "/s", destination: "/state")) }
        let plan = try #require(check.plans.first)
        let changed = check.row(
            plan,
            before: sums(["/s/status": "1"]),
            after: sums(["/s/status": "2"]),
            continued: [],
            id: "new"
        )
        #expect(changed.verdict == .allowed)
        let lost = check.row(
            plan,
            before: sums(["/s/status": "1"]),
            after: sums([:]),
            continued: [],
            id: "new"
        )
        #expect(lost.verdict == .violation)
    }
}
