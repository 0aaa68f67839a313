/// What one container has to be like; nil where it does not matter.
package struct ContainerExpectation: Hashable, Sendable {
    /// How a container has to come back.
    package enum Restart: String, Hashable, Sendable, CaseIterable {
        /// After a crash and after a reboot.
        case reboot
        case always
        case unlessStopped = "unless-stopped"
        case any
    }

    /// Whom a container's process has to be.
    package enum User: Hashable, Sendable {
        case notRoot
        case any
        case exactly(String)
    }

    package var name: String
    package var side: VerifySide
    /// Whether it has to be there; one that need not be is checked where it is.
    package var isRequired = true
    /// A glob for the image's name.
    package var image: String?
    package var digest: String?
    package var restart = Restart.reboot
    package var ports: [ContainerFacts.Port]? = []
    package var mounts: [MountExpectation]?
    package var user = User.notRoot
    package var capabilities: [String]? = []
    package var isReadOnly: Bool? = true
    package var hasNoNewPrivileges: Bool? = true

    package init(_ name: String, on side: VerifySide) {
        self.name = name
        self.side = side
    }
}

/// What has to be mounted in a container.
package struct MountExpectation: Hashable, Sendable {
    /// A glob; nil for any source.
    package var source: String?
    package var destination: String
    /// Nil where it does not matter.
    package var isWritable: Bool?

    package init(source: String? = nil, destination: String, isWritable: Bool? = nil) {
        self.source = source
        self.destination = destination
        self.isWritable = isWritable
    }
}
