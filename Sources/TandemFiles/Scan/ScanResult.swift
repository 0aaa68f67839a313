package import TandemSystem
package import TandemTree

/// What a scan found.
package struct ScanResult: Sendable {
    /// Everything below the root, its digests up to date.
    package var tree: Tree
    /// What cannot be synced, in the order of the paths.
    package var problems: [ProblemEntry]
    /// The rules that were in force, as collected or as given.
    package var rules: RuleSet
    package var statistics: ScanStatistics
}

/// What a scan did.
package struct ScanStatistics: Hashable, Sendable {
    /// Entries in the tree, the root not counted.
    package var entries = 0
    package var directories = 0
    package var hashedFiles = 0
    package var hashedBytes: UInt64 = 0

    package init() {}
}

/// How far a scan has come; `previousEntries` is 0 when there was no previous one.
package struct ScanProgress: Hashable, Sendable {
    package var entries: Int
    package var hashedBytes: UInt64
    package var previousEntries: Int
}

/// A scan that could not be made; never thrown for a single entry below the root.
package struct ScanError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Nothing stands at the root's path any more.
        case rootMissing
        /// Something that is no directory stands there.
        case rootNotDirectory
        /// Another directory or file system stands there than was opened.
        case rootReplaced
        /// The root directory or its rules cannot be read.
        case rootUnreadable
        /// The process has no descriptor left for a single directory.
        case outOfDescriptors
    }

    package var code: Code
    /// The root's path.
    package var root: String
    package var cause: SystemError?

    package init(_ code: Code, root: String, cause: SystemError? = nil) {
        self.code = code
        self.root = root
        self.cause = cause
    }

    package var description: String {
        let text = escaped(Array(root.utf8))
        let reason = cause.map { " (\($0.reason))" } ?? ""
        return switch code {
        case .rootMissing:
            "the root \(text) is gone\(reason); nothing is synced until it is back"
        case .rootNotDirectory:
            "the root \(text) is no directory\(reason); put the directory back or pair anew"
        case .rootReplaced:
            "another directory stands at \(text) than was opened; start again to look at it"
        case .rootUnreadable:
            "the root \(text) cannot be read\(reason); check its permissions and rules files"
        case .outOfDescriptors:
            "no file descriptor is left to read \(text)\(reason); raise `ulimit -n`"
        }
    }
}

/// Where a scan takes its ignore rules from.
package enum RuleSource: Sendable {
    /// The laptop: git's rules, unless these leave them out, and `.tandemignore` are read on the
    /// way, on top of these.
    case collecting(RuleSet)
    /// The vm: these rules only, no file of the tree is evaluated.
    case given(RuleSet)

    /// The laptop, with nothing but what holds where nobody says anything.
    package static let collect = RuleSource.collecting(.standard)

    /// The laptop, with what its configuration says.
    package static func collect(_ settings: IgnoreSettings) -> RuleSource {
        .collecting(settings.base)
    }

    /// The rules known before the scan.
    var known: RuleSet {
        switch self {
        case .collecting(let set), .given(let set): set
        }
    }
}

/// What every part of a scan needs.
struct ScanSettings: Sendable {
    var fileSystem: any FileSystem
    var window: RacyWindow
    var time: any TimeSource
    var progress: (@Sendable (ScanProgress) -> Void)?
}
