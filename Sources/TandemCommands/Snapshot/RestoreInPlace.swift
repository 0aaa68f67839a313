import TandemProject
import TandemSnapshots
import TandemSync
import TandemTree

/// One restore in place: the snapshot is read, the plan shown, a person asked, the receiver told.
struct RestoreInPlace {
    let id: String
    let path: RelativePath
    let isDeleting: Bool
    let isPlan: Bool
    let isAgreed: Bool
    let entry: PairEntry
    let access: SnapshotAccess
    let asJSON: Bool
    let showsAll: Bool
    let context: CommandContext

    func run() throws -> ExitCode {
        let source = try RestoreSource(id, path, isDeleting: isDeleting, access)
        let project = try context.project(of: entry, isPlan: true)
        var order = RestoreOrder(snapshot: source.tree, path: path)
        order.removable = source.removable
        order.ignore = project.settings.ignore
        let plan = try make(order)
        let view = RestoreView(plan: plan, snapshot: source.info, path: path, entry: entry)
        if isPlan || plan.changes.isEmpty {
            try show(view, nil)
            return plan.kept.isEmpty ? .done : .attention
        }
        guard try isWanted(view) else { return .halted }
        let report = try apply(plan, from: source.info)
        try show(view, report)
        return plan.kept.isEmpty && report.kept.isEmpty ? .done : .attention
    }

    private func make(_ order: RestoreOrder) throws -> RestorePlan {
        try atVM { target, observer in
            try context.engine.plan(
                target,
                restoring: order,
                stop: context.stop,
                observer: observer
            )
        }
    }

    private func apply(_ plan: RestorePlan, from info: SnapshotInfo) throws -> RestoreReport {
        let access = access
        return try atVM { target, observer in
            try context.engine.apply(
                target,
                plan,
                reading: { paths, body in
                    try access.ask(.contents(id: info.id.hex, paths: paths)) { answer in
                        guard case .event(let event) = answer else { return }
                        if let piece = RestoredPiece(event) { try body(piece) }
                    }
                },
                stop: context.stop,
                observer: observer
            )
        }
    }

    /// Works at the vm while the agent, where it keeps the pair, holds still; it is let go for as
    /// long as a person thinks.
    private func atVM<Result>(
        _ body: (SyncTarget, @escaping @Sendable (PushProgress) -> Void) throws -> Result
    ) throws -> Result {
        let shower = ProgressShower(
            console: context.console,
            time: context.time,
            isQuiet: asJSON
        )
        defer { shower.finish() }
        do {
            return try context.aside(entry) {
                try body(try context.target(entry)) { shower.show($0) }
            }
        } catch {
            throw CommandError(error, at: "pair \(entry.name): \(entry.destination)")
        }
    }

    private func isWanted(_ view: RestoreView) throws -> Bool {
        if isAgreed { return true }
        guard context.console.canAsk else {
            throw CommandError(
                .usage,
                "a restore in place needs a yes",
                next: "look at it with --dry-run, then run it with --yes"
            )
        }
        for line in view.lines(nil, showsAll: showsAll) { context.console.note(line) }
        let isWanted = context.console.confirm("Go on?")
        if !isWanted { context.console.note("nothing was changed") }
        return isWanted
    }

    private func show(_ view: RestoreView, _ report: RestoreReport?) throws {
        if asJSON {
            context.console.document(try JSONDocument.text(view.document(report, isPlan: isPlan)))
            return
        }
        for line in view.lines(report, showsAll: showsAll) { context.console.line(line) }
    }
}

/// What the snapshot daemon says of what is to be restored.
struct RestoreSource {
    let info: SnapshotInfo
    private(set) var tree = Tree()
    private(set) var removable: Set<RelativePath>?

    /// Asks for the entries; and, where what the snapshot lacks shall go, for what the daemon sees
    /// beside them, so that nothing goes that its rules leave out of every snapshot.
    init(
        _ id: String,
        _ path: RelativePath,
        isDeleting: Bool,
        _ access: SnapshotAccess
    ) throws {
        var found: SnapshotInfo?
        var entries: [(path: RelativePath, state: EntryState)] = []
        try access.ask(.show(id: id, path: path)) { answer in
            if case .snapshot(let info) = answer { found = info }
            if case .entry(let path, let state) = answer { entries.append((path, state)) }
        }
        guard let found else { throw CommandError(.failed, "the daemon gave no snapshot") }
        info = found
        // A directory is listed by what is in it.
        let isDirectory = entries.first?.path != path
        for above in Self.directories(to: path, inclusive: isDirectory) {
            try tree.put(above, .directory)
        }
        for (path, state) in entries { try tree.put(path, state) }
        tree.rehash()
        if isDeleting { removable = try Self.removable(info, access) }
    }

    private static func directories(
        to path: RelativePath,
        inclusive: Bool
    ) -> [RelativePath] {
        var above: [RelativePath] = []
        var current = inclusive ? path : path.parent ?? .root
        while !current.isRoot {
            above.append(current)
            current = current.parent ?? .root
        }
        return above.reversed()
    }

    private static func removable(
        _ info: SnapshotInfo,
        _ access: SnapshotAccess
    ) throws -> Set<RelativePath> {
        let problems = info.manifest.problems
        guard info.manifest.problemCount <= UInt64(problems.count) else {
            throw CommandError(
                .failed,
                "the snapshot \(info.shortID) left out more entries than it names, so nobody knows "
                    + "what it lacks",
                next: "restore without --delete"
            )
        }
        var removable: Set<RelativePath> = []
        try access.ask(.diff(old: info.id.hex, new: nil)) { answer in
            if case .difference(let difference) = answer, difference.old == nil {
                removable.insert(difference.path)
            }
        }
        // What could not be read then was there.
        for problem in problems { removable.remove(problem.path) }
        return removable
    }
}

extension RestoredPiece {
    /// A piece of a snapshot's content; nil for a directory, which has none.
    init?(_ event: SnapshotEvent) {
        switch event {
        case .directory: return nil
        case .symbolicLink(let path, let target): self = .symbolicLink(path, target: target)
        case .file(let path, _, let size, let digest):
            self = .file(path, size: size, digest: digest)
        case .data(let bytes): self = .data(bytes)
        case .endOfFile: self = .end
        }
    }
}
