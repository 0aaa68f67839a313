import Glibc
import TandemSystem
import TandemTree

/// Puts what a batch will need into the private area, change by change.
struct Stager: Sendable {
    let context: ApplyContext
    let stage: Stage
    private(set) var plan = ApplyPlan()
    var ledger = Ledger()
    private var pool: ResumePool
    /// Directories below the stage and below the root.
    private var staged: DirectoryCache
    private var standing: DirectoryCache
    private var receiving: [Int: StagedFile] = [:]
    /// Tops of new directories where something stands already, so that children may too.
    private var met: Set<Int> = []

    init(_ context: ApplyContext, _ stage: Stage, _ pool: ResumePool) {
        self.context = context
        self.stage = stage
        self.pool = pool
        staged = DirectoryCache(base: stage.directory.raw, of: context.fileSystem)
        standing = DirectoryCache(base: context.root.descriptor, of: context.fileSystem)
    }

    /// Takes the next change; true when its content must come over the wire.
    mutating func add(_ change: Change) -> Bool {
        let position = plan.changes.count
        guard Self.namesEntries(change) else {
            plan.append(change)
            ledger.append(.ready)
            ledger.refuse(position, .unsupported)
            return false
        }
        let moves = isMove(change)
        plan.append(change)
        ledger.append(.ready)
        do throws(SystemError) {
            guard let new = change.new, !moves else { return false }
            if let holder = plan.holder(of: position), ledger.statuses[holder] == .refused {
                ledger.refuse(position, ledger.refusals[holder]?.reason ?? .parentMissing)
                return false
            }
            return try place(position, new)
        } catch {
            ledger.refuse(position, ChangeRefusal.Reason(error))
            return false
        }
    }

    /// Whether every path in a change is one that an entry may have; the other side is not trusted.
    private static func namesEntries(_ change: Change) -> Bool {
        var paths = [change.path]
        switch change.source {
        case .move(let source), .copy(let source): paths.append(source)
        case nil: break
        }
        return paths.allSatisfy {
            !$0.isRoot && (try? RelativePath(validating: $0.bytes)) != nil
        }
    }

    /// Whether a change is a move.
    ///
    /// Its source is looked at in the swap pass and not here: a move that became a creation would
    /// leave its source standing and unheard of.
    private func isMove(_ change: Change) -> Bool {
        if case .move = change.source { return true }
        return false
    }

    /// Stages a value, or finds that its content is missing.
    private mutating func place(_ position: Int, _ new: EntryState) throws(SystemError) -> Bool {
        let path = stage.path(position, in: plan)
        let change = plan.changes[position]
        switch new.kind {
        case .other:
            ledger.refuse(position, .unsupported)
        case .directory:
            try noteMeeting(position)
            let parent = try staged.directory(path.parent ?? .root)
            try parent.makeDirectory(path.name, mode: Stage.directoryMode)
            try settle(position, in: parent, path.name)
        case .link:
            guard let target = change.linkTarget, EntryState.link(to: target) == new else {
                ledger.refuse(position, .wrongContent)
                return false
            }
            let parent = try staged.directory(path.parent ?? .root)
            try parent.makeLink(path.name, target: target)
            try settle(position, in: parent, path.name)
        case .file:
            return try placeFile(position, new, path)
        }
        return false
    }

    private mutating func noteMeeting(_ position: Int) throws(SystemError) {
        let path = plan.changes[position].path
        let top = plan.top(of: position)
        guard top == position, let parent = try? standing.directory(path.parent ?? .root) else {
            return
        }
        if try parent.status(path.name) != nil { met.insert(top) }
    }

    /// Finds a file's content on this machine, or starts to wait for it.
    private mutating func placeFile(
        _ position: Int,
        _ new: EntryState,
        _ path: RelativePath
    ) throws(SystemError) -> Bool {
        if standsAlready(position, new) {
            ledger.set(position, .present)
            return false
        }
        let parent = try staged.directory(path.parent ?? .root)
        let pooled = try pool.take(new, to: parent, path.name)
        if !pooled {
            if new.size == 0 {
                guard new.digest == Self.emptyDigest else {
                    ledger.refuse(position, .wrongContent)
                    return false
                }
                _ = try create(new, in: parent, path.name)
            } else if !(try copyLocally(position, new, parent, path.name)) {
                ledger.set(position, .waiting)
                return true
            }
        }
        try settle(position, in: parent, path.name)
        return false
    }

    private static let emptyDigest = ContentHasher.digest(of: [])

    private func create(
        _ new: EntryState,
        in parent: Directory,
        _ name: [UInt8]
    ) throws(SystemError) -> HeldDescriptor {
        try parent.createFile(name, mode: new.executable ? Stage.executableMode : Stage.fileMode)
    }

    /// Whether the wanted value stands at the path; the swap pass looks again.
    private mutating func standsAlready(_ position: Int, _ new: EntryState) -> Bool {
        let change = plan.changes[position]
        let top = plan.top(of: position)
        if top != position, !met.contains(top) { return false }
        guard let parent = try? standing.directory(change.path.parent ?? .root),
            let status = try? parent.status(change.path.name),
            status.kind == .file, status.size == new.size, status.isExecutable == new.executable
        else { return false }
        let found = try? context.look(at: change.path, in: parent, deep: false)
        return found?.matches(new) ?? false
    }

    /// Copies the content from where this machine has it, and makes sure that it is the one.
    private mutating func copyLocally(
        _ position: Int,
        _ new: EntryState,
        _ parent: Directory,
        _ name: [UInt8]
    ) throws(SystemError) -> Bool {
        let change = plan.changes[position]
        var sources: [RelativePath] = []
        if case .copy(let source) = change.source { sources.append(source) }
        if change.expected?.kind == .file, change.expected?.digest == new.digest {
            sources.append(change.path)
        }
        for source in sources {
            guard let holder = try? standing.directory(source.parent ?? .root),
                let status = try? holder.status(source.name),
                status.type == .file, status.size == new.size
            else { continue }
            if try copy(source.name, of: holder, new, to: parent, name) { return true }
            try parent.removeIfPresent(name)
        }
        return false
    }

    private func copy(
        _ source: [UInt8],
        of holder: Directory,
        _ new: EntryState,
        to parent: Directory,
        _ name: [UInt8]
    ) throws(SystemError) -> Bool {
        let opened: HeldDescriptor
        do throws(SystemError) { opened = try holder.openFile(source) } catch { return false }
        let file = try create(new, in: parent, name)
        do throws(SystemError) {
            try context.fileSystem.copyContent(from: opened.raw, to: file.raw, size: new.size)
            let copied = try context.fileSystem.digest(of: file.raw)
            return copied.digest == new.digest && copied.size == new.size
        } catch {
            if error.errno == ENOSPC || error.errno == EDQUOT { throw error }
            return false
        }
    }

    /// Notes a staged value as whole.
    private mutating func settle(
        _ position: Int,
        in parent: Directory,
        _ name: [UInt8]
    ) throws(SystemError) {
        guard let status = try parent.status(name) else {
            throw SystemError("stage", errno: ENOENT)
        }
        ledger.set(position, .ready, stamp: status.stamp)
    }

    /// What a cut-off batch left staged, which needs no further room.
    var pooledBytes: UInt64 { pool.bytes }

    /// Takes what is left of the pool back, to be removed when the batch ends.
    func leftOverNames() -> [[UInt8]] { pool.names }
}

/// Content that comes over the wire.
extension Stager {
    /// The file that the content of a change goes to; nil when it needs none any more.
    mutating func receiver(of position: Int) throws(ApplyError) -> StagedFile? {
        guard ledger.statuses.indices.contains(position) else {
            throw ApplyError(.badContent, "content came for a change that was never announced")
        }
        if let open = receiving[position] { return open }
        guard ledger.statuses[position] == .waiting, let new = plan.changes[position].new else {
            return nil
        }
        // A file that became shorter on the laptop is never completed: the oldest makes way.
        if receiving.count >= context.limits.openFiles, let oldest = receiving.keys.min() {
            receiving[oldest] = nil
            ledger.refuse(oldest, .missingContent)
        }
        let path = stage.path(position, in: plan)
        do throws(SystemError) {
            let parent = try staged.directory(path.parent ?? .root)
            let file = StagedFile(
                try create(new, in: parent, path.name),
                of: context.fileSystem,
                new
            )
            receiving[position] = file
            return file
        } catch {
            ledger.refuse(position, ChangeRefusal.Reason(error))
            return nil
        }
    }

    /// Notes that the content of a change is all there and is what was announced.
    mutating func complete(_ position: Int, _ file: StagedFile) {
        guard receiving[position] === file else { return }
        do throws(SystemError) {
            ledger.set(position, .ready, stamp: try file.status().stamp)
            receiving[position] = nil
        } catch {
            fail(position, ChangeRefusal.Reason(error))
        }
    }

    /// Refuses a change and takes away what of it was received.
    ///
    /// Only what was: of two changes with one path, the file is the first one's.
    mutating func fail(_ position: Int, _ reason: ChangeRefusal.Reason) {
        ledger.refuse(position, reason)
        if receiving.removeValue(forKey: position) != nil { discard(position) }
    }

    /// Removes the staged file of a refused change; what stays is tidied when the batch ends.
    mutating func discard(_ position: Int) {
        let path = stage.path(position, in: plan)
        guard let parent = try? staged.directory(path.parent ?? .root) else { return }
        try? parent.removeIfPresent(path.name)
    }

    /// Ends the receiving: what is not whole now is refused.
    mutating func close() {
        for position in 0..<ledger.count where ledger.statuses[position] == .waiting {
            fail(position, .missingContent)
        }
    }
}
