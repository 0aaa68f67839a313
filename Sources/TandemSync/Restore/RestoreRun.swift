import TandemFiles
import TandemProtocol
package import TandemSystem
import TandemTree

/// A restore in place, planned and applied in two sessions; it blocks the calling thread.
///
/// Nothing of the pair's state is written: what a restore applies is agreed by nobody, so the
/// session that comes next meets it as a change of the vm's.
package final class RestoreRun: Sendable {
    private let pair: LaptopPair
    private let connect: @Sendable () throws -> any ByteLink
    private let observer: @Sendable (PushProgress) -> Void
    private let fileSystem: any FileSystem = RealFileSystem()
    private let current = Monitor<Current>(Current())

    private struct Current: Sendable {
        var isCancelled = false
        var link: LaptopLink?
    }

    /// Prepares a restore; nothing is opened before `plan` or `apply`.
    package init(
        pair: LaptopPair,
        connect: @escaping @Sendable () throws -> any ByteLink,
        observer: @escaping @Sendable (PushProgress) -> Void
    ) {
        self.pair = pair
        self.connect = connect
        self.observer = observer
    }

    /// Ends what is under way; it then throws `interrupted`.
    package func cancel() {
        let link = current.change { current in
            current.isCancelled = true
            return current.link
        }
        link?.close(isOrderly: false)
    }

    /// Compares with the vm's tree, and says what would change; nothing is written on the vm.
    ///
    /// - Throws: `SyncError`.
    package func plan(_ order: RestoreOrder) throws -> RestorePlan {
        let laptop = try scan(order)
        return try converse(.plan, laptop.rules) { talk, welcome in
            if !welcome.rulesKnown { try send(laptop.rules, to: talk) }
            observer(.comparing)
            let vm = try learn(talk, like: laptop.tree)
            return RestorePlanner.plan(order, vm: vm, laptop: laptop.tree, rules: laptop.rules)
        }
    }

    /// Has the receiver do what was planned, where what was there still stands.
    ///
    /// - Parameters:
    ///   - plan: what was shown.
    ///   - read: reads the snapshot's contents.
    /// - Returns: what was done, durable on the vm; and what was left, with the reason.
    /// - Throws: `SyncError`, what `read` throws; the vm's tree is then as it was, unless the link
    ///   broke while the receiver applied.
    package func apply(
        _ plan: RestorePlan,
        reading read: @escaping SnapshotReading
    ) throws -> RestoreReport {
        try converse(.restore, plan.rules) { talk, welcome in
            if !welcome.rulesKnown { try send(plan.rules, to: talk) }
            CrashPoint.reach("restore.welcomed")
            // Moves and copies are found in the tree as it stands.
            try talk.send(.compare)
            while true { if case .rootTree = try talk.next() { break } }
            let batch = try RestoreBatch(plan, talk, observer: observer, reading: read)
            return try batch.run()
        }
    }

    private func scan(_ order: RestoreOrder) throws -> ScanResult {
        do {
            let root = try SyncRoot.open(pair.root, on: fileSystem)
            defer { fileSystem.close(root.descriptor) }
            let state = try LaptopState.openState(pair, fileSystem)
            let scanner = Scanner(fileSystem: fileSystem, window: state.window(of: root))
            let observer = observer
            return try scanner.scan(
                root: root,
                previous: IndexStore(state).load()?.tree,
                rules: .collect(order.ignore)
            ) { observer(.scanning(entries: $0.entries, hashedBytes: $0.hashedBytes)) }
        } catch let error as SyncError {
            throw error
        } catch {
            throw SyncError(.halted, "\(error)", hint: "nothing was changed on the vm")
        }
    }

    private func send(_ rules: RuleSet, to talk: Talk) throws {
        for message in RulesChunk.chunks(of: rules.encode()) { try talk.send(message) }
    }

    /// The vm's tree, asked for where it is not the laptop's.
    private func learn(_ talk: Talk, like laptop: Tree) throws -> Tree {
        try talk.send(.compare)
        var found: RootTree?
        while found == nil { if case .rootTree(let root) = try talk.next() { found = root } }
        guard let root = found else { return Tree() }
        var walk = VMTreeWalk(known: [laptop])
        var asked = walk.start(rootDigest: root.digest, entries: root.entries)
        try ask(asked, talk)
        while !(asked.isEmpty && walk.isComplete) {
            guard case .listing(let listing) = try talk.next() else { continue }
            guard listing.end != .missing else {
                throw SyncError(.failed, "the vm's tree changed while it was compared; try again")
            }
            asked = try walk.listed(
                listing.path,
                listing.items.map { (name: $0.name, state: $0.state) },
                isLast: listing.end == .complete
            )
            try ask(asked, talk)
        }
        return try walk.finish(rootDigest: root.digest)
    }

    private func ask(_ paths: [RelativePath], _ talk: Talk) throws {
        let sorted = paths.sorted()
        let step = Limits.itemsInFrame / 16
        for start in stride(from: 0, to: sorted.count, by: step) {
            try talk.send(.list(Array(sorted[start..<min(start + step, sorted.count)])))
        }
    }

    private func converse<Result>(
        _ purpose: Purpose,
        _ rules: RuleSet,
        _ body: (Talk, Welcome) throws -> Result
    ) throws -> Result {
        observer(.connecting)
        let talk = Talk(try connect(), versions: pair.versions)
        defer { talk.close() }
        let isCancelled = current.change { current in
            current.link = talk.link
            return current.isCancelled
        }
        defer { current.change { $0.link = nil } }
        do {
            if isCancelled { throw Self.interrupted }
            let welcome = try greet(talk, purpose, rules)
            return try body(talk, welcome)
        } catch {
            throw current.look(\.isCancelled) ? Self.interrupted : error
        }
    }

    private static let interrupted = SyncError(
        .interrupted,
        "interrupted; what was sent is kept on the vm"
    )

    private func greet(_ talk: Talk, _ purpose: Purpose, _ rules: RuleSet) throws -> Welcome {
        let hello = Hello(
            versions: pair.versions,
            pair: try PairID.checked(pair.id),
            purpose: purpose,
            claim: nil,
            rules: rules.digest,
            client: ClientText.own
        )
        do {
            try talk.send(.hello(hello))
            let welcome = try talk.welcome()
            observer(.connected(receiver: welcome.receiver))
            return welcome
        } catch let error as SyncError where error.code == .protocolViolation {
            throw SyncError(
                .version,
                "the receiver cannot restore in place: \(error.message)",
                hint: "install the same version of tandem-receiver on the vm"
            )
        }
    }
}
