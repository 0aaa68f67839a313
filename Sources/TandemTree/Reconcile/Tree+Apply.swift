extension Tree {
    /// Takes over what is different, as the archive does; digests wait for `rehash()`.
    /// - Parameter differences: what to take, a directory before what is in it.
    /// - Throws: `TreeError` if a parent is missing.
    public mutating func apply(_ differences: [Difference]) throws(TreeError) {
        for difference in differences {
            if let new = difference.new {
                try put(difference.path, new, stamp: stampIfSame(difference.path, new))
            } else {
                remove(difference.path)
            }
        }
    }

    private func stampIfSame(_ path: RelativePath, _ state: EntryState) -> Stamp {
        guard let id = find(path), kind(of: id) == state.kind, digest(of: id) == state.digest,
            executable(of: id) == state.executable
        else { return .zero }
        return stamp(of: id)
    }
}

/// What the archive must take when these changes are done.
/// - Parameters:
///   - changes: what was applied, in the order of paths.
///   - receiver: the receiving side's tree as it was before.
/// - Returns: one item for each path; what moved is a removal, and all that stands at the new place.
public func differences(made changes: [Change], on receiver: Tree) -> [Difference] {
    var output: [Difference] = []
    for change in changes {
        guard case .move(let source) = change.source, let id = receiver.find(source) else {
            output.append(change.difference)
            continue
        }
        output.append(Difference(path: source, old: receiver.state(of: id), new: nil))
        let prefix = source.bytes.count
        receiver.forEach(from: id) { child, bytes in
            guard let state = receiver.syncedState(of: child) else { return false }
            let path = RelativePath(trusted: change.path.bytes + bytes[prefix...])
            output.append(Difference(path: path, old: nil, new: state))
            return true
        }
    }
    return output
}
