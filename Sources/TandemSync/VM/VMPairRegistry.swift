import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// The pairs a receiver knows, and what it keeps of each outside the root: rules and index.
struct VMPairRegistry {
    private static let registeredFile = "registered"
    private static let rulesFile = "rules"
    private static let area = RelativePath(trusted: Array(".tandem".utf8))

    private let directory: String
    private let fileSystem: any FileSystem

    init(directory: String, fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// Whether the pair was registered by `tandem pair`.
    func knows(_ pair: PairID) -> Bool {
        guard let state = try? StateDirectory(at: path(pair), on: fileSystem) else { return false }
        return state.read(Self.registeredFile, atMost: 1 << 10) != nil
    }

    /// Registers a pair durably.
    func register(_ pair: PairID) throws {
        let state = try StateDirectory(at: directory, on: fileSystem).subdirectory(pair.hex)
        try state.replace(Self.registeredFile, pair.bytes)
    }

    /// The rules the pair's laptop gave last.
    func rules(of pair: PairID) -> RuleSet? {
        guard let state = try? StateDirectory(at: path(pair), on: fileSystem),
            let bytes = state.read(Self.rulesFile, atMost: Limits.ruleSet)
        else { return nil }
        return try? RuleSet(decoding: bytes)
    }

    /// Keeps rules; losing them costs one more transfer, so a full disk is no error here.
    func keep(_ rules: RuleSet, of pair: PairID) {
        guard let state = try? StateDirectory(at: path(pair), on: fileSystem) else { return }
        try? state.replace(Self.rulesFile, rules.encode())
    }

    /// How far apart changes must be on the root's file system.
    func window(of pair: PairID, _ root: SyncRoot) -> RacyWindow {
        guard let state = try? StateDirectory(at: path(pair), on: fileSystem),
            let area = try? fileSystem.openBeneath(root: root.descriptor, Self.area)
        else { return .unknown }
        defer { fileSystem.close(area) }
        return state.window(of: root, probingIn: area)
    }

    /// The pair's tree as it was saved last.
    func index(of pair: PairID) -> Tree? {
        guard let state = try? StateDirectory(at: path(pair), on: fileSystem) else { return nil }
        return IndexStore(state).load()?.tree
    }

    /// Keeps a tree; losing it costs hashing, so a full disk is no error here.
    func keepIndex(_ tree: Tree, of pair: PairID) {
        guard let state = try? StateDirectory(at: path(pair), on: fileSystem) else { return }
        try? IndexStore(state).save(SavedIndex(tree: tree, scannedAt: SystemTime().wall))
    }

    private func path(_ pair: PairID) -> String { "\(directory)/\(pair.hex)" }
}
