import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

// MARK: - Watching, in a session that keeps in sync

extension OpenPair {
    /// Watches the root from now on; a full look at it follows with Compare.
    func watch(_ session: ReceiverSession) throws {
        guard let rules else { throw Failure(.violation, "no rules were given to watch under") }
        // Taken out: the tree under watch takes its place, and no second one is kept.
        let known = endpoint.takeIndex(of: id)?.tree ?? registry.index(of: id)
        scanned = nil
        let watched = try WatchedRoot(
            root,
            rules: rules,
            previous: known,
            window: window,
            endpoint: endpoint,
            notice: { session.notice($0) }
        )
        self.watched = watched
        tellNews(of: watched, answer: session.send)
    }

    /// Looks at what was noticed, and tells what of it is new to the laptop.
    func look(at noticed: WatchBatch, answer: (VMMessage) -> Void) throws {
        guard let watched else { return }
        defer { tellNews(of: watched, answer: answer) }
        guard let found = try watched.look(at: noticed) else { return }
        report(found, of: watched, answer: answer)
    }

    func tellNews(of watched: WatchedRoot, answer: (VMMessage) -> Void) {
        for notice in watched.news() { answer(.notice(notice)) }
    }

    /// Looks again at paths whose change a batch refused, so that the laptop knows what is there.
    func lookAgain(at paths: [RelativePath], answer: (VMMessage) -> Void) throws {
        guard let watched, !paths.isEmpty else { return }
        let found = try watched.look(at: paths)
        if !found.isEmpty { report(found, of: watched, answer: answer) }
    }

    /// Reports all that happened below the root before the call, what was in doubt then included.
    ///
    /// - Parameters:
    ///   - handedOver: gives what was noticed and not looked at yet.
    ///   - answer: told what of it is new to the laptop.
    /// - Throws: what looking meets.
    func drain(handedOver: () -> WatchBatch, answer: (VMMessage) -> Void) throws {
        guard let watched else { return }
        var batch = watched.drain()
        // After the watcher has said all it knows: before, it may hand over more meanwhile.
        batch.add(handedOver())
        try look(at: batch, answer: answer)
        let time = endpoint.time
        var doubts = DoubtWait(watched.doubted, now: time.monotonic)
        while doubts.wait(for: watched.doubted, watched.nextLook, now: time.monotonic) {
            try look(at: WatchBatch(), answer: answer)
        }
    }

    /// When what stands at these paths was modified, nanoseconds since 1970; nil where nothing does,
    /// or where it cannot be reached without following a link.
    func modified(_ paths: [RelativePath]) -> [Int64?] {
        paths.map { path in (try? endpoint.fileSystem.modified(path, below: root)) ?? nil }
    }

    /// Makes durable what others changed below the root.
    func flush() throws {
        guard let watched else {
            return try endpoint.fileSystem.syncFileSystem(root.descriptor)
        }
        try watched.flush()
    }

    /// When something must be looked at again though nothing was noticed; monotonic nanoseconds.
    var nextLook: UInt64? { watched?.nextLook }

    private func report(
        _ found: [Difference],
        of watched: WatchedRoot,
        answer: (VMMessage) -> Void
    ) {
        let tree = watched.rootTree
        Self.inFrames(found, cost: \.path.bytes.count) { part, isLast in
            let items = part.map { Observed.Item(path: $0.path, state: $0.new) }
            answer(
                .observed(
                    Observed(
                        items: items,
                        last: isLast,
                        root: tree.digest,
                        complete: tree.complete
                    )
                )
            )
        }
    }
}
