import TandemTree

/// How a receiver runs on a vm.
package enum DeploymentMode: String, Sendable, CaseIterable {
    /// In a Podman container that a Quadlet unit of the account starts, also after a reboot.
    case quadlet
    /// As a process of the account, until the vm reboots.
    case process
}

/// What a deployment left on the vm; noted there last, so that one cut short is not taken for done.
package struct DeploymentRecord: Sendable, Hashable {
    package var mode: DeploymentMode
    package var root: String
    /// The SHA-256 of the program.
    package var binary: String
    /// The SHA-256 of what the image was made of; nil for a process.
    package var image: String?
    /// The SHA-256 of unit and drop-in; nil for a process.
    package var unit: String?

    package init(
        mode: DeploymentMode,
        root: String,
        binary: String,
        image: String? = nil,
        unit: String? = nil
    ) {
        self.mode = mode
        self.root = root
        self.binary = binary
        self.image = image
        self.unit = unit
    }

    private static let title = "tandem-deployment 1"

    /// One line a field; the root is last, so that whatever it holds is its own.
    package var text: String {
        [Self.title, mode.rawValue, binary, image ?? "-", unit ?? "-", root]
            .joined(separator: "\n")
    }

    /// Reads what `text` wrote; nil for anything else.
    package init?(parsing text: String) {
        let lines = text.split(
            separator: "\n",
            maxSplits: 5,
            omittingEmptySubsequences: false
        ).map(String.init)
        guard lines.count == 6, lines[0] == Self.title,
            let mode = DeploymentMode(rawValue: lines[1]), lines[5].hasPrefix("/")
        else { return nil }
        self.init(
            mode: mode,
            root: lines[5],
            binary: lines[2],
            image: lines[3] == "-" ? nil : lines[3],
            unit: lines[4] == "-" ? nil : lines[4]
        )
    }

    static func digest(of texts: [String]) -> String {
        // A separator that no text holds keeps two lists apart that join to the same.
        ContentHasher.digest(of: Array(texts.joined(separator: "\0").utf8)).hex
    }
}
