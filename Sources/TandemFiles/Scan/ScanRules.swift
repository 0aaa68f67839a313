import Glibc
import TandemSystem
import TandemTree

/// The rules files of one directory.
struct RuleFiles: Sendable {
    var gitignore: [UInt8]?
    var tandemignore: [UInt8]?
    var gitExclude: [UInt8]?

    var isEmpty: Bool { gitignore == nil && tandemignore == nil && gitExclude == nil }

    static let gitignoreName: StaticString = ".gitignore"
    static let tandemignoreName: StaticString = ".tandemignore"
    private static let gitName: StaticString = ".git"
    private static let infoName: StaticString = "info"
    private static let excludeName: StaticString = "exclude"
    /// Far above any rules file people write; a longer one makes its directory unreadable.
    private static let longest: UInt64 = 1 << 20
    private static let tooLong = EFBIG

    /// None.
    init() {}

    /// Reads what the listing has of them.
    ///
    /// - Throws: what reading met: without its rules a directory is not read at all, for what they
    ///   hide must not travel because of an error.
    init(
        in directory: Int32,
        _ listing: borrowing DirectoryListing,
        collectsGitRules: Bool,
        on fileSystem: any FileSystem
    ) throws(SystemError) {
        if collectsGitRules, listing.contains(Self.gitignoreName) {
            gitignore = try Self.read(Self.gitignoreName, in: directory, on: fileSystem)
        }
        if collectsGitRules, listing.contains(Self.gitName) {
            gitExclude = try Self.readExclude(in: directory, on: fileSystem)
        }
        if listing.contains(Self.tandemignoreName) {
            tandemignore = try Self.read(Self.tandemignoreName, in: directory, on: fileSystem)
        }
    }

    /// Reads those of a directory that was not listed.
    init(
        in directory: Int32,
        collectsGitRules: Bool,
        on fileSystem: any FileSystem
    ) throws(SystemError) {
        if collectsGitRules {
            gitignore = try Self.read(Self.gitignoreName, in: directory, on: fileSystem)
            gitExclude = try Self.readExclude(in: directory, on: fileSystem)
        }
        tandemignore = try Self.read(Self.tandemignoreName, in: directory, on: fileSystem)
    }

    /// A regular file's bytes; a link or directory of that name is no rules file, as for git.
    static func read(
        _ name: StaticString,
        in directory: Int32,
        on fileSystem: any FileSystem
    ) throws(SystemError) -> [UInt8]? {
        try withCName(Array(name.description.utf8)) { name throws(SystemError) in
            guard let status = try fileSystem.status(at: directory, name), status.type == .file
            else { return nil }
            let file = HeldDescriptor(
                try fileSystem.openFile(at: directory, name),
                of: fileSystem
            )
            let size = try fileSystem.status(of: file.raw).size
            guard size <= longest, let count = Int(exactly: size) else {
                throw SystemError("read rules", errno: Self.tooLong)
            }
            return try fileSystem.readUpTo(file.raw, count: count)
        }
    }

    /// What `.git/info/exclude` says; nil where `.git` is no directory, as in a linked worktree,
    /// or nothing in the file is a pattern.
    private static func readExclude(
        in directory: Int32,
        on fileSystem: any FileSystem
    ) throws(SystemError) -> [UInt8]? {
        guard let git = try open(gitName, in: directory, on: fileSystem),
            let info = try open(infoName, in: git.raw, on: fileSystem),
            let lines = try read(excludeName, in: info.raw, on: fileSystem)
        else { return nil }
        // The file that `git init` makes holds comments only, and would stand in every rule set.
        let saysSomething = lines.split(separator: UInt8(ascii: "\n")).contains {
            $0.first != UInt8(ascii: "#")
        }
        return saysSomething ? lines : nil
    }

    /// A directory below another, not followed through a link; nil where there is none.
    private static func open(
        _ name: StaticString,
        in directory: Int32,
        on fileSystem: any FileSystem
    ) throws(SystemError) -> Directory? {
        try withCName(Array(name.description.utf8)) { name throws(SystemError) in
            guard let status = try fileSystem.status(at: directory, name),
                status.type == .directory
            else { return nil }
            let raw = try fileSystem.openDirectory(at: directory, name)
            return Directory(raw, of: fileSystem)
        }
    }
}

/// The ignore rules in force in one directory of a scan.
struct ScanRules: Sendable {
    /// Whether rules files are read on the way.
    let collects: Bool
    /// Whether git's are among them.
    var collectsGitRules: Bool { known.collectsGitRules }
    private let known: RuleSet
    private var matcher: IgnoreMatcher

    /// Stands above the root.
    init(_ source: RuleSource) {
        switch source {
        case .collecting(let set): (collects, known) = (true, set)
        case .given(let set): (collects, known) = (false, set)
        }
        matcher = IgnoreMatcher(rules: known)
    }

    /// Whether the entry of this name is left out of the tree.
    func ignores(_ name: UnsafeRawBufferPointer, isDirectory: Bool) -> Bool {
        matcher.isIgnored(name: name, isDirectory: isDirectory)
    }

    /// Goes into a directory, whose own rules come on top; an empty name is the root's.
    mutating func enter(_ name: [UInt8], _ files: RuleFiles) {
        if name.isEmpty {
            guard !files.isEmpty else { return }
            matcher = IgnoreMatcher(
                rules: known,
                gitignore: files.gitignore,
                tandemignore: files.tandemignore,
                gitExclude: files.gitExclude
            )
        } else {
            matcher.enter(
                directory: name,
                gitignore: files.gitignore,
                tandemignore: files.tandemignore,
                gitExclude: files.gitExclude
            )
        }
    }
}

extension RuleSet {
    /// The set with what was found in directories below `base`.
    func adding(
        _ found: [(directory: RelativePath, files: RuleFiles)],
        below base: RelativePath
    ) -> RuleSet {
        var set = self
        for (directory, files) in found {
            let directory = directory.below(base)
            if let content = files.gitignore {
                set.add(RuleFile(directory: directory, kind: .gitignore, content: content))
            }
            if let content = files.gitExclude {
                set.add(RuleFile(directory: directory, kind: .gitExclude, content: content))
            }
            if let content = files.tandemignore {
                set.add(RuleFile(directory: directory, kind: .tandemignore, content: content))
            }
        }
        return set
    }
}

extension RelativePath {
    /// The same path in a tree where its root stands at `base`.
    func below(_ base: RelativePath) -> RelativePath {
        isRoot ? base : base.appending(bytes)
    }
}
