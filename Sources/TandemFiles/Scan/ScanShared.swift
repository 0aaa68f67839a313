import Dispatch
import TandemSystem
import TandemTree

/// One directory still to be read.
struct ScanJob: Sendable {
    /// Its entry in the new tree, and in the previous one if it stood there.
    var id: Tree.ID
    var previous: Tree.ID?
    var name: [UInt8]
    /// Kept open for this directory's sake; nil means "open it from the root".
    var parent: OpenDirectory?
    /// What is in force around it; its own rules are added when it is read.
    var rules: ScanRules
    /// The bytes of its path, because a path has a limit.
    var pathLength: Int
}

/// One directory that was read.
struct DirectoryFindings {
    /// A directory in it: where it stands in the batch, and what the job needs.
    struct Subdirectory {
        var index: Int
        var name: [UInt8]
        var previous: Tree.ID?
    }

    var batch = ChildBatch()
    var subdirectories: [Subdirectory] = []
    var problems: [(name: [UInt8], reason: Problem)] = []
    var hashedFiles = 0
    var hashedBytes: UInt64 = 0

    mutating func removeAll() {
        batch.removeAll()
        subdirectories.removeAll(keepingCapacity: true)
        problems.removeAll(keepingCapacity: true)
        hashedFiles = 0
        hashedBytes = 0
    }
}

/// What the threads of one scan share: the new tree, the directories still to be read, the findings.
final class ScanShared: Sendable {
    /// Why a directory's entry needs a last word after the walk.
    enum Doubt: Sendable {
        case problem(Problem)
        /// It vanished or became something else between list and open.
        case changed
    }

    struct State {
        var tree = Tree()
        var jobs: [ScanJob] = []
        var active = 0
        var failure: ScanError?
        var problems: [ProblemEntry] = []
        var doubts: [(id: Tree.ID, doubt: Doubt)] = []
        var rules: [(directory: RelativePath, files: RuleFiles)] = []
        var statistics = ScanStatistics()
        var nextReport = 0
        /// The previous tree's directories by inode, once one was looked for.
        var directories: [UInt64: Tree.ID]?

        /// The directory of the previous tree that has this inode: it was renamed, and its children
        /// need no hashing where their own stamps vouch for them.
        mutating func renamed(_ inode: UInt64, in previous: Tree?) -> Tree.ID? {
            guard let previous, inode != 0 else { return nil }
            let known = directories ?? Self.directories(of: previous)
            directories = known
            return known[inode]
        }

        private static func directories(of tree: Tree) -> [UInt64: Tree.ID] {
            var found: [UInt64: Tree.ID] = [:]
            tree.forEach { id, _ in
                guard tree.kind(of: id) == .directory else { return false }
                found[tree.stamp(of: id).inode] = id
                return true
            }
            return found
        }
    }

    let settings: ScanSettings
    let root: SyncRoot
    let previous: Tree?
    let budget = DescriptorBudget(ScanShared.keptDirectories)
    private let monitor: Monitor<State>

    /// Far below the usual limit of 1,024, which the rest of the process shares.
    private static let keptDirectories = 64
    /// How often progress is told.
    private static let reportStep = 4_096
    /// Waits for another thread to close something before giving up on "out of descriptors".
    private static let patience = DispatchTimeInterval.milliseconds(10)

    init(_ settings: ScanSettings, root: SyncRoot, previous: Tree?, first: ScanJob) {
        self.settings = settings
        self.root = root
        self.previous = previous
        monitor = Monitor(State(jobs: [first]))
    }

    /// The next directory to read; nil when all are read or the scan has failed.
    func next() -> ScanJob? {
        monitor.wait { state -> ScanJob?? in
            if state.failure != nil { return .some(nil) }
            if let job = state.jobs.popLast() {
                state.active += 1
                return job
            }
            return state.active == 0 ? .some(nil) : nil
        } ?? nil
    }

    /// The path of a directory that is being read.
    func path(of id: Tree.ID) -> RelativePath {
        monitor.look { $0.tree.path(of: id) }
    }

    /// Notes rules found in a directory.
    func add(_ found: RuleFiles, of id: Tree.ID) {
        monitor.look { $0.rules.append(($0.tree.path(of: id), found)) }
    }

    /// Puts what was found into the tree and its subdirectories on the stack.
    func publish(_ job: ScanJob, _ found: DirectoryFindings, kept: OpenDirectory?) {
        let report = monitor.change { state -> ScanProgress? in
            let ids = state.tree.setChildren(of: job.id, found.batch)
            for child in found.subdirectories.reversed() {
                let id = ids[ids.startIndex + child.index]
                let inode = state.tree.stamp(of: id).inode
                state.jobs.append(
                    ScanJob(
                        id: id,
                        previous: child.previous ?? state.renamed(inode, in: previous),
                        name: child.name,
                        parent: kept,
                        rules: job.rules,
                        pathLength: job.pathLength + child.name.count + 1
                    )
                )
            }
            self.note(found, of: job.id, in: &state)
            state.active -= 1
            return self.dueReport(&state)
        }
        if let report { settings.progress?(report) }
    }

    private func note(_ found: DirectoryFindings, of id: Tree.ID, in state: inout State) {
        if !found.problems.isEmpty {
            let path = state.tree.path(of: id)
            for (name, reason) in found.problems {
                state.problems.append(ProblemEntry(path: path.appending(name), reason: reason))
            }
        }
        state.statistics.entries += found.batch.count
        state.statistics.directories += found.subdirectories.count
        state.statistics.hashedFiles += found.hashedFiles
        state.statistics.hashedBytes += found.hashedBytes
    }

    private func dueReport(_ state: inout State) -> ScanProgress? {
        guard settings.progress != nil, state.statistics.entries >= state.nextReport else {
            return nil
        }
        state.nextReport = state.statistics.entries + Self.reportStep
        return ScanProgress(
            entries: state.statistics.entries,
            hashedBytes: state.statistics.hashedBytes,
            previousEntries: previous?.count ?? 0
        )
    }

    /// Ends a directory that could not be read; its entry is settled after the walk.
    func doubt(_ job: ScanJob, _ doubt: Doubt) {
        monitor.change { state in
            state.doubts.append((job.id, doubt))
            state.active -= 1
        }
    }

    /// Ends the scan.
    func fail(_ error: ScanError) {
        monitor.change { state in
            if state.failure == nil { state.failure = error }
            state.active -= 1
        }
    }

    /// Closes what is open only for speed; later calls also wait for others to close something.
    func relieve(attempt: Int) {
        budget.exhaust()
        let parents = monitor.change { state in
            let parents = state.jobs.map(\.parent)
            for index in state.jobs.indices { state.jobs[index].parent = nil }
            return parents
        }
        // Closed here, outside the lock.
        _ = consume parents
        if attempt > 0 {
            _ = monitor.wait(until: .now() + Self.patience) { _ -> Bool? in nil }
        }
    }

    /// Takes everything out once all threads have ended.
    func take() throws(ScanError) -> State {
        let state = monitor.look { state in
            var taken = State()
            swap(&taken, &state)
            return taken
        }
        if let failure = state.failure { throw failure }
        return state
    }
}
