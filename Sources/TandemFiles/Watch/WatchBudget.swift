import TandemSystem

/// How many of the kernel's watches a root may use, and how often the rest is looked at.
package struct WatchBudget: Hashable, Sendable {
    /// The most watches; nil takes what the kernel allows, less what editors need.
    package var watches: Int?
    /// The shortest time between two looks at all polled directories, in nanoseconds.
    package var directorySweep: UInt64
    /// The time between two looks at all files of polled directories, in nanoseconds.
    package var fileSweep: UInt64
    /// The time between two looks at whether the root is still at its path, in nanoseconds.
    package var rootCheck: UInt64
    /// When fanotify watches, where the kernel allows it.
    package var fanotify: FanotifyUse

    /// When fanotify watches; it needs no watches, and is told of the whole file system's changes.
    package enum FanotifyUse: Hashable, Sendable {
        /// Never: what has no watch is polled.
        case never
        /// When inotify's watches do not suffice; before that, inotify costs less.
        case beyondWatches
        /// From the start.
        case always
    }

    package init(
        watches: Int? = nil,
        directorySweep: UInt64 = 1_000_000_000,
        fileSweep: UInt64 = 30_000_000_000,
        rootCheck: UInt64 = 10_000_000_000,
        fanotify: FanotifyUse = .never
    ) {
        self.watches = watches
        self.directorySweep = directorySweep
        self.fileSweep = fileSweep
        self.rootCheck = rootCheck
        self.fanotify = fanotify
    }

    /// What the kernel allows, less what editors need; fanotify beyond that, where it is allowed.
    package static let ofSystem = WatchBudget(fanotify: .beyondWatches)
}

/// The kernel's limits for one user.
struct WatchLimits: Hashable, Sendable {
    /// `fs.inotify.max_user_watches`.
    var watches: Int
    /// `fs.inotify.max_user_instances`.
    var instances: Int

    /// Reads the limits; what cannot be read is taken for what the oldest kernels had.
    init(reading fileSystem: any FileSystem) {
        watches = Self.read(Self.watchesName, fileSystem) ?? 8_192
        instances = Self.read(Self.instancesName, fileSystem) ?? 128
    }

    init(watches: Int, instances: Int) {
        self.watches = watches
        self.instances = instances
    }

    /// What one root may use: a quarter is left to this user's editors and build tools.
    var share: Int { watches - watches / 4 }

    /// The command that makes room for so many directories; nil when there is room.
    ///
    /// - Parameters:
    ///   - directories: how many.
    ///   - isUsedUp: the kernel said that other programs hold what there is.
    /// - Returns: the line for a shell.
    func remedy(forWatching directories: Int, isUsedUp: Bool = false) -> String? {
        var wanted = Self.leastWatches
        while wanted - wanted / 4 < directories || isUsedUp && wanted <= watches { wanted *= 2 }
        guard wanted > watches else { return nil }
        return "sudo sysctl -w \(Self.watchesName)=\(wanted)"
    }

    /// The command that makes room for one more inotify instance.
    var remedyForInstances: String {
        "sudo sysctl -w \(Self.instancesName)=\(max(instances * 2, 256))"
    }

    private static let watchesName = "fs.inotify.max_user_watches"
    /// In bytes, of what such a file says.
    private static let longestNumber = 32
    private static let instancesName = "fs.inotify.max_user_instances"
    /// What distributions set for desktops; a smaller value would be raised again soon.
    private static let leastWatches = 65_536

    private static func read(_ name: String, _ fileSystem: any FileSystem) -> Int? {
        let path = "/proc/sys/" + name.split(separator: ".").joined(separator: "/")
        guard let bytes = try? fileSystem.readUpTo(at: path, count: longestNumber) else {
            return nil
        }
        return Int(String(decoding: bytes, as: UTF8.self).filter { $0.isNumber })
    }
}
