/// One source of ignore rules.
public struct RuleFile: Hashable, Sendable {
    /// Whose rules they are; a later kind overrules an earlier one, whatever their directories.
    public enum Kind: UInt8, Hashable, Comparable, Sendable, CaseIterable {
        /// The garbage catalogue.
        case catalogue = 1
        /// A `.gitignore`.
        case gitignore = 2
        /// A `.tandemignore`.
        case tandemignore = 3
        /// The approved configuration of the pair.
        case configuration = 4
        /// A `.git/info/exclude`.
        case gitExclude = 5

        /// The order of precedence, as gitignore(5) has it for git's own two.
        public static func < (left: Kind, right: Kind) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .catalogue: 0
            case .gitExclude: 1
            case .gitignore: 2
            case .tandemignore: 3
            case .configuration: 4
            }
        }
    }

    /// The directory that the rules apply to.
    public var directory: RelativePath
    /// Whose they are.
    public var kind: Kind
    /// The lines, in the syntax of gitignore(5).
    public var content: [UInt8]

    /// Makes a source from its parts.
    public init(directory: RelativePath, kind: Kind, content: [UInt8]) {
        self.directory = directory
        self.kind = kind
        self.content = content
    }

    /// What people call it.
    public var label: String {
        switch kind {
        case .catalogue: "the garbage catalogue"
        case .gitignore: directory.appending(Array(".gitignore".utf8)).description
        case .tandemignore: directory.appending(Array(".tandemignore".utf8)).description
        case .configuration: "the configuration"
        case .gitExclude: directory.appending(Array(".git/info/exclude".utf8)).description
        }
    }
}

/// All ignore rules of a generation: evaluated on the laptop, sent to the vm, named by a digest.
public struct RuleSet: Hashable, Sendable {
    /// The sources, in the order of directories, then of kinds, whatever order they came in.
    public internal(set) var files: [RuleFile] = []
    /// Whether the root's `.git` travels; any other, and by default this one too, is skipped.
    public var includesGit: Bool
    /// Whether a scan that collects rules takes git's: `.gitignore` and `.git/info/exclude`.
    public var collectsGitRules: Bool

    /// No rules but the one about `.git`.
    public init(includesGit: Bool = false, collectsGitRules: Bool = true) {
        self.includesGit = includesGit
        self.collectsGitRules = collectsGitRules
    }

    /// What holds where nobody says anything: the garbage catalogue and logs.
    public static let standard: RuleSet = {
        var rules = RuleSet()
        rules.add(
            RuleFile(directory: .root, kind: .catalogue, content: GarbageCatalogue.rules)
        )
        return rules
    }()

    /// Adds a source, in place of one of the same directory and kind.
    public mutating func add(_ file: RuleFile) {
        var (low, high) = (0, files.count)
        while low < high {
            let middle = low + (high - low) / 2
            if Self.comes(files[middle], before: file) { low = middle + 1 } else { high = middle }
        }
        if low < files.count, !Self.comes(file, before: files[low]) {
            files[low] = file
        } else {
            files.insert(file, at: low)
        }
    }

    /// The digest that names the set.
    public var digest: Digest { ContentHasher.digest(of: encode()) }

    static func comes(_ left: RuleFile, before right: RuleFile) -> Bool {
        left.directory == right.directory
            ? left.kind < right.kind : left.directory < right.directory
    }
}
