package import TandemTree

/// What carries the stream to the vm.
package enum ConfiguredTransport: String, Sendable, CaseIterable {
    case streamlocal
    case exec
    case openssh
}

/// What happens to `.git` directories.
package enum ConfiguredGit: String, Sendable, CaseIterable {
    case skip
    case push
}

/// Before what a snapshot is made.
package enum ConfiguredMoment: String, Sendable, CaseIterable {
    case firstSync = "first-sync"
    case reset
    case massDeletion = "mass-deletion"
    case garbageClean = "garbage-clean"
}

/// What happens to an act before which a snapshot is wanted and none can be made.
package enum ConfiguredInsistence: String, Sendable, CaseIterable {
    /// It is done, and the missing snapshot is named.
    case wanted
    /// It is not done.
    case required
}

/// A place in a configuration file.
package struct Position: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }

    package static func < (left: Position, right: Position) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// A value of a configuration file and where it stands; no place where it is a default.
package struct Placed<Value: Hashable & Sendable>: Hashable, Sendable {
    package var value: Value
    package var position: Position?

    package init(_ value: Value, at position: Position? = nil) {
        self.value = value
        self.position = position
    }
}

/// What `tandem.yml` says, `tandem.local.yml` laid over it, defaults filled in.
package struct Configuration: Hashable, Sendable {
    /// One line of `sync`.
    package struct Rule: Hashable, Sendable {
        /// Below the file's directory.
        package var from: Placed<RelativePath>
        /// Absolute, on the vm.
        package var to: Placed<String>
        package var mode: Placed<SyncMode>
    }

    package var name: Placed<String>?
    package var vm: Placed<String>
    package var container: Placed<String>?
    package var transport: Placed<ConfiguredTransport>
    package var identity: Placed<String>?
    package var sync: [Rule]
    package var usesGitignore: Placed<Bool>
    package var git: Placed<ConfiguredGit>
    package var leavesGarbage: Placed<Bool>
    package var patterns: [Placed<String>]
    package var garbagePatterns: [Placed<String>]
    package var workload: Workload?
    package var hooks: [Hook]
    package var shelf: Placed<String>
    /// Bytes a second.
    package var bandwidth: Placed<UInt64>?
    /// Bytes.
    package var maximumFile: Placed<UInt64>?
    package var snapshots: Snapshots
    package var logs: Logs
    package var verify: Verify?

    /// The digest by which a person approves the shared file; the local one never travels.
    package static func digest(of bytes: [UInt8]) -> Digest { ContentHasher.digest(of: bytes) }
}

/// Everything that is wrong with a configuration, in the order of the file.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong, and where.
    package struct Problem: Hashable, Sendable, CustomStringConvertible {
        package var position: Position
        package var message: String

        package var description: String { "\(position): \(message)" }
    }

    package var problems: [Problem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
