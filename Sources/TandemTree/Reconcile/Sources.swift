/// Finds content that the receiver holds already, so that it need not travel.
///
/// What disappears at one path and appears at another, and at no third, is a rename. Any other new
/// file whose digest stands somewhere on the receiver is a copy.
/// - Parameters:
///   - changes: the changes for the receiver, in the order of their paths.
///   - sender: the tree whose states the changes bring.
///   - receiver: the tree they apply to.
/// - Returns: the changes, with sources; the removal and the content of what moved are left out.
public func findSources(for changes: [Change], sender: Tree, receiver: Tree) -> [Change] {
    findSources(for: changes, sender: sender, receiver: receiver, mayMove: { _ in true })
}

/// The same, where not every new path may come whole: inside, another mode may begin.
func findSources(
    for changes: [Change],
    sender: Tree,
    receiver: Tree,
    mayMove: (RelativePath) -> Bool
) -> [Change] {
    var changes = changes
    let moves = exactMoves(changes, sender: sender, mayMove: mayMove)
    if !moves.isEmpty { changes = apply(moves, to: changes) }
    markCopies(in: &changes, receiver: receiver)
    return changes
}

/// A rename that stands for two changes.
private struct Move {
    var source: RelativePath
    var state: EntryState
}

/// The moves, by destination.
private func exactMoves(
    _ changes: [Change],
    sender: Tree,
    mayMove: (RelativePath) -> Bool
) -> [RelativePath: Move] {
    var removed: [EntryState: [RelativePath]] = [:]
    for change in changes where change.new == nil {
        if let state = change.expected, isWorthMoving(state) {
            removed[state, default: []].append(change.path)
        }
    }
    guard !removed.isEmpty else { return [:] }
    var created: [EntryState: [RelativePath]] = [:]
    for change in changes where change.expected == nil && change.new != nil {
        guard change.source == nil, let state = sender.state(at: change.path),
            removed[state] != nil, mayMove(change.path)
        else { continue }
        created[state, default: []].append(change.path)
    }
    var moves: [RelativePath: Move] = [:]
    for (state, destinations) in created where destinations.count == 1 {
        guard let sources = removed[state], sources.count == 1 else { continue }
        moves[destinations[0]] = Move(source: sources[0], state: state)
    }
    return moves
}

/// What is quicker made than renamed, or stands in many places, is not.
private func isWorthMoving(_ state: EntryState) -> Bool {
    switch state.kind {
    case .file: state.size > 0
    case .directory: state.digest != Tree.emptyDirectoryDigest
    case .link, .other: false
    }
}

/// Replaces creations by renames, drops what is in them and the removals of their sources.
private func apply(_ moves: [RelativePath: Move], to changes: [Change]) -> [Change] {
    var output: [Change] = []
    var taken: Set<RelativePath> = []
    var covered: RelativePath?
    for change in changes {
        if let covered, change.path.isDescendant(of: covered) { continue }
        guard let move = moves[change.path] else {
            output.append(change)
            continue
        }
        var change = change
        change.new = move.state
        change.source = .move(move.source)
        output.append(change)
        taken.insert(move.source)
        covered = change.path
    }
    return output.filter { $0.new != nil || !taken.contains($0.path) }
}

/// Looking at one entry costs about 2 ns, sending one byte about 10 ns at 100 MB/s.
private let entriesWorthOneByte = 4

private func markCopies(in changes: inout [Change], receiver: Tree) {
    var wanted: Set<Digest> = []
    var bytes: UInt64 = 0
    for change in changes {
        guard let state = contentNeeded(by: change) else { continue }
        if wanted.insert(state.digest).inserted {
            bytes = bytes.addingReportingOverflow(state.size).partialValue
        }
    }
    guard bytes >= UInt64(receiver.count / entriesWorthOneByte), !wanted.isEmpty else { return }
    let found = files(in: receiver, with: wanted)
    guard !found.isEmpty else { return }
    for index in changes.indices {
        guard let state = contentNeeded(by: changes[index]), let id = found[state.digest] else {
            continue
        }
        changes[index].source = .copy(receiver.path(of: id))
    }
}

/// One file for each digest that stands in a tree.
///
/// A table of bits tells nearly all entries apart before the set is asked: 20 times quicker.
private func files(in tree: Tree, with wanted: Set<Digest>) -> [Digest: Tree.ID] {
    let bitsForOneDigest = 16
    var slots = 1
    while slots < wanted.count * bitsForOneDigest { slots *= 2 }
    var isCandidate = [Bool](repeating: false, count: slots)
    for digest in wanted { isCandidate[Int(truncatingIfNeeded: digest.w3) & (slots - 1)] = true }
    var found: [Digest: Tree.ID] = [:]
    for row in tree.digests.indices {
        let digest = tree.digests[row]
        guard isCandidate[Int(truncatingIfNeeded: digest.w3) & (slots - 1)],
            tree.kinds[row] == EntryKind.file.rawValue, wanted.contains(digest),
            found[digest] == nil
        else { continue }
        found[digest] = Tree.ID(row)
    }
    return found
}

/// The state of a file whose bytes would have to travel.
private func contentNeeded(by change: Change) -> EntryState? {
    guard change.source == nil, let new = change.new, new.kind == .file, new.size > 0 else {
        return nil
    }
    let stands = change.expected?.kind == .file && change.expected?.digest == new.digest
    return stands ? nil : new
}
