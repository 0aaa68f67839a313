import TandemSystem
import TandemTree

/// Comparing one directory's names with the tree, for watchers that know no more.
extension LiveTree {
    /// The entries of a directory that may not be as the tree has them; below them nothing is read.
    func differingNames(in directory: RelativePath) throws(ScanError) -> [RelativePath] {
        guard let id = tree.find(directory), tree.kind(of: id) == .directory else {
            return [directory]
        }
        do throws(SystemError) {
            return try differingNames(in: directory, id)
        } catch {
            if error.isExhaustion {
                throw ScanError(.outOfDescriptors, root: root.path, cause: error)
            }
            return [directory]
        }
    }

    private func differingNames(
        in path: RelativePath,
        _ id: Tree.ID
    ) throws(SystemError) -> [RelativePath] {
        let directory = try Directory.beneath(root.descriptor, path, of: fileSystem)
        var missing = Set(tree.childIDs(of: id))
        var found: [RelativePath] = []
        for name in try directory.names() {
            let child = tree.child(of: id, named: name)
            if let child { missing.remove(child) }
            let status = try directory.status(name)
            if let child, let status, isSame(child, status) { continue }
            // Names that never stand in the tree are not worth a look each time.
            if child == nil, name == Self.ownName || name == Self.gitName { continue }
            found.append(path.appending(name))
        }
        return found + missing.map { path.appending(tree.name(of: $0)) }
    }

    private func isSame(_ id: Tree.ID, _ status: FileStatus) -> Bool {
        let stamp = tree.stamp(of: id)
        switch tree.kind(of: id) {
        case .directory: return status.kind == .directory && stamp.inode == status.inode
        case .other: return status.kind == .other
        case .file, .link:
            return stamp == status.stamp && tree.kind(of: id) == status.kind
                && tree.size(of: id) == status.size
                && tree.executable(of: id) == status.isExecutable
        }
    }

    private static let ownName = Array(".tandem".utf8)
    private static let gitName = Array(".git".utf8)
}
