/// The Quadlet unit of a deployment: the shipped one with the vm root filled in.
package enum ReceiverUnit {
    package static let image = "localhost/tandem-receiver:latest"
    package static let service = "tandem-receiver.service"
    package static let container = "tandem-receiver"

    /// The oldest Podman whose Quadlet knows the unit's keys (4.9 is Ubuntu 24.04's).
    package static let oldestPodman = PodmanVersion(4, 9)
    /// The cgroup controllers that the shipped limits need.
    static let limitedControllers: Set<String> = ["cpu", "memory", "pids"]

    /// What the shipped unit has in place of the root.
    private static let shippedVolume = "Volume=%h/app:/app:z"
    private static let shippedDirectory = "install -d %h/app "

    /// Whether a path stands in a unit as it is.
    ///
    /// systemd reads `%`, quotes, backslashes, `$` and spaces, and Quadlet splits at colons; each
    /// would have to be written differently in the two lines that name the root.
    package static func holds(_ path: String) -> Bool {
        path.hasPrefix("/")
            && path.unicodeScalars.allSatisfy { scalar in
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "/._-+@".unicodeScalars.contains(scalar)
            }
    }

    /// The unit for a vm root, an absolute one for which `holds` is true.
    package static func text(root: String) -> String {
        ShippedFiles.unit
            .replacing(shippedVolume, with: "Volume=\(root):/app:z")
            .replacing(shippedDirectory, with: "install -d \(root) ")
    }

    /// The drop-in with the limits, where the account's services may have them.
    package static func limits(controllers: Set<String>) -> String? {
        limitedControllers.isSubset(of: controllers) ? ShippedFiles.limits : nil
    }
}
