/// One container as `podman inspect` describes it, as far as it is judged.
package struct ContainerFacts: Hashable, Sendable {
    /// A port of the host that leads into the container.
    package struct Port: Hashable, Sendable, CustomStringConvertible {
        /// The host's address; empty for all of them.
        package var address: String
        package var host: UInt16
        package var container: UInt16
        package var transport: String

        package init(address: String, host: UInt16, container: UInt16, transport: String = "tcp") {
            self.address = address
            self.host = host
            self.container = container
            self.transport = transport
        }

        package var description: String {
            let suffix = transport == "tcp" ? "" : "/\(transport)"
            return "\(address.isEmpty ? "0.0.0.0" : address):\(host)->\(container)\(suffix)"
        }
    }

    /// A directory or volume of the host in the container.
    package struct Mount: Hashable, Sendable {
        /// What the label says of who may use the directory.
        package enum Label: String, Sendable {
            case none, shared, owned
            /// Podman does not tell for a container that no command line made.
            case unknown
        }

        package var source: String
        package var destination: String
        package var isWritable: Bool
        package var label: Label

        package init(
            source: String,
            destination: String,
            isWritable: Bool = true,
            label: Label = .none
        ) {
            self.source = source
            self.destination = destination
            self.isWritable = isWritable
            self.label = label
        }

        package var text: String { "\(source):\(destination):\(isWritable ? "rw" : "ro")" }
    }

    package var name: String
    package var id: String
    /// What Podman calls its state, such as `running`.
    package var state: String
    package var pid: Int32
    /// `healthy`, `unhealthy`, `starting`; empty where nobody looks.
    package var health: String
    package var restarts: Int
    package var image: String
    package var imageDigest: String
    /// The restart policy's name; empty for none.
    package var restartPolicy: String
    /// The systemd unit that runs it.
    package var unit: String?
    package var ports: [Port]
    package var mounts: [Mount]
    package var user: String
    package var capabilities: [String]
    package var isReadOnly: Bool
    package var isPrivileged: Bool
    package var hasNoNewPrivileges: Bool
    /// The command line that made it; empty where none did.
    package var createCommand: [String]

    package init(name: String, id: String) {
        self.name = name
        self.id = id
        state = "running"
        pid = 0
        health = ""
        restarts = 0
        image = ""
        imageDigest = ""
        restartPolicy = ""
        unit = nil
        ports = []
        mounts = []
        user = ""
        capabilities = []
        isReadOnly = false
        isPrivileged = false
        hasNoNewPrivileges = false
        createCommand = []
    }

    /// The id as people shorten it.
    package var shortID: String { String(id.prefix(12)) }
}

/// What systemd says of the units that run containers.
package struct ServiceFacts: Hashable, Sendable {
    package struct Unit: Hashable, Sendable {
        package var restart: String
        /// How it is enabled, such as `generated`.
        package var fileState: String

        package init(restart: String, fileState: String) {
            self.restart = restart
            self.fileState = fileState
        }
    }

    package var units: [String: Unit]
    /// Whether podman-restart.service starts at boot.
    package var restartsContainers: Bool
    /// Whether the account's services run without a login; true for root.
    package var lingers: Bool

    package init(units: [String: Unit] = [:], restartsContainers: Bool, lingers: Bool) {
        self.units = units
        self.restartsContainers = restartsContainers
        self.lingers = lingers
    }
}
