/// What is not the same in an entry of one tree and all below it, and one of another tree.
/// - Parameters:
///   - from: the older tree, that entry rehashed.
///   - oldID: the entry; nil for nothing.
///   - to: the newer tree, that entry rehashed; it may stand elsewhere in it.
///   - newID: the entry; nil for nothing.
///   - path: where both stand.
/// - Returns: one item for each path that differs, in the order of paths.
public func differences(
    from: Tree,
    _ oldID: Tree.ID?,
    to: Tree,
    _ newID: Tree.ID?,
    at path: RelativePath
) -> [Difference] {
    var output: [Difference] = []
    appendDifferences(from, oldID, to, newID, to: &output)
    let standing = newID.map { to.path(of: $0) } ?? oldID.map { from.path(of: $0) } ?? path
    guard standing != path else { return output }
    let prefix = standing.bytes.count
    return output.map { item in
        var item = item
        var rest = item.path.bytes[prefix...]
        if rest.first == RelativePath.separator { rest.removeFirst() }
        item.path = rest.isEmpty ? path : path.appending(rest)
        return item
    }
}
