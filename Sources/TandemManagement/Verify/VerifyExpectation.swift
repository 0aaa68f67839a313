/// What `tandem verify` holds the two machines to; every part has a default.
package struct VerifyExpectation: Hashable, Sendable {
    /// A program that may run on a host, and why.
    package struct AllowedProcess: Hashable, Sendable {
        /// A glob for the file it runs.
        package var name: String
        /// A glob for its arguments, joined by blanks; nil for any.
        package var arguments: String?
        /// Where it may; nil for both.
        package var side: VerifySide?
        package var reason: String

        package init(
            _ name: String,
            arguments: String? = nil,
            on side: VerifySide? = nil,
            because reason: String
        ) {
            self.name = name
            self.arguments = arguments
            self.side = side
            self.reason = reason
        }
    }

    /// A directory of logs and how much may lie in it.
    package struct Logs: Hashable, Sendable {
        package var side: VerifySide
        /// Absolute, below the home directory (`~/…`), or below the root.
        package var directory: String
        package var largestFile: UInt64
        /// Of one log: the current file and the rotated ones.
        package var mostFiles: Int
        /// Whether a missing directory is a violation.
        package var isRequired: Bool

        package init(
            on side: VerifySide,
            _ directory: String,
            largestFile: UInt64 = 10_000_000,
            mostFiles: Int = 6,
            isRequired: Bool = true
        ) {
            self.side = side
            self.directory = directory
            self.largestFile = largestFile
            self.mostFiles = mostFiles
            self.isRequired = isRequired
        }
    }

    /// A version that is asked for and compared.
    package struct Version: Hashable, Sendable {
        package var name: String
        /// What prints it, in a container where `container` names one.
        package var command: [String]
        package var container: String?

        package init(_ name: String, command: [String], container: String? = nil) {
            self.name = name
            self.command = command
            self.container = container
        }
    }

    package var containers: [ContainerExpectation]
    /// Whether containers that no line names are a violation; they are only named otherwise.
    package var refusesOtherContainers = false
    /// Globs for the names of programs that belong to the project.
    package var projectProcesses = ["python*", "tandem*", "97layer*"]
    package var allowedProcesses = Self.infrastructure
    /// Whether any listener that others can reach and that is not the project's is a violation.
    package var refusesOtherListeners = false
    package var logs: [Logs]
    /// Garbage entries that are put up with, on each side.
    package var mostGarbage = 0
    /// Patterns that git has to ignore.
    package var protectedPatterns = ["__pycache__/", "*.pyc", "logs/", "*.log", ".DS_Store"]
    /// Whether both machines have to be of one architecture.
    package var sameArchitecture = true
    package var versions: [Version] = []
    /// How Podman is called, such as `sudo -n podman` for containers that root owns.
    package var podman = ["podman"]

    package init(containers: [ContainerExpectation], logs: [Logs]) {
        self.containers = containers
        self.logs = logs
    }

    /// Which allowed program a process is; nil where it is none.
    package func allowed(_ process: ProcessFacts, on side: VerifySide) -> AllowedProcess? {
        allowedProcesses.first { rule in
            guard rule.side == nil || rule.side == side else { return false }
            // The file decides where it can be seen: a process gives itself any name it likes.
            guard Wildcard(rule.name).matches(process.program) else { return false }
            guard let wanted = rule.arguments else { return true }
            return Wildcard(wanted).matches(process.arguments.joined(separator: " "))
        }
    }

    /// The pattern that makes a process the project's; nil where none does.
    package func projectPattern(of process: ProcessFacts) -> String? {
        let first = process.arguments.first.map(ProcessFacts.lastComponent) ?? ""
        let names = [process.program, process.name, first]
        return projectProcesses.first { pattern in
            names.contains { !$0.isEmpty && Wildcard(pattern).matches($0) }
        }
    }

    /// What a host needs to run containers and to be logged in to.
    package static let infrastructure = [
        AllowedProcess(
            "tandem-agent",
            on: .laptop,
            because: "the agent watches files on the laptop"
        ),
        AllowedProcess("tandem", on: .laptop, because: "the command line, this one among them"),
        AllowedProcess("python*", arguments: "*gcloud.py*", because: "gcloud's SSH tunnel"),
        AllowedProcess(
            "python*",
            arguments: "*/networkd-dispatcher*",
            because: "part of Debian and Ubuntu"
        ),
        AllowedProcess(
            "python*",
            arguments: "*/unattended-upgrade*",
            because: "part of Debian and Ubuntu"
        ),
        AllowedProcess("sshd*", because: "logins"),
        AllowedProcess("systemd*", because: "starts services"),
        AllowedProcess("podman", because: "runs containers"),
        AllowedProcess("conmon", because: "watches a container for Podman"),
        AllowedProcess("catatonit", because: "holds a namespace for Podman"),
        AllowedProcess("rootlessport*", because: "publishes a port for Podman"),
        AllowedProcess("slirp4netns", because: "a container's network"),
        AllowedProcess("pasta*", because: "a container's network"),
        AllowedProcess("aardvark-dns", because: "a container's names"),
    ]
}

extension VerifyExpectation {
    /// Tandem's own deployment: the receiver, and the two other daemons where they are.
    ///
    /// The vm root is nil where its path on the host is not known.
    package static func standard(vmRoot: String?, laptopLogs: String) -> VerifyExpectation {
        var receiver = ContainerExpectation("tandem-receiver", on: .vm)
        receiver.image = "localhost/tandem-receiver:*"
        receiver.ports = [.init(address: "127.0.0.1", host: 8081, container: 8080)]
        receiver.mounts = [
            MountExpectation(source: vmRoot, destination: "/app", isWritable: true),
            MountExpectation(destination: "/logs", isWritable: true),
            MountExpectation(destination: "/state", isWritable: true),
            MountExpectation(destination: "/run/tandem", isWritable: true),
        ]
        var snapshot = ContainerExpectation("tandem-snapshot", on: .vm)
        snapshot.isRequired = false
        snapshot.ports = [.init(address: "127.0.0.1", host: 8082, container: 8080)]
        var manager = ContainerExpectation("tandem-manager", on: .vm)
        manager.isRequired = false
        return VerifyExpectation(
            containers: [receiver, snapshot, manager],
            logs: [
                Logs(on: .vm, "~/.local/state/tandem/logs"),
                Logs(on: .laptop, laptopLogs, isRequired: false),
            ]
        )
    }
}

extension ProcessFacts {
    /// The name of the file it runs, or what the kernel calls it where that cannot be seen.
    package var program: String {
        guard let executable else { return name }
        let deleted = " (deleted)"
        let file =
            executable.hasSuffix(deleted) ? executable.dropLast(deleted.count) : executable[...]
        return Self.lastComponent(String(file))
    }

    static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
