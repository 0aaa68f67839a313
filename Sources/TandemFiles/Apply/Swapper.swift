import Glibc
import TandemSystem
import TandemTree

/// The swap pass of a batch: every operation compares what stands at its path and then swaps.
///
/// Everything it puts in was staged and made durable before; everything it takes out lies in the
/// stage under the names in the journal, until it is shelved.
struct Swapper {
    /// Something taken out of the root, now in the stage.
    struct Displaced {
        var position: Int
        /// Where in the stage it lies.
        var name: [UInt8]
        var state: EntryState
        /// Its status when its content was last known to be `state`.
        var status: FileStatus?
        var shelfClass: ShelfClass
    }

    let context: ApplyContext
    let stage: Stage
    let plan: ApplyPlan
    let shelfClass: ShelfClass
    var ledger: Ledger
    var displaced: [Displaced] = []
    /// Displaced files that somebody may still be writing.
    var watched: [Displaced] = []
    /// Directories whose entries changed.
    var touched: Set<RelativePath> = []
    var updates: [TreeUpdate] = []
    /// Something is left that only recovery can judge: the journal must stay.
    var needsRecovery = false

    private var standing: DirectoryCache
    private var staged: DirectoryCache

    init(_ context: ApplyContext, _ stager: Stager, _ shelfClass: ShelfClass) {
        self.context = context
        self.shelfClass = shelfClass
        stage = stager.stage
        plan = stager.plan
        ledger = stager.ledger
        standing = DirectoryCache(base: context.root.descriptor, of: context.fileSystem)
        staged = DirectoryCache(base: stage.directory.raw, of: context.fileSystem)
    }

    mutating func run() {
        for operation in plan.ordered {
            CrashPoint.reach("apply.swap")
            guard ledger.statuses[operation.first] != .refused else { continue }
            do throws(SystemError) {
                switch operation.kind {
                case .create: try create(operation)
                case .replace: try replace(operation)
                case .remove: try remove(operation)
                case .move: try move(operation)
                }
            } catch {
                refuse(operation, ChangeRefusal.Reason(error))
            }
        }
    }

    // MARK: Places

    mutating func parent(of path: RelativePath) throws(SystemError) -> Directory {
        guard let parent = path.parent else { throw SystemError("change the root", errno: EPERM) }
        return try standing.directory(parent)
    }

    mutating func stagedParent(of position: Int) throws(SystemError) -> (Directory, [UInt8]) {
        let path = stage.path(position, in: plan)
        return (try staged.directory(path.parent ?? .root), path.name)
    }

    func change(_ position: Int) -> Change { plan.changes[position] }

    // MARK: Results

    mutating func refuse(
        _ operation: ApplyPlan.Operation,
        _ reason: ChangeRefusal.Reason,
        found: EntryState? = nil
    ) {
        refuse(operation.first, reason, found: found)
    }

    /// Refuses a change and what is staged beneath it; nested operations decide for themselves.
    mutating func refuse(_ position: Int, _ reason: ChangeRefusal.Reason, found: EntryState? = nil)
    {
        ledger.refuse(position, reason, found: found)
        for inner in travelling(with: position) where ledger.statuses[inner] != .refused {
            ledger.refuse(inner, reason)
        }
    }

    /// The positions staged beneath `position`.
    func travelling(with position: Int) -> [Int] {
        ((position + 1)..<max(plan.end(of: position), position + 1)).filter {
            plan.holder(of: $0) != nil
        }
    }

    /// Notes that what stands at a change's path is what it asked for.
    mutating func applied(_ position: Int, stamp: Stamp) {
        ledger.set(position, .applied)
        let change = change(position)
        if let new = change.new {
            updates.append(.put(change.path, new, stamp))
        } else {
            updates.append(.remove(change.path))
        }
    }

    /// The stamp of a value just swapped in; none when a change since would not show in it.
    ///
    /// Its content was known when it was staged, and until now no path led to it: an mtime as
    /// staged, and old enough that any change would give another, vouches for it.
    func stamp(of position: Int, in parent: Directory) -> Stamp {
        let staged = ledger.stamps[position]
        guard let status = try? parent.status(change(position).path.name),
            status.inode == staged.inode, status.modified == staged.modified,
            !context.looker.isRecent(status)
        else { return .zero }
        return status.stamp
    }
}
