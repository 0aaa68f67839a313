package import TandemTree

/// How a root is watched, so that nobody takes polling for watching.
package struct WatchReport: Hashable, Sendable {
    /// What tells of changes.
    package enum Kind: String, Hashable, Sendable {
        case inotify, fanotify, polling, fsevents
    }

    /// Why a part of the root is polled, or fanotify watches in the place of inotify.
    package enum Reason: Hashable, Sendable {
        /// All the watches this root may use are used.
        case budget
        /// The kernel gave no more watches: other programs of this user hold them (ENOSPC).
        case watchesUsedUp
        /// The kernel gave no further inotify instance (EMFILE).
        case instancesUsedUp
        /// No descriptor was left to open a directory with.
        case descriptorsUsedUp
        /// Changes that other machines make on such a file system raise no events here.
        case remote
        /// Polling, or fanotify, was asked for.
        case chosen
        /// The kernel refused, with this errno.
        case refused(Int32)
    }

    /// What keeps fanotify from watching.
    package enum FanotifyObstacle: Hashable, Sendable {
        /// The kernel refused it, with this errno: mostly for want of the capability.
        case refused(Int32)
        /// Its queue overflowed again and again, for it is told of the whole file system.
        case overflows
    }

    /// A subtree, or a single directory, that is polled.
    package struct Polled: Hashable, Sendable {
        package var path: RelativePath
        package var reason: Reason
    }

    package var kind: Kind
    /// Directories that have a watch.
    package var watches = 0
    /// Directories there are, ignored ones not counted.
    package var directories = 0
    /// How many watches may be used.
    package var budget = 0
    /// The topmost directories that are polled, at most `longestList` of them.
    package var polled: [Polled] = []
    /// How many directories are polled.
    package var polledDirectories = 0
    /// Why fanotify watches; nil where it does not.
    package var fanotifyReason: Reason?
    /// What keeps fanotify from watching where it would be used; nil where nothing does.
    package var fanotifyObstacle: FanotifyObstacle?
    /// How often the kernel's queue overflowed; everything was looked at anew each time.
    package var overflows = 0
    /// The command that would let everything be watched; nil where there is none.
    package var remedy: String?

    package init(kind: Kind) {
        self.kind = kind
    }

    /// Whether every directory raises events.
    package var isComplete: Bool { polledDirectories == 0 }

    /// Whether there is nothing about it that a person should know.
    package var isOrdinary: Bool { isComplete && kind != .fanotify }

    /// More would not be read by anybody.
    package static let longestList = 20
}

extension WatchReport {
    /// What to tell about overflows of the kernel's queue.
    package var overflowSentence: String {
        """
        changes came faster than the kernel keeps them (\(overflows) since the start); \
        everything is looked at anew
        """
    }
}

extension WatchReport: CustomStringConvertible {
    /// One sentence, with what to do.
    package var description: String {
        guard let first = polled.first else { return watchedSentence }
        let rest = polled.count > 1 ? " and others" : ""
        let fix = remedy.map { "; to watch all: \($0)" } ?? ""
        return """
            \(polledDirectories) of \(directories) directories are only polled, \
            \(first.path)\(rest), because \(first.reason.sentence)\(refusal)\(fix)
            """
    }

    /// A count would be news with each directory that comes, and is none.
    private var watchedSentence: String {
        guard kind == .fanotify else {
            return "\(directories) directories are watched (\(kind.rawValue))"
        }
        guard let reason = fanotifyReason, reason != .chosen else {
            return "all directories are watched by fanotify, as was asked for"
        }
        let fix = remedy.map { "; for inotify: \($0), then start anew" } ?? ""
        return "all directories are watched by fanotify, because \(reason.sentence)\(fix)"
    }

    private var refusal: String {
        switch fanotifyObstacle {
        case .refused(let code): ", and the kernel refused fanotify (errno \(code))"
        case .overflows: ", and fanotify loses events: the file system changes too fast for it"
        case nil: ""
        }
    }
}

extension WatchReport.Reason {
    /// The second half of a sentence.
    package var sentence: String {
        switch self {
        case .budget: "the tree has more directories than watches may be used"
        case .watchesUsedUp: "the kernel gives this user no more inotify watches"
        case .instancesUsedUp: "the kernel gives this user no more inotify instances"
        case .descriptorsUsedUp: "no file descriptor was left"
        case .remote: "this file system does not tell what other machines change"
        case .chosen: "polling was asked for"
        case .refused(let code): "the kernel refused a watch (errno \(code))"
        }
    }
}
