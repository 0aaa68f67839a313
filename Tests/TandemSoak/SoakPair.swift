import TandemTestSupport

/// A pair that is kept in sync while users work on both of its sides.
///
/// The soak knows it by what a person sees of it: two directories, a flush, a status, conflicts.
package protocol SoakPair: Sendable {
    /// The laptop's directory.
    var laptop: String { get }
    /// The vm's directory.
    var vm: String { get }
    /// A directory beside both, on their file system.
    var trash: String { get }
    /// What the two ends call the pair, 16 bytes.
    var identifier: [UInt8] { get throws }

    /// Begins to keep both sides in sync.
    func start() throws
    /// Waits until all that was saved before the call is durable on the other side.
    func flush(seconds: Int) throws -> SoakFlush
    /// Where the pair stands.
    func standing() throws -> SoakStanding
    /// Settles one of the open conflicts, by a number that chooses; nil when none is open.
    func settle(choice: Int, keep: SoakKeep) throws -> Bool?
    /// Says to a halt what a person would who deleted that much on purpose.
    func acceptDeletions() throws
    /// Cuts the link that stands.
    func cut()
    /// What happened that a person who looks for a cause wants to know.
    var events: [String] { get }
    /// The memory its programs use, for people; empty where they are not programs.
    var memory: String { get }
    /// Stops syncing; both directories are still afterwards.
    func stop() throws
    /// Ends every process of the pair, and removes what lies in both directories.
    func end()
}

/// How a flush ended.
package enum SoakFlush: Sendable, Equatable {
    case inSync
    /// What was saved before is on the other side, and more is under way.
    case durable
    /// All is synced but this.
    case attention([String])
    case timedOut
    case broken(String)
}

/// Whose version of a conflict stays.
package enum SoakKeep: String, CaseIterable, Sendable {
    case laptop
    case vm
    case both
}

/// Where a pair stands.
package struct SoakStanding: Sendable {
    package var headline = ""
    /// Why nothing is applied until a person decides; nil while the pair is not halted.
    package var halt: String?
    /// The paths of open conflicts.
    package var conflicts: [String] = []
    /// What cannot be synced, and why.
    package var problems: [String] = []
    package var generation: UInt64 = 0
}

extension SoakPair {
    /// What differs between the two directories, by a comparison that is not Tandem's.
    ///
    /// What is left out is what Tandem leaves alone by default: its own area, git's, and the files
    /// that editors make while they save.
    func differences() throws -> [String] {
        let names = ["/.tandem", ".git", "*~", "\\#*#", ".#*"]
        let output = try Command.run(
            "rsync",
            ["-rlcnE", "--delete", "--itemize-changes"] + names.map { "--exclude=\($0)" }
                + [laptop + "/", vm + "/"]
        )
        // rsync also reports times of directories and files, which Tandem does not sync.
        return String(decoding: output, as: UTF8.self).split(separator: "\n").filter { line in
            !line.hasPrefix(".") || line.prefix(11).dropFirst(2).contains { "csp".contains($0) }
        }.map(String.init)
    }
}
