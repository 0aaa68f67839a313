import TandemTree

/// Rules that were given for a directory, and go along when it is renamed.
///
/// Whoever gave them does not know yet. Until others come the rules hold at both places: else what
/// they hide would be new at the new one, the directory another, and all of it would travel.
extension LiveTree {
    /// Lets rules go along with directories that stand at these paths now.
    ///
    /// - Parameters:
    ///   - paths: what the tree does not have yet.
    ///   - gone: directories of the tree that are missing, by inode.
    /// - Returns: whether other rules are in force.
    mutating func carryRules(to paths: [RelativePath], from gone: [UInt64: Tree.ID]) -> Bool {
        guard case .given = source, !gone.isEmpty else { return false }
        let places = gone.mapValues { tree.path(of: $0) }.filter {
            !rules.collected(below: $0.value).isEmpty
        }
        guard !places.isEmpty else { return false }
        var isCarried = false
        for path in paths {
            guard let inode = directoryInode(of: path), let old = places[inode] else { continue }
            if carryRules(from: old, to: path) { isCarried = true }
        }
        return isCarried
    }

    /// The directories of the tree that have given rules of their own, by inode.
    var placesOfRules: [UInt64: RelativePath] {
        guard case .given = source else { return [:] }
        var places: [UInt64: RelativePath] = [:]
        for file in rules.collected(below: .root) where !file.directory.isRoot {
            guard let id = tree.find(file.directory), tree.kind(of: id) == .directory else {
                continue
            }
            places[tree.stamp(of: id).inode] = file.directory
        }
        places[0] = nil
        return places
    }

    /// The same for directories found anywhere in a tree that stands at `base`.
    mutating func carryRules(
        into found: Tree,
        at base: RelativePath = .root,
        from places: [UInt64: RelativePath]
    ) -> Bool {
        guard !places.isEmpty else { return false }
        var isCarried = false
        found.forEach { id, bytes in
            guard found.kind(of: id) == .directory else { return false }
            let path = RelativePath(trusted: bytes).below(base)
            if let old = places[found.stamp(of: id).inode], old != path,
                carryRules(from: old, to: path)
            {
                isCarried = true
            }
            return true
        }
        return isCarried
    }

    private mutating func carryRules(from old: RelativePath, to new: RelativePath) -> Bool {
        guard case .given(var set) = source else { return false }
        let known = set
        for var file in known.collected(below: old) {
            let inner = file.directory.bytes.dropFirst(old.bytes.count)
            file.directory = RelativePath(trusted: new.bytes + inner)
            let isKnown = known.collected(below: file.directory).contains {
                $0.directory == file.directory && $0.kind == file.kind
            }
            if !isKnown { set.add(file) }
        }
        guard set != known else { return false }
        source = .given(set)
        rules = set
        return true
    }

    /// The inode of the directory that stands at a path; nil for anything else.
    private func directoryInode(of path: RelativePath) -> UInt64? {
        guard let above = path.parent,
            let parent = try? Directory.beneath(root.descriptor, above, of: fileSystem),
            let status = (try? parent.status(path.name)) ?? nil, status.kind == .directory
        else { return nil }
        return status.inode
    }
}
