import Testing

/// Keeps calls that name a file by its path where they belong: a path is resolved anew at every call,
/// and whoever can swap a directory for a link in between decides where it leads.
struct FileAccessTests {
    /// The functions each target declares: a bare call of such a name is taken for one of them.
    private let declared = Dictionary(grouping: Project.sources, by: \.target)
        .mapValues { $0.reduce(into: Set<String>()) { $0.formUnion($1.declaredFunctions) } }

    @Test func `files are opened by path in few places, each with a reason`() {
        for file in Project.sources {
            let found = Self.pathCalls(in: file, own: declared[file.target] ?? [])
            guard !found.isEmpty, !Self.mayUsePaths(file.path) else { continue }
            Issue.record("\(file.path) names files by path: \(found.joined(separator: ", "))")
        }
    }

    @Test func `every exception is still needed`() {
        let files = Project.sources
        for path in Self.exceptions.keys {
            let needed = files.contains {
                $0.path == path && !Self.pathCalls(in: $0, own: []).isEmpty
            }
            #expect(needed, "\(path) is excepted and names no file by path")
        }
    }

    @Test func `the check sees a call and leaves methods and types alone`() {
        let calls = """
            let a = open(path, O_RDONLY)
            let b = Glibc.rename(old, new)
            let c = FileManager.default
            let d = tree.rename(old)
            let e = rename(from: old, to: new)
            // chmod(path, 0)
            """
        let found = Self.pathCalls(in: SwiftFile(path: "Sources/X/X.swift", text: calls), own: [])
        #expect(found == ["line 1: open", "line 2: rename", "line 3: FileManager"])
    }

    /// Places whose work is the operating system's files, by the design's rows.
    private static let owners = [
        "Sources/TandemFiles/System/", "Sources/TandemSystem/", "Sources/TandemDaemon/",
    ]

    /// Single files outside those places, with the reason; none of them takes a path from the peer.
    private static let exceptions: [String: String] = [
        "Sources/TandemCommands/Pairs/LocalPath.swift":
            "resolves, once, the directory a person named on the command line",
        "Sources/TandemCommands/Connection/TerminalSecret.swift":
            "opens the terminal, to ask for a passphrase",
    ]

    private static func mayUsePaths(_ path: String) -> Bool {
        owners.contains { path.hasPrefix($0) } || exceptions[path] != nil
    }

    private static func pathCalls(in file: SwiftFile, own: Set<String>) -> [String] {
        file.words.indices.compactMap { index in
            let word = file.words[index]
            let next = index + 1 < file.words.count ? file.words[index + 1].after : 0
            guard namesPath(word, own: own, isLabelled: next == UInt8(ascii: ":")) else {
                return nil
            }
            return "line \(word.line + 1): \(word.text)"
        }
    }

    /// Whether a word is such a call; a C function's arguments have no labels.
    private static func namesPath(
        _ word: SwiftFile.Word,
        own: Set<String>,
        isLabelled: Bool
    ) -> Bool {
        if pathTypes.contains(word.text) { return true }
        if word.text == "contentsOf" { return ["Data", "String"].contains(word.previous) }
        guard pathFunctions.contains(word.text), word.after == UInt8(ascii: "("), !isLabelled else {
            return false
        }
        if word.before == UInt8(ascii: ".") { return ["Glibc", "Darwin"].contains(word.previous) }
        return word.previous != "func" && !own.contains(word.text)
    }

    /// C functions that take a path.
    ///
    /// `stat` is left out because it is also the name of the structure.
    private static let pathFunctions: Set = [
        "access", "chdir", "chmod", "chown", "creat", "fopen", "lchown", "link", "lstat", "mkdir",
        "mkdtemp", "mkfifo", "mkstemp", "open", "opendir", "readlink", "realpath",
        "rename", "rmdir", "symlink", "truncate", "unlink", "utimes",
    ]

    private static let pathTypes: Set = ["FileHandle", "FileManager", "contentsOfFile"]
}
