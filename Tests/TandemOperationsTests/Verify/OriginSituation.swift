import TandemManagement

/// Three containers on a vm as they should be, and what is expected of them.
enum OriginSituation {
    static let names = ["97layer-snapshot", "97layer-gcp-mgmt", "97layer-receiver"]
    static let root = "/home/me/97layerOS"

    static var expectation: VerifyExpectation {
        let containers = names.map { name in
            var one = ContainerExpectation(name, on: .vm)
            one.image = "localhost/97layer:*"
            one.mounts = [
                MountExpectation(source: root, destination: "/app", isWritable: true),
                MountExpectation(source: "\(root)/logs", destination: "/logs", isWritable: true),
            ]
            if name == "97layer-receiver" {
                one.ports = [.init(address: "127.0.0.1", host: 8081, container: 8080)]
            }
            return one
        }
        return VerifyExpectation(
            containers: containers,
            logs: [.init(on: .vm, "logs", largestFile: 1_500_000)]
        )
    }

    static func id(_ name: String) -> String {
        let digit = ["97layer-snapshot": "a", "97layer-gcp-mgmt": "b"][name] ?? "c"
        return String(repeating: digit, count: 64)
    }

    static func container(_ name: String) -> ContainerFacts {
        var one = ContainerFacts(name: name, id: id(name))
        one.pid = 100
        one.image = "localhost/97layer:latest"
        one.imageDigest = "sha256:1234"
        one.unit = "\(name).service"
        one.mounts = [
            .init(source: root, destination: "/app", label: .shared),
            .init(source: "\(root)/logs", destination: "/logs", label: .shared),
        ]
        one.user = "1000:1000"
        one.isReadOnly = true
        one.hasNoNewPrivileges = true
        if name == "97layer-receiver" {
            one.ports = [.init(address: "127.0.0.1", host: 8081, container: 8080)]
        }
        return one
    }

    static var vm: MachineFacts {
        var facts = MachineFacts(.vm, name: "devvm")
        facts.system = .found("Linux", by: "uname -s")
        facts.architecture = .found("x86_64", by: "uname -m")
        facts.podmanVersion = .found("podman version 5.4.2", by: "podman --version")
        facts.containers = .found(names.map(container), by: "podman inspect")
        let units = Dictionary(
            uniqueKeysWithValues: names.map {
                ("\($0).service", ServiceFacts.Unit(restart: "always", fileState: "generated"))
            }
        )
        facts.services = .found(
            ServiceFacts(units: units, restartsContainers: false, lingers: true),
            by: "systemctl show"
        )
        facts.processes = .found(
            [
                ProcessFacts(pid: 1, name: "systemd", executable: "/usr/lib/systemd/systemd"),
                ProcessFacts(pid: 20, name: "sshd", executable: "/usr/sbin/sshd"),
                ProcessFacts(pid: 30, name: "conmon", executable: "/usr/bin/conmon"),
                ProcessFacts(pid: 40, name: "bash", executable: "/usr/bin/bash"),
            ]
                + names.enumerated().map { index, name in
                    ProcessFacts(
                        pid: Int32(100 + index),
                        name: "python",
                        executable: "/usr/local/bin/python3.11",
                        container: id(name),
                        arguments: ["python", "-m", "daemon"]
                    )
                },
            by: "/proc"
        )
        facts.sockets = .found(
            [
                ListeningSocket(address: "0.0.0.0", port: 22, holder: "sshd", pid: 20),
                ListeningSocket(address: "127.0.0.1", port: 8081, holder: "rootlessport", pid: 50),
            ],
            by: "ss -ltnp"
        )
        facts.logs["logs"] = .found(
            [
                LogFileFacts(name: "mac_sync_receiver.log", bytes: 1_200_000),
                LogFileFacts(name: "hybrid_sync.log", bytes: 32_000),
                LogFileFacts(name: "hybrid_sync.log.1", bytes: 31_000),
            ],
            by: "find logs"
        )
        facts.garbage = .found([], by: "find")
        facts.git = .found(GitFacts(isRepository: false), by: "git check-ignore")
        return facts
    }

    static var laptop: MachineFacts {
        var facts = MachineFacts(.laptop, name: "laptop")
        facts.system = .found("Linux", by: "uname -s")
        facts.architecture = .found("x86_64", by: "uname -m")
        facts.containers = .unknown("podman: not found", by: "podman inspect")
        facts.processes = .found(
            [
                ProcessFacts(
                    pid: 7,
                    name: "tandem-agent",
                    executable: "/usr/local/bin/tandem-agent"
                )
            ],
            by: "/proc"
        )
        facts.sockets = .found([], by: "ss -ltnp")
        facts.garbage = .found([], by: "find")
        let patterns = ["__pycache__/", "*.pyc", "logs/", "*.log", ".DS_Store"]
        let rules = Dictionary(
            uniqueKeysWithValues: patterns.enumerated().map { index, pattern in
                (pattern, Optional(".gitignore:\(index + 1):\(pattern)"))
            }
        )
        facts.git = .found(
            GitFacts(isRepository: true, protection: rules),
            by: "git check-ignore"
        )
        return facts
    }

    static func report(
        laptop: MachineFacts = Self.laptop,
        vm: MachineFacts = Self.vm,
        expectation: VerifyExpectation = Self.expectation
    ) -> VerifyReport {
        let judge = VerifyJudge(expectation)
        var rows = judge.rows(laptop) + judge.rows(vm) + judge.rows(laptop: laptop, vm: vm)
        rows.append(judge.row(.equal(digest: "7be1c04", entries: 12), method: "plan"))
        return VerifyReport(machine: "laptop and devvm", time: "2026-01-01", rows: rows)
    }
}

extension MachineFacts {
    /// Changes one container.
    mutating func change(_ name: String, _ body: (inout ContainerFacts) -> Void) {
        guard var list = containers.value, let index = list.firstIndex(where: { $0.name == name })
        else { return }
        body(&list[index])
        containers.value = list
    }
}
