import Glibc
import TandemSystem
import TandemTree

/// The rules files of one directory.
struct RuleFiles: Sendable {
    var gitignore: [UInt8]?
    var tandemignore: [UInt8]?

    var isEmpty: Bool { gitignore == nil && tandemignore == nil }

    static let gitignoreName: StaticString = ".gitignore"
    static let tandemignoreName: StaticString = ".tandemignore"
    /// Far above any rules file people write; a longer one makes its directory unreadable.
    private static let longest: UInt64 = 1 << 20
    private static let tooLong = EFBIG

    init(gitignore: [UInt8]?, tandemignore: [UInt8]?) {
        self.gitignore = gitignore
        self.tandemignore = tandemignore
    }

    /// Reads what the listing has of them.
    ///
    /// - Throws: what reading met: without its rules a directory is not read at all, for what they
    ///   hide must not travel because of an error.
    init(
        in directory: Int32,
        _ listing: borrowing DirectoryListing,
        on fileSystem: any FileSystem
    ) throws(SystemError) {
        if listing.contains(Self.gitignoreName) {
            gitignore = try Self.read(Self.gitignoreName, in: directory, on: fileSystem)
        }
        if listing.contains(Self.tandemignoreName) {
            tandemignore = try Self.read(Self.tandemignoreName, in: directory, on: fileSystem)
        }
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
}

/// The ignore rules in force in one directory of a scan.
struct ScanRules: Sendable {
    /// Whether rules files are read on the way.
    let collects: Bool
    private var matcher = IgnoreMatcher()
    private let given: [RelativePath: RuleFiles]

    init(_ source: RuleSource) {
        switch source {
        case .collect:
            collects = true
            given = [:]
        case .given(let set):
            collects = false
            given = RuleFiles.byDirectory(set)
        }
    }

    /// Whether the entry of this name is left out of the tree.
    func ignores(_ name: UnsafeRawBufferPointer, isDirectory: Bool) -> Bool {
        matcher.isIgnored(name: name, isDirectory: isDirectory)
    }

    /// Goes into a directory, whose own rules come on top.
    mutating func enter(_ name: [UInt8], _ files: RuleFiles) {
        matcher.enter(name, gitignore: files.gitignore, tandemignore: files.tandemignore)
    }

    /// Goes into a directory whose rules, if it has any, were given; `path` is asked only if some
    /// were.
    mutating func enterGiven(_ name: [UInt8], path: () -> RelativePath) {
        let none = RuleFiles(gitignore: nil, tandemignore: nil)
        enter(name, given.isEmpty ? none : given[path()] ?? none)
    }
}
