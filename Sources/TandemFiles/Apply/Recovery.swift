import Glibc
import TandemSystem
import TandemTree

/// What recovering from an interrupted batch found and did.
package struct Recovery: Hashable, Sendable {
    /// Displaced values that went back to their places.
    package var restored = 0
    /// Displaced values that went to the shelf.
    package var shelved = 0
    /// The journal could not be read: everything it might have told of is on the shelf, as live.
    package var journalWasDamaged = false
    /// What lies in the stage for the next batch to use.
    package var stagedBytes: UInt64 = 0
}

/// Ends a swap pass that a crash cut off; nothing to do is not an error.
///
/// What was displaced goes to the shelf or back, as it would have gone; what was not swapped yet
/// stays staged, so that the next batch needs no content again.
package func recover(
    fileSystem: any FileSystem,
    root: SyncRoot,
    pair: [UInt8],
    settings: Batch.Settings = Batch.Settings()
) throws(ApplyError) -> Recovery {
    let (context, stage) = try ApplyContext.open(fileSystem, root, pair, nil, nil, settings)
    var recovery = try recover(context, stage, thoroughly: true)
    do throws(SystemError) {
        let pool = try ResumePool(stage)
        recovery.stagedBytes = pool.bytes
        // Directories and links alone save nobody anything.
        if pool.bytes == 0 { for name in pool.names { try stage.removeTree(name) } }
    } catch {
        throw ApplyError("read the stage of \(root.path)", error)
    }
    return recovery
}

/// Judges what a journal tells of, if there is one.
///
/// With `thoroughly` the shelf is compared with its list even where no journal tells of a crash.
func recover(
    _ context: ApplyContext,
    _ stage: Directory,
    thoroughly: Bool
) throws(ApplyError) -> Recovery {
    let journal: ApplyJournal.Loaded
    do throws(SystemError) {
        journal = try ApplyJournal.load(from: stage)
    } catch {
        throw ApplyError("read the journal of \(context.root.path)", error)
    }
    if case .none = journal, !thoroughly { return Recovery() }
    let shelf = try Shelf(
        context.area,
        context.fileSystem,
        context.root,
        context.pair,
        context.time.source
    )
    do throws(SystemError) {
        var worker = RecoveryWorker(context, stage, shelf)
        switch journal {
        case .none: try worker.adoptStrays(nil)
        case .whole(let journal): try worker.finish(journal)
        case .damaged: try worker.shelveEverything()
        }
        return worker.recovery
    } catch {
        throw ApplyError("recover the stage of \(context.root.path)", error)
    }
}

/// Judges each operation of a journal by what lies in the stage and in the root.
private struct RecoveryWorker {
    private let context: ApplyContext
    private let stage: Directory
    private let shelf: Shelf
    private var rules: RuleSet?
    private var standing: DirectoryCache
    private var arrivals: [Shelf.Arrival] = []
    private var touched: Set<RelativePath> = []
    var recovery = Recovery()

    init(_ context: ApplyContext, _ stage: Directory, _ shelf: Shelf) {
        self.context = context
        self.stage = stage
        self.shelf = shelf
        standing = DirectoryCache(base: context.root.descriptor, of: context.fileSystem)
    }

    mutating func finish(_ journal: ApplyJournal) throws(SystemError) {
        rules = journal.rules
        for operation in journal.operations {
            let aside = ApplyJournal.displaced(operation.name)
            if try stage.status(aside) != nil {
                try judgeAside(operation, aside, journal.shelfClass)
            } else if operation.kind == .replace, let status = try stage.status(operation.name),
                status.inode != operation.inode
            {
                try judgeExchanged(operation, journal.shelfClass)
            }
        }
        try flushTouched()
        try shelf.put(arrivals, generation: journal.generation)
        recovery.shelved = arrivals.count
        try adoptStrays(journal)
        try ApplyJournal.remove(from: stage)
    }

    /// A value was exchanged out and lies under the staged value's name.
    private mutating func judgeExchanged(
        _ operation: ApplyJournal.Operation,
        _ shelfClass: ShelfClass
    ) throws(SystemError) {
        let found = try look(stage, operation.name, at: operation.path)
        guard let state = found.state else { return }
        if found.matches(operation.expected) {
            return arrive(operation.name, operation, state, shelfClass)
        }
        // It was changed before it came out, and the check that would have seen it was cut off.
        if let parent = try? standing.directory(operation.path.parent ?? .root),
            let status = try parent.status(operation.path.name), status.inode == operation.inode,
            try look(parent, operation.path.name, at: operation.path, deep: false)
                .matches(operation.new),
            exchangeBack(operation, parent)
        {
            touched.insert(operation.path.parent ?? .root)
            recovery.restored += 1
            return
        }
        arrive(operation.name, operation, state, .live)
    }

    private func exchangeBack(_ operation: ApplyJournal.Operation, _ parent: Directory) -> Bool {
        do throws(SystemError) {
            try stage.rename(operation.name, to: parent, operation.path.name, .exchange)
            return true
        } catch {
            return false
        }
    }

    /// A value was renamed out of the way: to be removed, or to be replaced without exchanging.
    private mutating func judgeAside(
        _ operation: ApplyJournal.Operation,
        _ aside: [UInt8],
        _ shelfClass: ShelfClass
    ) throws(SystemError) {
        let found = try look(stage, aside, at: operation.path)
        guard let state = found.state else { return }
        let isExpected =
            found.matches(operation.expected) && !(found.subtree?.holdsUnsyncable ?? false)
        let staged = try stage.status(operation.name)
        let replacementWaits = operation.kind == .replace && staged != nil
        if !isExpected || replacementWaits, putBack(operation, aside) {
            touched.insert(operation.path.parent ?? .root)
            recovery.restored += 1
            return
        }
        arrive(aside, operation, state, isExpected ? shelfClass : .live)
    }

    private mutating func putBack(_ operation: ApplyJournal.Operation, _ aside: [UInt8]) -> Bool {
        do throws(SystemError) {
            let parent = try standing.directory(operation.path.parent ?? .root)
            try stage.rename(aside, to: parent, operation.path.name, .noReplace)
            return true
        } catch {
            return false
        }
    }

    private mutating func arrive(
        _ name: [UInt8],
        _ operation: ApplyJournal.Operation,
        _ state: EntryState,
        _ shelfClass: ShelfClass
    ) {
        arrivals.append(
            Shelf.Arrival(name: name, path: operation.path, state: state, shelfClass: shelfClass)
        )
    }

    private func look(
        _ parent: Directory,
        _ name: [UInt8],
        at path: RelativePath,
        deep: Bool = true
    ) throws(SystemError) -> Standing {
        guard deep else { return try context.looker.look(in: parent, name) }
        return try context.looker.lookDeep(
            in: parent,
            name,
            rules: SubtreeRules(rules, at: path)
        )
    }

    private func flushTouched() throws(SystemError) {
        for path in touched {
            guard
                let directory = try? Directory.beneath(
                    context.root.descriptor,
                    path,
                    of: context.fileSystem
                )
            else { continue }
            try directory.sync()
        }
    }

    /// Lists what the crash left on the shelf without a record.
    func adoptStrays(_ journal: ApplyJournal?) throws(SystemError) {
        var origins: [[UInt8]: ApplyJournal.Operation] = [:]
        for operation in journal?.operations ?? [] {
            origins[operation.name] = operation
            origins[ApplyJournal.displaced(operation.name)] = operation
        }
        try shelf.adopt(
            journal?.generation ?? 0,
            origin: { name in
                origins[name].map {
                    Shelf.Origin(
                        path: $0.path,
                        shelfClass: journal?.shelfClass ?? .live,
                        expected: $0.expected
                    )
                }
            },
            look: { directory, name throws(SystemError) in
                let path = origins[name]?.path ?? .root
                return try look(directory, name, at: path).state
            }
        )
    }

    /// Keeps everything in the stage as live, because nothing tells what is whose.
    mutating func shelveEverything() throws(SystemError) {
        recovery.journalWasDamaged = true
        for name in try stage.names() where name != ApplyJournal.fileName {
            guard let state = try look(stage, name, at: .root).state else { continue }
            arrivals.append(
                Shelf.Arrival(name: name, path: .root, state: state, shelfClass: .live)
            )
        }
        try shelf.put(arrivals, generation: 0)
        recovery.shelved = arrivals.count
        try adoptStrays(nil)
        try ApplyJournal.remove(from: stage)
    }
}
