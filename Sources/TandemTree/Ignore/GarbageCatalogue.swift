/// One kind of file that programs leave behind and nobody wants on the other side.
public struct GarbageKind: Hashable, Sendable {
    /// The name people know it by.
    public let name: String
    /// Its patterns, as lines of an ignore file.
    public let patterns: [String]
    /// What makes it.
    public let origin: String

    init(_ name: String, _ patterns: [String], _ origin: String) {
        self.name = name
        self.patterns = patterns
        self.origin = origin
    }
}

/// What is ignored by default: it drives the ignore rules, the inventory and the cleaning.
public enum GarbageCatalogue: Sendable {
    /// The kinds of garbage; each can be made again, so it may go when it blocks a directory.
    public static let kinds: [GarbageKind] = [
        GarbageKind("__pycache__", ["__pycache__/"], "Python, beside every imported module"),
        GarbageKind("*.pyc", ["*.pyc", "*.pyo"], "Python 2, and python -m compileall -b"),
        GarbageKind(".DS_Store", [".DS_Store", "._*"], "the Finder of macOS, in opened folders"),
        GarbageKind(
            "macOS folders",
            [".Spotlight-V100/", ".Trashes/", ".fseventsd/", ".TemporaryItems/"],
            "macOS, at the top of a volume"
        ),
        GarbageKind("Thumbs.db", ["Thumbs.db", "desktop.ini"], "the Explorer of Windows"),
        GarbageKind("swap files", ["*.swp", "*.swo", "*.swx"], "Vim, while a file is open"),
        GarbageKind("backup files", ["*~", "\\#*#", ".#*"], "Emacs and other editors"),
        GarbageKind(
            "test caches",
            [".pytest_cache/", ".mypy_cache/", ".ruff_cache/"],
            "Python tools"
        ),
        GarbageKind("NFS leftovers", [".nfs????????????????"], "NFS, for an open file removed"),
        GarbageKind("FUSE leftovers", [".fuse_hidden*"], "FUSE, for an open file removed"),
    ]

    /// Logs stay where they are written.
    public static let logs = GarbageKind("logs", ["logs/", "*.log"], "every program that logs")

    /// The lines of the rules that stand below all others.
    public static var rules: [UInt8] { lines(of: kinds + [logs]) }

    /// The lines for logs alone.
    public static var logRules: [UInt8] { lines(of: [logs]) }

    private static func lines(of kinds: [GarbageKind]) -> [UInt8] {
        var lines: [UInt8] = []
        for pattern in kinds.flatMap(\.patterns) {
            lines.append(contentsOf: pattern.utf8)
            lines.append(UInt8(ascii: "\n"))
        }
        return lines
    }
}
