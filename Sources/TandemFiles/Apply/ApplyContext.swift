import TandemSystem
import TandemTree

/// What staging, swapping and recovery share: where they work and what they may trust.
struct ApplyContext: Sendable {
    let fileSystem: any FileSystem
    let root: SyncRoot
    let area: PrivateArea
    let pair: [UInt8]
    let rules: RuleSet?
    let limits: BatchLimits
    let time: BatchTime
    /// What is known of the root, to vouch for entries that need not be hashed.
    let index: Tree?
    /// How long a further change may leave a file's times as they are.
    let window: RacyWindow

    /// Opens the private area and the stage of a pair.
    static func open(
        _ fileSystem: any FileSystem,
        _ root: SyncRoot,
        _ pair: [UInt8],
        _ tree: Tree?,
        _ rules: RuleSet?,
        _ settings: Batch.Settings
    ) throws(ApplyError) -> (context: ApplyContext, stage: Directory) {
        guard let area = try PrivateArea.open(root, of: fileSystem) else {
            throw ApplyError(.notPrivate, "\(root.path) has no private area")
        }
        let stage: Directory
        do throws(SystemError) {
            stage = try area.section(.stage, pair: pair)
        } catch {
            throw ApplyError("open the stage of \(root.path)", error)
        }
        let context = ApplyContext(
            fileSystem: fileSystem,
            root: root,
            area: area,
            pair: pair,
            rules: rules,
            limits: settings.limits,
            time: settings.time,
            index: tree,
            window: settings.window
        )
        return (context, stage)
    }

    var looker: Looker {
        Looker(fileSystem: fileSystem, time: time.source, window: window)
    }

    func vouching(for path: RelativePath) -> Vouching? {
        guard let index, let id = index.find(path) else { return nil }
        return Vouching(
            state: index.state(of: id),
            stamp: index.stamp(of: id)
        )
    }

    func subtreeIndex(at path: RelativePath) -> SubtreeIndex? {
        guard let index, let id = index.find(path) else { return nil }
        return SubtreeIndex(tree: index, id: id)
    }

    func rules(at path: RelativePath) -> SubtreeRules { SubtreeRules(rules, at: path) }

    /// Looks at an entry of the root; through a directory when `deep`.
    func look(
        at path: RelativePath,
        in parent: Directory,
        deep: Bool
    ) throws(SystemError) -> Standing {
        let standing = try looker.look(in: parent, path.name, vouching: vouching(for: path))
        guard deep, standing.state?.kind == .directory else { return standing }
        return try looker.lookThrough(
            parent,
            path.name,
            rules: rules(at: path),
            index: subtreeIndex(at: path)
        )
    }
}
