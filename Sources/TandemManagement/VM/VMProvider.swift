/// Where a vm comes from, seen from the laptop: whether it is up, and how it is.
///
/// There is one implementation, a vm that is an SSH host. A cloud's provider, which can also start
/// and stop a machine, comes behind the same words; Google Compute is the next.
package protocol VMProvider: Sendable {
    /// Looks at the vm now.
    func look() -> VMCondition
}

/// What was found out about a vm.
package enum VMCondition: Hashable, Sendable {
    /// It answers and says how it is.
    case up(VMHost)
    /// It does not answer, with the reason.
    case unreachable(String)
    /// It answers, but does not say how it is.
    case unclear(String)
}

/// How a machine is: facts of one moment.
package struct VMHost: Hashable, Sendable, Codable {
    /// Free space of one place.
    package struct Disk: Hashable, Sendable, Codable {
        package var place: String
        package var bytes: UInt64
        package var freeBytes: UInt64

        package init(place: String, bytes: UInt64, freeBytes: UInt64) {
            self.place = place
            self.bytes = bytes
            self.freeBytes = freeBytes
        }
    }

    /// Changes with every start of the machine (`random(4)`, boot_id).
    package var bootID: String
    package var uptimeSeconds: UInt64
    package var memoryBytes: UInt64
    package var availableBytes: UInt64
    package var disks: [Disk]
    /// Part of the last minute in which some process waited for memory, in hundredths of a percent;
    /// nil where the kernel does not tell (PSI, /proc/pressure).
    package var memoryPressure: UInt64?
    package var diskPressure: UInt64?

    /// Less free space than this part of a disk is too little, and less than `leastFree`.
    private static let leastFreePart: UInt64 = 20
    private static let leastFree: UInt64 = 1 << 30
    private static let leastAvailablePart: UInt64 = 20
    /// A tenth of the time waiting is felt.
    private static let mostPressure: UInt64 = 1_000

    /// What a person should know; empty where nothing presses.
    package var warnings: [String] {
        var warnings: [String] = []
        for disk in disks
        where disk.freeBytes < max(disk.bytes / Self.leastFreePart, Self.leastFree) {
            warnings.append("\(disk.place) is nearly full")
        }
        if availableBytes < memoryBytes / Self.leastAvailablePart {
            warnings.append("memory is nearly used up")
        }
        if memoryPressure ?? 0 > Self.mostPressure { warnings.append("processes wait for memory") }
        if diskPressure ?? 0 > Self.mostPressure { warnings.append("processes wait for the disk") }
        return warnings
    }
}
