import TandemFiles
import TandemTree

/// The rules both sides are read under: what was read on the laptop, and a while longer that of
/// directories which are gone there.
///
/// The other side still has such a directory. Without its rules all that they hide would be new
/// there, and beat the removal, or the rename, that shall come to it.
struct RulesInForce {
    private(set) var rules: RuleSet
    private(set) var digest: Digest
    /// What the laptop's tree was read under; it names nothing that is gone.
    private(set) var read: Digest?
    /// Directories that are gone on the laptop and not yet in what both sides agreed on.
    private var gone: Set<RelativePath> = []
    /// Those of which both sides agreed by now.
    private var agreedGone: Set<RelativePath> = []

    /// - Parameters:
    ///   - rules: what is there before anything is read.
    ///   - earlier: what was in force when the laptop was read last, by an earlier run.
    ///   - archive: what both sides agreed on.
    init(_ rules: RuleSet, earlier: RuleSet?, archive: Tree) {
        self.rules = earlier ?? rules
        digest = rules.digest
        for file in self.rules.files where !Self.holds(archive, file.directory) {
            agreedGone.insert(file.directory)
        }
    }

    /// Takes over what a tree was read under; true when other rules are in force than before.
    mutating func take(_ live: LiveTree) -> Bool {
        let isBack = gone.contains { Self.holds(live.tree, $0) }
        guard live.rulesDigest != read || isBack else { return false }
        // What both sides agreed to be gone is kept until something else changes: to have the other
        // side look at everything again would bring nothing to light.
        let kept = live.rules.keeping(rules) { directory in
            !agreedGone.contains(directory) && !Self.holds(live.tree, directory)
        }
        read = live.rulesDigest
        rules = kept.rules
        gone = Set(kept.gone)
        agreedGone = []
        let before = digest
        digest = rules.digest
        return digest != before
    }

    /// Takes over what both sides agreed on.
    mutating func agreed(on tree: Tree) {
        for directory in gone where !Self.holds(tree, directory) { agreedGone.insert(directory) }
    }

    private static func holds(_ tree: Tree, _ directory: RelativePath) -> Bool {
        tree.find(directory).map { tree.kind(of: $0) == .directory } ?? false
    }
}
