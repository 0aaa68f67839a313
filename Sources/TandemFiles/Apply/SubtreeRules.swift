import TandemTree

/// The ignore rules as they hold in one directory.
struct SubtreeRules: Sendable {
    /// What the rules say of an entry.
    enum Verdict {
        /// It is synced, so the other side knows of it.
        case known
        /// It is ignored, and somebody may need it.
        case ignored
        /// It is ignored, and can always be made again.
        case garbage
    }

    func verdict(_ name: [UInt8], isDirectory: Bool) -> Verdict { .known }
    func entering(_ name: [UInt8]) -> SubtreeRules { self }
    init(_ rules: RuleSet?) {}
    init(_ rules: RuleSet?, at path: RelativePath) {}
}
