import Glibc
import TandemSystem
package import TandemTree

/// Rules files that change what they govern.
extension LiveTree {
    /// The paths, with the directory in place of a rules file in it that changed.
    mutating func governed(
        _ paths: [RelativePath],
        _ now: UInt64
    ) throws(ScanError) -> [RelativePath] {
        var governed: [RelativePath] = []
        for path in paths {
            guard let kind = RuleFile.Kind(fileName: path.name), let directory = path.parent,
                kind != .gitignore || rules.collectsGitRules
            else {
                governed.append(path)
                continue
            }
            let known = rules.files.first { $0.directory == directory && $0.kind == kind }?.content
            switch try content(of: path, kind) {
            case .some(let found) where found == known: governed.append(path)
            case .some(let found):
                // A rules file in the middle of being saved must not let through what it hides.
                let isDoubtful = known?.isEmpty == false && (found ?? []).isEmpty
                if isDoubtful, !hold.believes(path, now: now) { continue }
                governed.append(directory)
            case nil: governed.append(directory)
            }
        }
        return governed
    }

    /// What a rules file holds, nothing if it is none; nil when it cannot be read.
    private func content(
        of path: RelativePath,
        _ kind: RuleFile.Kind
    ) throws(ScanError) -> [UInt8]?? {
        do throws(SystemError) {
            let directory = try Directory.beneath(
                root.descriptor,
                path.parent ?? .root,
                of: fileSystem
            )
            let name =
                kind == .gitignore ? RuleFiles.gitignoreName : RuleFiles.tandemignoreName
            return .some(try RuleFiles.read(name, in: directory.raw, on: fileSystem))
        } catch {
            if error.isExhaustion {
                throw ScanError(.outOfDescriptors, root: root.path, cause: error)
            }
            return error.errno == ENOENT ? .some(nil) : nil
        }
    }
}

extension RuleFile.Kind {
    /// What a file of this name holds; nil if it is no rules file.
    init?(fileName name: [UInt8]) {
        switch name {
        case Array(".gitignore".utf8): self = .gitignore
        case Array(".tandemignore".utf8): self = .tandemignore
        default: return nil
        }
    }

    /// Whether it is read from the tree.
    fileprivate var isCollected: Bool {
        switch self {
        case .gitignore, .tandemignore, .gitExclude: true
        case .catalogue, .configuration: false
        }
    }
}

extension RuleFile {
    fileprivate func isCollected(below path: RelativePath) -> Bool {
        kind.isCollected && (directory == path || directory.isDescendant(of: path))
    }
}

extension RuleSet {
    /// The set with those of an earlier one whose directories are gone.
    ///
    /// - Parameters:
    ///   - earlier: what was in force before.
    ///   - isGone: whether a directory is gone, and not only its rules file.
    /// - Returns: the set, and what of it is gone.
    package func keeping(
        _ earlier: RuleSet,
        whereGone isGone: (RelativePath) -> Bool
    ) -> (rules: RuleSet, gone: [RelativePath]) {
        var (set, gone) = (self, [RelativePath]())
        for file in earlier.collected(below: .root)
        where !file.directory.isRoot && isGone(file.directory) {
            set.add(file)
            gone.append(file.directory)
        }
        return (set, gone)
    }

    /// The rules files that were read in a directory or below it.
    func collected(below path: RelativePath) -> [RuleFile] {
        // In the order of directories what lies below one follows it.
        var (low, high) = (0, files.count)
        while low < high {
            let middle = low + (high - low) / 2
            if files[middle].directory < path { low = middle + 1 } else { high = middle }
        }
        return files[low...].prefix { $0.directory == path || $0.directory.isDescendant(of: path) }
            .filter(\.kind.isCollected)
    }

    /// The set without them.
    func withoutCollected(below path: RelativePath) -> RuleSet {
        var rest = RuleSet(includesGit: includesGit, collectsGitRules: collectsGitRules)
        for file in files where !file.isCollected(below: path) { rest.add(file) }
        return rest
    }

    /// The set with those of another one in their place.
    func replacingCollected(below path: RelativePath, from other: RuleSet) -> RuleSet {
        let (old, new) = (collected(below: path), other.collected(below: path))
        guard old != new else { return self }
        var set = withoutCollected(below: path)
        for file in new { set.add(file) }
        return set
    }
}
