/// One kind of file that programs leave behind and nobody wants on the other side.
public struct GarbageKind: Hashable, Sendable {
    /// The name people know it by.
    public let name: String
    /// Its patterns, as lines of an ignore file.
    public let patterns: [String]
    /// What makes it.
    public let origin: String
    /// What it belongs to.
    public let group: GarbageGroup

    /// A kind of garbage.
    public init(
        _ name: String,
        _ patterns: [String],
        _ origin: String,
        in group: GarbageGroup = .other
    ) {
        self.name = name
        self.patterns = patterns
        self.origin = origin
        self.group = group
    }
}

/// What makes garbage of a kind, for people who ask for one part of it.
public enum GarbageGroup: String, Hashable, Sendable, CaseIterable {
    case python
    case macos
    case windows
    case editors
    case build
    case other
}

/// What is ignored by default: it drives the ignore rules, the inventory and the cleaning.
public enum GarbageCatalogue: Sendable {
    /// The kinds of garbage; each can be made again, so it may go when it blocks a directory.
    public static let kinds: [GarbageKind] = [
        GarbageKind("__pycache__", ["__pycache__/"], "Python, beside modules", in: .python),
        GarbageKind("*.pyc", ["*.pyc", "*.pyo"], "Python 2, and compileall -b", in: .python),
        GarbageKind(
            "test caches",
            [".pytest_cache/", ".mypy_cache/", ".ruff_cache/"],
            "Python tools",
            in: .python
        ),
        GarbageKind(".tox", [".tox/", ".nox/"], "Python test runners", in: .python),
        GarbageKind(
            "checkpoints",
            [".ipynb_checkpoints/"],
            "Jupyter, beside open notebooks",
            in: .python
        ),
        GarbageKind(
            ".DS_Store",
            [".DS_Store", "._*"],
            "the Finder, in opened folders",
            in: .macos
        ),
        GarbageKind(
            "macOS folders",
            [".Spotlight-V100/", ".Trashes/", ".fseventsd/", ".TemporaryItems/"],
            "macOS, at the top of a volume",
            in: .macos
        ),
        GarbageKind(
            "Thumbs.db",
            ["Thumbs.db", "desktop.ini"],
            "the Explorer of Windows",
            in: .windows
        ),
        GarbageKind("swap files", ["*.swp", "*.swo", "*.swx"], "Vim, on open files", in: .editors),
        GarbageKind("backup files", ["*~", "\\#*#", ".#*"], "Emacs and others", in: .editors),
        GarbageKind(
            "build caches",
            [".sass-cache/", ".parcel-cache/", ".eslintcache", "*.tsbuildinfo"],
            "tools that build for the web",
            in: .build
        ),
        GarbageKind("ninja logs", [".ninja_deps", ".ninja_log"], "Ninja", in: .build),
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
