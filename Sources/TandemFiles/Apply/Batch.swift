import Synchronization
import TandemSystem
package import TandemTree

/// One batch of changes to a root: staged whole, made durable, then swapped in one pass.
///
/// `add` and `write` come first, in any order the content arrives in and from several threads as
/// long as one content is written by one of them; then `finish`, once. A batch that is abandoned
/// leaves what it staged for the next one of its pair. At most one batch of a pair is open.
package final class Batch: Sendable {
    private struct State: Sendable {
        /// Nil when the batch has ended.
        var stager: Stager?
        var firstID: UInt32?
    }

    private let context: ApplyContext
    private let shelf: Shelf
    private let shelfClass: ShelfClass
    private let generation: UInt64
    private let state: Mutex<State>

    /// What a batch is told beside its changes.
    package struct Settings: Sendable {
        package var limits = BatchLimits()
        /// How long a further change may leave a file's times as they are.
        package var window = RacyWindow.unknown
        package var time = BatchTime()
        /// What displaced values count as: live where they are in no archive, as in mirror mode.
        package var shelfClass = ShelfClass.superseded
        package var generation: UInt64 = 0

        package init() {}
    }

    /// Opens a batch, recovering first from one that a crash ended.
    ///
    /// - Parameters:
    ///   - fileSystem: what makes the calls.
    ///   - root: the root it changes.
    ///   - pair: the pair's 16 bytes.
    ///   - tree: what is known of the root, to vouch for what need not be hashed; may be stale.
    ///   - rules: what is ignored, for telling what a removed directory may hold.
    ///   - shelf: the pair's shelf on this root where it is open already, so that its list need not
    ///     be read again.
    ///   - settings: bounds and time.
    /// - Throws: `.notPrivate` when `.tandem` is not this user's own; `.system`.
    package init(
        fileSystem: any FileSystem,
        root: SyncRoot,
        pair: [UInt8],
        tree: Tree?,
        rules: RuleSet?,
        shelf: Shelf? = nil,
        settings: Settings = Settings()
    ) throws(ApplyError) {
        let opened = try ApplyContext.open(fileSystem, root, pair, tree, rules, settings)
        context = opened.context
        shelfClass = settings.shelfClass
        generation = settings.generation
        _ = try recover(opened.context, opened.stage, thoroughly: false)
        if let shelf {
            self.shelf = shelf
        } else {
            self.shelf = try Shelf(context.area, fileSystem, root, pair, settings.time.source)
        }
        do throws(SystemError) {
            let pool = try ResumePool(opened.stage)
            let stager = Stager(context, Stage(opened.stage), pool)
            state = Mutex(State(stager: stager))
        } catch {
            throw ApplyError("read the stage of \(root.path)", error)
        }
    }

    /// Makes sure that so many bytes fit above the free-space floor.
    ///
    /// - Throws: `.noSpace`.
    package func reserve(contentBytes: UInt64) throws(ApplyError) {
        let pooled = state.withLock { $0.stager?.pooledBytes ?? 0 }
        let contentBytes = contentBytes - min(contentBytes, pooled)
        var space = try space()
        let floor = context.limits.floor(of: space)
        let (needed, overflow) = floor.addingReportingOverflow(contentBytes)
        // What is superseded goes first; it is not touched where even the whole disk is too small.
        if !overflow, needed > space.free, needed <= space.total {
            try shelf.makeRoom(until: needed)
            space = try self.space()
        }
        guard !overflow, needed <= space.free else {
            throw ApplyError(
                .noSpace,
                "\(contentBytes) bytes do not fit: \(space.free) are free in \(context.root.path)"
                    + " and \(floor) must stay free"
            )
        }
    }

    private func space() throws(ApplyError) -> FileSystemSpace {
        do throws(SystemError) {
            return try context.fileSystem.space(of: context.root.descriptor)
        } catch {
            throw ApplyError("ask for the free space", error)
        }
    }

    /// Takes the next changes, in the order of their paths.
    ///
    /// - Parameters:
    ///   - changes: directories before what is in them.
    ///   - firstID: the number of the first; numbers follow one another through the batch.
    /// - Returns: the numbers of those whose content must be written.
    /// - Throws: `.badContent` when the numbers do not follow; `.ended`.
    @discardableResult
    package func add(
        _ changes: [Change],
        startingAt firstID: UInt32
    ) throws(ApplyError) -> [UInt32] {
        try withStager { stager, first throws(ApplyError) in
            let base = first ?? firstID
            guard UInt64(base) + UInt64(stager.ledger.count) == UInt64(firstID),
                UInt64(firstID) + UInt64(changes.count) <= UInt64(UInt32.max)
            else { throw ApplyError(.badContent, "the changes are not numbered in order") }
            first = base
            var needed: [UInt32] = []
            for (offset, change) in changes.enumerated() where stager.add(change) {
                needed.append(firstID + UInt32(offset))
            }
            return needed
        }
    }

    /// Writes a piece of the content of a change.
    ///
    /// What the disk refuses makes the change refused in the outcome, and later pieces of it are
    /// let go; the other changes go on.
    ///
    /// - Throws: `.badContent` for what no change asked for; `.ended`.
    package func write(
        _ id: UInt32,
        offset: UInt64,
        _ bytes: UnsafeRawBufferPointer
    ) throws(ApplyError) {
        let (position, file) = try withStager { stager, first throws(ApplyError) in
            guard let first, id >= first else {
                throw ApplyError(.badContent, "content came for a change that was never announced")
            }
            let position = Int(id - first)
            return (position, try stager.receiver(of: position))
        }
        guard let file else { return }
        let failure: ChangeRefusal.Reason
        do throws(ApplyError) {
            switch try file.write(offset: offset, bytes) {
            case .more: return
            case .complete:
                return try withStager { stager, _ throws(ApplyError) in
                    stager.complete(position, file)
                }
            case .wrong: failure = .wrongContent
            }
        } catch {
            guard let cause = error.cause else { throw error }
            failure = ChangeRefusal.Reason(cause)
        }
        try withStager { stager, _ throws(ApplyError) in stager.fail(position, failure) }
    }

    /// Ends the batch without applying it; what is staged waits for the next one.
    package func abandon() {
        state.withLock { $0.stager = nil }
    }

    /// Applies the batch; what it names as applied is durable when it returns.
    ///
    /// - Throws: `.system` when durability could not be had: nothing may be called applied, and the
    ///   next batch of the pair recovers; `.ended`.
    package func finish() throws(ApplyError) -> BatchOutcome {
        let (taken, first) = state.withLock { state in
            defer { state.stager = nil }
            return (state.stager, state.firstID)
        }
        guard let taken else { throw ApplyError(.ended, "the batch has ended") }
        let pass = SwapPass(
            context: context,
            shelf: shelf,
            shelfClass: shelfClass,
            generation: generation
        )
        return try pass.run(taken, firstID: first ?? 0)
    }

    private func withStager<Value: Sendable>(
        _ body: (inout Stager, inout UInt32?) throws(ApplyError) -> Value
    ) throws(ApplyError) -> Value {
        let outcome = state.withLock { state -> Result<Value, ApplyError> in
            // Taken out and put back, so that changing it never copies its columns.
            guard var stager = state.stager.take() else {
                return .failure(ApplyError(.ended, "the batch has ended"))
            }
            defer { state.stager = stager }
            do throws(ApplyError) {
                return .success(try body(&stager, &state.firstID))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}
