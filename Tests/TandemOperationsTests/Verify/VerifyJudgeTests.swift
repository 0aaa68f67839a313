import TandemManagement
import Testing

/// The situation of three containers on a vm, and what may be wrong with it.
struct VerifyJudgeTests {
    /// One thing that is wrong, and the row that has to say so.
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var change: @Sendable (inout MachineFacts) -> Void
        var subject: String
        /// What the evidence has to hold.
        var evidence: [String]
        var verdict = VerifyReport.Verdict.violation

        init(
            _ name: String,
            _ subject: String,
            _ evidence: [String],
            _ verdict: VerifyReport.Verdict = .violation,
            change: @escaping @Sendable (inout MachineFacts) -> Void
        ) {
            testDescription = name
            self.subject = subject
            self.evidence = evidence
            self.verdict = verdict
            self.change = change
        }
    }

    @Test func `three containers as they should be are clean`() {
        let report = OriginSituation.report()
        let wrong = report.rows.filter { $0.verdict == .violation || $0.verdict == .unknown }
        #expect(wrong == [])
        #expect(report.exitCode == 0)
        #expect(report.rows.allSatisfy { !$0.method.isEmpty && !$0.evidence.isEmpty })
        let agent = report.rows.first { $0.subject == "tandem-agent on the host" }
        #expect(agent?.verdict == .allowed)
    }

    @Test(arguments: cases)
    func `one thing that is wrong is found, with its evidence`(_ wrong: Case) throws {
        var vm = OriginSituation.vm
        wrong.change(&vm)
        let report = OriginSituation.report(vm: vm)
        let row = try #require(
            report.rows.first {
                $0.side == .vm && $0.subject == wrong.subject && $0.verdict == wrong.verdict
            },
            "\(report.rows.filter { $0.verdict != .ok })"
        )
        for part in wrong.evidence { #expect(row.evidence.contains(part), "\(row.evidence)") }
        #expect(report.exitCode == 1)
        // Nothing else is said to be wrong but what follows from it.
        let others = report.rows.filter { $0.verdict == .violation && $0.subject != wrong.subject }
        #expect(others.count <= 3, "\(others)")
    }

    static let cases = containerCases + hostCases + fileCases

    private static let containerCases = [
        Case("a container is missing", "97layer-snapshot runs", ["no such container"]) {
            $0.containers.value?.removeFirst()
        },
        Case("a container has ended", "97layer-receiver runs", ["exited"]) { vm in
            vm.change("97layer-receiver") { $0.state = "exited" }
        },
        Case("a container is not healthy", "97layer-receiver runs", ["unhealthy"]) { vm in
            vm.change("97layer-receiver") { $0.health = "unhealthy" }
        },
        Case(
            "8081 is published by another container",
            "97layer-receiver ports",
            ["expected 127.0.0.1:8081->8080", "97layer-gcp-mgmt publishes 8081"]
        ) { vm in
            vm.change("97layer-receiver") { $0.ports = [] }
            vm.change("97layer-gcp-mgmt") {
                $0.ports = [.init(address: "127.0.0.1", host: 8081, container: 8080)]
            }
        },
        Case(
            "the container that publishes what it should not",
            "97layer-gcp-mgmt ports",
            ["127.0.0.1:8081->8080 is published and not expected"]
        ) { vm in
            vm.change("97layer-gcp-mgmt") {
                $0.ports = [.init(address: "127.0.0.1", host: 8081, container: 8080)]
            }
        },
        Case("a changed port", "97layer-receiver ports", ["published is 127.0.0.1:9000->8080"]) {
            $0.change("97layer-receiver") { $0.ports[0].host = 9000 }
        },
        Case("a port open to all", "97layer-receiver ports", ["0.0.0.0:8081->8080"]) {
            $0.change("97layer-receiver") { $0.ports[0].address = "" }
        },
        Case(
            "a missing mount",
            "97layer-receiver mounts",
            ["/logs from /home/me/97layerOS/logs is not mounted"]
        ) { vm in
            vm.change("97layer-receiver") { $0.mounts.removeLast() }
        },
        Case("a mount of another directory", "97layer-snapshot mounts", ["/app is /srv/other"]) {
            $0.change("97layer-snapshot") { $0.mounts[0].source = "/srv/other" }
        },
        Case("a mount nobody expects", "97layer-snapshot mounts", ["/:/host:rw is mounted"]) {
            $0.change("97layer-snapshot") {
                $0.mounts.append(.init(source: "/", destination: "/host"))
            }
        },
        Case(
            ":Z on a directory of three containers",
            "label of /home/me/97layerOS",
            ["97layer-gcp-mgmt with :Z"]
        ) { vm in
            vm.change("97layer-gcp-mgmt") { $0.mounts[0].label = .owned }
        },
        Case("a label nobody knows", "label of /home/me/97layerOS", ["no command line"], .unknown) {
            $0.change("97layer-gcp-mgmt") { $0.mounts[0].label = .unknown }
        },
        Case("unless-stopped", "97layer-receiver restart", ["unless-stopped", "reboot"]) { vm in
            vm.change("97layer-receiver") {
                $0.unit = nil
                $0.restartPolicy = "unless-stopped"
            }
        },
        Case("a unit that does not restart", "97layer-receiver restart", ["Restart=no"]) {
            $0.services.value?.units["97layer-receiver.service"]?.restart = "no"
        },
        Case("a unit that ends with the login", "97layer-receiver restart", ["enable-linger"]) {
            $0.services.value?.lingers = false
        },
        Case("root in a container", "97layer-receiver user", ["runs as 0"]) { vm in
            vm.change("97layer-receiver") { $0.user = "" }
        },
        Case("a capability", "97layer-receiver capabilities", ["SYS_ADMIN"]) { vm in
            vm.change("97layer-receiver") { $0.capabilities = ["CAP_SYS_ADMIN"] }
        },
        Case("a privileged container", "97layer-receiver capabilities", ["privileged"]) { vm in
            vm.change("97layer-receiver") { $0.isPrivileged = true }
        },
        Case("a writable root file system", "97layer-receiver hardening", ["writable"]) { vm in
            vm.change("97layer-receiver") { $0.isReadOnly = false }
        },
        Case("another image", "97layer-receiver image", ["docker.io/evil:1"]) { vm in
            vm.change("97layer-receiver") { $0.image = "docker.io/evil:1" }
        },
        Case("no Podman", "containers", ["podman: not found"], .unknown) {
            $0.containers = .unknown("podman: not found", by: "podman inspect")
        },
    ]

    private static let hostCases = [
        Case(
            "a stray python on the host",
            "process 4242",
            ["/usr/bin/python3.9", "in no container", "matches python*"]
        ) {
            $0.processes.value?.append(
                ProcessFacts(
                    pid: 4242,
                    name: "python3",
                    executable: "/usr/bin/python3.9",
                    arguments: ["python3", "execution/sync.py"]
                )
            )
        },
        Case("the stray python is counted", "project processes on the host", ["1 that match"]) {
            $0.processes.value?.append(
                ProcessFacts(pid: 4242, name: "python3", executable: "/usr/bin/python3.9")
            )
        },
        Case("a python that calls itself sshd", "process 4242", ["/usr/bin/python3.9"]) {
            $0.processes.value?.append(
                ProcessFacts(
                    pid: 4242,
                    name: "sshd",
                    executable: "/usr/bin/python3.9 (deleted)",
                    arguments: ["sshd"]
                )
            )
        },
        Case("an agent on the vm", "process 9", ["tandem-agent"]) {
            $0.processes.value?.append(
                ProcessFacts(pid: 9, name: "tandem-agent", executable: "/usr/bin/tandem-agent")
            )
        },
        Case("a process in an unknown container", "process 77", ["does not list"], .unknown) {
            $0.processes.value?.append(
                ProcessFacts(
                    pid: 77,
                    name: "python3",
                    executable: "/usr/bin/python3",
                    container: String(repeating: "f", count: 64)
                )
            )
        },
        Case("hidden processes", "project processes on the host", ["hidepid"], .unknown) {
            $0.processes = .unknown("the processes are hidden (hidepid)", by: "/proc")
        },
        Case("another program on the port", "port 8081 of 97layer-receiver", ["not Podman"]) {
            $0.sockets.value?[1].holder = "python3"
        },
        Case("nothing on the port", "port 8081 of 97layer-receiver", ["nothing listens"]) {
            $0.sockets.value?.removeLast()
        },
        Case("the port is open to others", "port 8081 of 97layer-receiver", ["0.0.0.0:8081"]) {
            $0.sockets.value?[1].address = "0.0.0.0"
        },
        Case("nobody sees who listens", "port 8081 of 97layer-receiver", ["may not"], .unknown) {
            $0.sockets.value?[1].holder = nil
        },
        Case("no ss", "listening sockets", ["ss: not found"], .unknown) {
            $0.sockets = .unknown("ss: not found", by: "ss -ltnp")
        },
    ]

    private static let fileCases = [
        Case("an oversized log", "log launchd.log", ["1.6 MB", "not rotated"]) {
            $0.logs["logs"]?.value?.append(LogFileFacts(name: "launchd.log", bytes: 1_600_000))
        },
        Case("a log that is never thinned out", "log a.log", ["7 files"]) { vm in
            for number in 1...6 {
                vm.logs["logs"]?.value?.append(LogFileFacts(name: "a.log.\(number)", bytes: 1))
            }
            vm.logs["logs"]?.value?.append(LogFileFacts(name: "a.log", bytes: 1))
        },
        Case("no log directory", "logs in logs", ["no such directory"]) {
            $0.logs["logs"] = .unknown("no such directory", by: "find logs")
        },
        Case("25 garbage files", "garbage", ["25 entries", "tandem garbage --clean"]) {
            $0.garbage.value = [
                GarbageFacts(kind: "__pycache__", entries: 15, bytes: 9000, example: "a"),
                GarbageFacts(kind: "*.pyc", entries: 8, bytes: 800, example: "b.pyc"),
                GarbageFacts(kind: ".DS_Store", entries: 2, bytes: 200, example: ".DS_Store"),
            ]
        },
        Case("no garbage inventory", "garbage", ["permission"], .unknown) {
            $0.garbage = .unknown("permission denied", by: "find")
        },
    ]
}
