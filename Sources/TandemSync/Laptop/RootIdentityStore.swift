import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// Binds a pair's state to one directory: its device, inode and birth time.
///
/// In push mode nothing is written to the laptop root, so its token lives here instead of inside
/// it; another directory under the same path is then recognised as another one.
struct RootIdentityStore {
    private static let identityFile = "root"
    private static let rulesFile = "rules-digest"
    private static let ruleSetFile = "rules"
    private static let length = 24

    private let directory: StateDirectory
    private let fileSystem: any FileSystem

    init(_ directory: StateDirectory, _ fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// Makes this directory the pair's root.
    func bind(_ root: SyncRoot) throws {
        try directory.replace(Self.identityFile, Self.encode(root))
    }

    /// Throws `amnesia` when another directory stands at the root's path than was paired.
    func check(_ root: SyncRoot) throws {
        let own = Self.encode(root)
        let bound = directory.read(Self.identityFile, atMost: Self.length)
        // Device numbers change over a reboot; inode and birth time do not.
        if root.birth != 0, let bound, bound.dropFirst(8).elementsEqual(own.dropFirst(8)) { return }
        guard bound == own else {
            throw SyncError(
                .amnesia,
                "another directory stands at \(root.path) than the one that was paired",
                hint: "put the right one back, or run `tandem adopt` to unite both sides"
            )
        }
    }

    /// The digest of the rules that the vm was told last.
    var rules: Digest? {
        directory.read(Self.rulesFile, atMost: Digest.byteCount).flatMap { Digest(bytes: $0) }
    }

    func keep(rules: Digest) throws {
        guard self.rules != rules else { return }
        try directory.replace(Self.rulesFile, rules.bytes)
    }

    /// The rules that were in force last.
    var ruleSet: RuleSet? {
        directory.read(Self.ruleSetFile, atMost: Limits.ruleSet)
            .flatMap { try? RuleSet(decoding: $0) }
    }

    func keep(_ rules: RuleSet) throws {
        try directory.replace(Self.ruleSetFile, rules.encode())
    }

    private static func encode(_ root: SyncRoot) -> [UInt8] {
        [root.device, root.inode, UInt64(bitPattern: root.birth)].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
        }
    }
}
