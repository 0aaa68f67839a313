/// What was found on one machine, before anybody judged it.
package struct MachineFacts: Sendable {
    package var side: VerifySide
    /// What people call the machine.
    package var name: String
    /// `uname -s`.
    package var system: Finding<String>
    /// `uname -m`.
    package var architecture: Finding<String>
    package var podmanVersion: Finding<String>
    package var containers: Finding<[ContainerFacts]>
    package var services: Finding<ServiceFacts>
    package var processes: Finding<[ProcessFacts]>
    package var sockets: Finding<[ListeningSocket]>
    /// The log files by the directory that was asked for.
    package var logs: [String: Finding<[LogFileFacts]>]
    package var garbage: Finding<[GarbageFacts]>
    package var git: Finding<GitFacts>
    /// Further versions by name.
    package var versions: [String: Finding<String>]

    /// Facts of a machine about which nothing is known yet.
    package init(_ side: VerifySide, name: String, reason: String = "it was not asked") {
        self.side = side
        self.name = name
        system = .unknown(reason, by: "uname -s")
        architecture = .unknown(reason, by: "uname -m")
        podmanVersion = .unknown(reason, by: "podman --version")
        containers = .unknown(reason, by: "podman inspect")
        services = .unknown(reason, by: "systemctl show")
        processes = .unknown(reason, by: "/proc")
        sockets = .unknown(reason, by: "ss -ltnp")
        logs = [:]
        garbage = .unknown(reason, by: "find")
        git = .unknown(reason, by: "git check-ignore")
        versions = [:]
    }
}

/// One process as the machine shows it.
package struct ProcessFacts: Hashable, Sendable {
    package var pid: Int32
    package var parent: Int32
    package var uid: UInt32
    /// The kernel's name for it, at most 15 bytes.
    package var name: String
    /// The file it runs; nil where this account may not see it.
    package var executable: String?
    /// The id of the container whose control group it is in.
    package var container: String?
    package var arguments: [String]
    /// Whether its control group could be read.
    package var isPlaced: Bool

    package init(
        pid: Int32,
        parent: Int32 = 1,
        uid: UInt32 = 1000,
        name: String,
        executable: String?,
        container: String? = nil,
        arguments: [String] = [],
        isPlaced: Bool = true
    ) {
        self.pid = pid
        self.parent = parent
        self.uid = uid
        self.name = name
        self.executable = executable
        self.container = container
        self.arguments = arguments
        self.isPlaced = isPlaced
    }
}

/// A TCP socket that listens on the host.
package struct ListeningSocket: Hashable, Sendable {
    /// The address without brackets: `127.0.0.1`, `0.0.0.0`, `::`, `*`.
    package var address: String
    package var port: UInt16
    /// Who holds it; nil where this account may not see that.
    package var holder: String?
    package var pid: Int32?

    package init(address: String, port: UInt16, holder: String? = nil, pid: Int32? = nil) {
        self.address = address
        self.port = port
        self.holder = holder
        self.pid = pid
    }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool { address.hasPrefix("127.") || address == "::1" }

    package var text: String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

/// One file of a log directory.
package struct LogFileFacts: Hashable, Sendable {
    /// Below the directory.
    package var name: String
    package var bytes: UInt64

    package init(name: String, bytes: UInt64) {
        self.name = name
        self.bytes = bytes
    }

    /// The log that the file belongs to: `receiver.log` for `receiver.log.12` and `receiver.log.3.gz`.
    package var log: String {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let packed: Set<Substring> = ["gz", "zst", "xz", "bz2"]
        if parts.count > 2, let last = parts.last, packed.contains(last) { parts.removeLast() }
        if parts.count > 1, let last = parts.last, !last.isEmpty, last.allSatisfy(\.isNumber) {
            parts.removeLast()
        }
        return parts.joined(separator: ".")
    }
}

/// Garbage of one kind.
package struct GarbageFacts: Hashable, Sendable {
    package var kind: String
    /// Files and whole directories of that kind.
    package var entries: Int
    package var bytes: UInt64
    /// One of them; empty where none was named.
    package var example: String

    package init(kind: String, entries: Int, bytes: UInt64, example: String) {
        self.kind = kind
        self.entries = entries
        self.bytes = bytes
        self.example = example
    }
}

/// What git says of the garbage patterns.
package struct GitFacts: Hashable, Sendable {
    /// Whether the root lies in a work tree.
    package var isRepository: Bool
    /// By pattern, the rule that protects it as `FILE:LINE:PATTERN`; nil where none does.
    package var protection: [String: String?]
    /// Garbage that git tracks.
    package var tracked: [String]

    package init(isRepository: Bool, protection: [String: String?] = [:], tracked: [String] = []) {
        self.isRepository = isRepository
        self.protection = protection
        self.tracked = tracked
    }
}
