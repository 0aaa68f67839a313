/// Says which entries are ignored, on a walk down a tree.
///
/// It stands at one directory: `enter` goes into a child and takes its rules, `leave` goes back up.
/// An entry of an ignored directory is not asked about, so nothing can bring it back, as in git.
/// A copy is independent, and cheap: the compiled rules are shared.
public struct IgnoreMatcher: Sendable {
    /// The compiled rules of one directory.
    struct Layer: Sendable {
        /// How many bytes of the current path lead to the directory, its slash counted.
        var base: Int
        /// The lists by kind; most directories that have any have one.
        var lists: [(kind: RuleFile.Kind, list: PatternList)]
    }

    private let includesGit: Bool
    /// The rules of directories below the root, where they are given and not read on the way.
    private let given: [RelativePath: [(kind: RuleFile.Kind, list: PatternList)]]

    /// The current directory's path; ends in a slash unless it is the root.
    private(set) var path: [UInt8] = []
    private var lengths: [Int] = []
    private var layers: [Layer] = []
    /// All lists in force, the one that overrules the others first.
    private var active: [(kind: RuleFile.Kind, base: Int, list: PatternList)] = []

    /// Stands at the root.
    /// - Parameters:
    ///   - rules: the rules known beforehand: the catalogue, the configuration, or all of them.
    ///   - gitignore: the root's own `.gitignore`, where `rules` has none.
    ///   - tandemignore: the root's own `.tandemignore`, where `rules` has none.
    ///   - gitExclude: the root's own `.git/info/exclude`, where `rules` has none.
    public init(
        rules: RuleSet = .standard,
        gitignore: [UInt8]? = nil,
        tandemignore: [UInt8]? = nil,
        gitExclude: [UInt8]? = nil
    ) {
        includesGit = rules.includesGit
        var given: [RelativePath: [(kind: RuleFile.Kind, list: PatternList)]] = [:]
        for file in rules.files {
            given[file.directory, default: []].append((file.kind, PatternList(file.content)))
        }
        var lists = given.removeValue(forKey: .root) ?? []
        self.given = given
        if let gitExclude { lists.append((.gitExclude, PatternList(gitExclude))) }
        if let gitignore { lists.append((.gitignore, PatternList(gitignore))) }
        if let tandemignore { lists.append((.tandemignore, PatternList(tandemignore))) }
        push(Layer(base: 0, lists: lists))
    }

    /// Goes into a child of the current directory.
    /// - Parameters:
    ///   - name: the child's name.
    ///   - gitignore: what its `.gitignore` holds, where it was read on the way.
    ///   - tandemignore: what its `.tandemignore` holds, where it was read on the way.
    ///   - gitExclude: what its `.git/info/exclude` holds, where it was read on the way.
    public mutating func enter(
        directory name: some Collection<UInt8>,
        gitignore: [UInt8]? = nil,
        tandemignore: [UInt8]? = nil,
        gitExclude: [UInt8]? = nil
    ) {
        lengths.append(path.count)
        path.append(contentsOf: name)
        var lists: [(kind: RuleFile.Kind, list: PatternList)] = []
        if !given.isEmpty, let known = given[RelativePath(trusted: path)] { lists = known }
        path.append(RelativePath.separator)
        if let gitExclude { lists.append((.gitExclude, PatternList(gitExclude))) }
        if let gitignore { lists.append((.gitignore, PatternList(gitignore))) }
        if let tandemignore { lists.append((.tandemignore, PatternList(tandemignore))) }
        push(Layer(base: path.count, lists: lists))
    }

    /// Goes back to the directory above; at the root it does nothing.
    public mutating func leave() {
        guard let length = lengths.popLast() else { return }
        if let last = layers.last, last.base == path.count {
            layers.removeLast()
            arrange()
        }
        path.removeLast(path.count - length)
    }

    private mutating func push(_ layer: Layer) {
        guard !layer.lists.isEmpty else { return }
        layers.append(layer)
        arrange()
    }

    /// Kinds come first, so that a `.tandemignore` overrules every `.gitignore`; of one kind the
    /// deepest directory's lines.
    private mutating func arrange() {
        active.removeAll(keepingCapacity: true)
        for kind in RuleFile.Kind.descending {
            for layer in layers.reversed() {
                for entry in layer.lists where entry.kind == kind {
                    active.append((kind, layer.base, entry.list))
                }
            }
        }
    }

    /// Whether an entry of the current directory is ignored.
    public func isIgnored(name: UnsafeRawBufferPointer, isDirectory: Bool) -> Bool {
        if unsafe isReserved(name) { return true }
        return unsafe decider(of: name, isDirectory: isDirectory).map { !$0.pattern.keeps } ?? false
    }

    /// Whether an entry of the current directory is ignored.
    public func isIgnored(name: [UInt8], isDirectory: Bool) -> Bool {
        unsafe name.withUnsafeBytes { unsafe isIgnored(name: $0, isDirectory: isDirectory) }
    }

    /// Tandem's own names are never synced; `.git` only if the rules say so, at the root, and
    /// spelled like that: what goes one way must be one path.
    func isReserved(_ name: UnsafeRawBufferPointer) -> Bool {
        if unsafe ReservedName.isOwn(name) { return true }
        guard unsafe ReservedName.git.matches(name) else { return false }
        return unsafe !(includesGit && path.isEmpty && name.elementsEqual(Self.gitName))
    }

    private static let gitName = Array(".git".utf8)

    /// The line that decides about an entry of the current directory: of one list the last.
    func decider(
        of name: UnsafeRawBufferPointer,
        isDirectory: Bool
    ) -> (pattern: IgnorePattern, kind: RuleFile.Kind, base: Int)? {
        for index in active.indices {
            let subject = unsafe IgnoreSubject(
                directory: path,
                base: active[index].base,
                name: name,
                isDirectory: isDirectory
            )
            if let pattern = active[index].list.decider(of: subject) {
                return (pattern, active[index].kind, active[index].base)
            }
        }
        return nil
    }
}

extension RuleFile.Kind {
    /// The kinds, the one that overrules the others first.
    static let descending: [RuleFile.Kind] = [
        .configuration, .tandemignore, .gitignore, .gitExclude, .catalogue,
    ]
}
