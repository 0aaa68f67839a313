package import TandemTree

/// Learns the vm's tree by asking only for directories whose digest is not known already.
///
/// A directory with the digest that the laptop's or the archive's tree has at the same path is
/// taken over whole, so that the questions asked follow the difference and not the tree.
package struct VMTreeWalk: Sendable {
    private var tree = Tree()
    private let known: [Tree]
    /// Asked for and not answered yet.
    private var waiting: Set<RelativePath> = []
    /// To be asked for when there is room.
    private var queue: [RelativePath] = []
    private var queueStart = 0
    /// How many more entries the receiver may list: no more than it announced.
    private var entriesLeft: UInt64 = 0

    /// Questions on the way at once: hides the round trip, and stays below what the receiver takes.
    private static let inFlight = 4096

    /// Starts with nothing known of the vm but the trees it may equal.
    package init(known: [Tree]) {
        self.known = known
    }

    /// Whether every directory asked for was answered.
    package var isComplete: Bool { waiting.isEmpty && queueStart == queue.count }

    /// Takes the root's digest and its number of entries; gives the directories to ask for, none when it is a known tree.
    package mutating func start(rootDigest: Digest, entries: UInt64) -> [RelativePath] {
        entriesLeft = entries
        for candidate in known where candidate.rootDigest == rootDigest {
            tree = candidate
            return []
        }
        if rootDigest == Tree().rootDigest { return [] }
        queue = [.root]
        return nextQuestions()
    }

    private mutating func nextQuestions() -> [RelativePath] {
        let room = max(0, Self.inFlight - waiting.count)
        let end = min(queue.count, queueStart + room)
        let next = Array(queue[queueStart..<end])
        queueStart = end
        waiting.formUnion(next)
        return next
    }

    /// Takes a part of one directory's listing; a listing may come in several parts.
    ///
    /// - Returns: the directories to ask for next.
    /// - Throws: `SyncError` when the vm lists what was not asked, or lists a name twice.
    package mutating func listed(
        _ path: RelativePath,
        _ children: [(name: [UInt8], state: EntryState)],
        isLast: Bool
    ) throws -> [RelativePath] {
        guard waiting.contains(path) else {
            throw SyncError(.protocolViolation, "the receiver listed a directory nobody asked for")
        }
        guard UInt64(children.count) <= entriesLeft else {
            throw SyncError(.protocolViolation, "the receiver listed more than it announced")
        }
        entriesLeft -= UInt64(children.count)
        for (name, state) in children {
            let child = path.appending(name)
            guard tree.find(child) == nil else {
                throw SyncError(.protocolViolation, "the receiver listed an entry twice")
            }
            if try !takeOver(child, state), state.kind == .directory {
                try put(child, state)
                queue.append(child)
            }
        }
        guard isLast else { return [] }
        waiting.remove(path)
        return nextQuestions()
    }

    /// The vm's tree, once complete.
    ///
    /// - Throws: `SyncError` when what was listed does not have the digest that was announced.
    package consuming func finish(rootDigest: Digest) throws -> Tree {
        tree.rehash()
        guard tree.rootDigest == rootDigest else {
            throw SyncError(
                .protocolViolation,
                "the receiver's listing does not match the digest it announced",
                hint: "run the push again; if it repeats, run `tandem doctor`"
            )
        }
        return tree
    }

    /// Lets the receiver list more than it announced: so much was reported to have changed since.
    package mutating func allow(_ entries: Int) { entriesLeft += UInt64(entries) }

    /// The vm's tree, once complete, with what was reported while it was listed.
    ///
    /// What a listing shows already may be reported too: the reports are in order, so that the last
    /// one of each path tells what stands there.
    consuming func finish(with reports: [Difference]) -> Tree {
        ArchiveUpdate.apply(reports, to: &tree)
        return tree
    }

    /// Puts an entry that needs no question: no directory, or one that is known.
    private mutating func takeOver(_ path: RelativePath, _ state: EntryState) throws -> Bool {
        guard state.kind == .directory else {
            try put(path, state)
            return true
        }
        for candidate in known {
            if let id = candidate.find(path), candidate.kind(of: id) == .directory,
                candidate.digest(of: id) == state.digest
            {
                do {
                    try tree.graft(id, of: candidate, at: path)
                } catch {
                    throw SyncError(.protocolViolation, "the receiver's listing has no parent")
                }
                return true
            }
        }
        return false
    }

    private mutating func put(_ path: RelativePath, _ state: EntryState) throws {
        do {
            try tree.put(path, state, stamp: .zero)
        } catch {
            throw SyncError(.protocolViolation, "the receiver's listing has no parent")
        }
    }
}
