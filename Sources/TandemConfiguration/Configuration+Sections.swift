package import TandemTree

extension Configuration {
    /// Where commands run on the vm: the receiver runs nothing it is told.
    package struct Workload: Hashable, Sendable {
        package var container: Placed<String>
        /// The root as the container sees it, absolute; nil for its own working directory.
        package var directory: Placed<String>?
    }

    /// What runs after a batch.
    package struct Hook: Hashable, Sendable {
        /// The longest a hook runs unless the file says otherwise, in seconds.
        package static let defaultTimeout = 600

        package var name: Placed<String>?
        /// Patterns of changed paths; empty for any path.
        package var when: [Placed<String>]
        package var on: Placed<Side>
        package var run: Placed<String>
        /// Seconds.
        package var timeout: Placed<Int>
    }

    /// When the vm's tree is kept, and for how long.
    package struct Snapshots: Hashable, Sendable {
        /// Seconds between two.
        package var every: Placed<Int>?
        package var last: Placed<Int>?
        package var hourly: Placed<Int>?
        package var daily: Placed<Int>?
        package var weekly: Placed<Int>?
        package var monthly: Placed<Int>?
        /// Nil where the file does not say: before all of them.
        package var before: [Placed<ConfiguredMoment>]?
        /// Where the list stands, which an empty one has no element to say; nil where there is none.
        package var beforePosition: Position?
        package var beforeActs: Placed<ConfiguredInsistence>?
    }

    /// What `tandem verify` holds both machines to, instead of Tandem's own deployment.
    package struct Verify: Hashable, Sendable {
        let section: LocatedValue

        /// As one JSON object, which `tandem verify --expect` takes as well.
        package var json: String { section.json }
    }

    /// Where the vm's daemons log, and how much is kept.
    package struct Logs: Hashable, Sendable {
        package var directory: Placed<String>?
        /// Bytes.
        package var size: Placed<UInt64>?
        package var files: Placed<Int>?
        /// Seconds.
        package var age: Placed<Int>?
    }

    /// What the scan is told about ignoring.
    package var ignoreSettings: IgnoreSettings {
        IgnoreSettings(
            usesGitignore: usesGitignore.value,
            git: git.value == .push ? .push : .skip,
            leavesGarbage: leavesGarbage.value,
            patterns: patterns.map(\.value),
            garbagePatterns: garbagePatterns.map(\.value)
        )
    }

    /// The mode of each path that has one of its own, the root first.
    package var modes: [(path: RelativePath, mode: SyncMode)] {
        sync.map { (path: $0.from.value, mode: $0.mode.value) }.sorted { $0.path < $1.path }
    }

    /// The mode that holds at a path: that of the longest path with one of its own.
    package func mode(of path: RelativePath) -> SyncMode {
        let above = modes.last { path == $0.path || path.isDescendant(of: $0.path) }
        return above?.mode ?? .twoWay
    }

    /// The rule of the root, which every file has.
    package var rootRule: Rule? { sync.first { $0.from.value.isRoot } }

    /// What this version does not do and a sync cannot go without: it would do what nobody asked for.
    package var notDone: [ConfigurationError.Problem] {
        let wishes: [(what: String, position: Position?, instead: String)] = [
            ("bandwidth", bandwidth?.position, "sync runs at the speed of the link"),
            (
                "max-file", maximumFile?.position,
                "`ignore: patterns` leaves out files by name, whatever their size"
            ),
        ]
        return wishes.compactMap { wish in
            wish.position.map { position in
                ConfigurationError.Problem(
                    position: position,
                    message: "limits: \(wish.what) is what this version does not do; "
                        + "take the line out (\(wish.instead))"
                )
            }
        }
    }

    /// Reads both files to be put in force: what this version does not do is an error, too.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong.
    package static func readForUse(
        _ shared: [UInt8],
        local: [UInt8]? = nil,
        names: (shared: String, local: String) = (fileName, localFileName)
    ) throws(ConfigurationError) -> Configuration {
        let configuration = try read(shared, local: local, names: names)
        let notDone = configuration.notDone
        guard notDone.isEmpty else { throw ConfigurationError(problems: notDone) }
        return configuration
    }

    /// What the file asks for that is read and checked, and has no effect in this version: each as
    /// the beginning of a sentence, with its verb.
    package var withoutEffect: [(what: String, position: Position?)] {
        let logValues = [
            logs.directory?.position, logs.size?.position, logs.files?.position,
            logs.age?.position,
        ]
        let sections: [(what: String, position: Position?)] = [
            (
                "logs: every daemon keeps its own limits (docs/LOGS.md), so this has no effect",
                logValues.compactMap(\.self).min()
            )
        ]
        return sections.filter { $0.position != nil }
    }
}
