import Glibc
import TandemTestSupport
import TandemTree

/// Files of the machine, copied into a root, so that a run begins with a tree as people have them.
struct BaseTree {
    /// How many files were copied.
    private(set) var files = 0
    private(set) var bytes = 0
    /// Directories without directories in them, where users may work.
    private(set) var folders: [Places.Folder] = []
    private let root: String
    private let ledger: Ledger

    /// Where files are taken from, the same share of each; what one lacks the next ones give.
    private static let sources = ["/usr/src", "/usr/include", "/opt", "/usr/lib", "/usr/share"]
    /// Larger files would make the run one of the disk.
    private static let largestFile = 64 << 10
    /// Deeper trees than this are left out: a link of the machine may lead in circles.
    private static let deepest = 24

    init(root: String, ledger: Ledger) {
        self.root = root
        self.ledger = ledger
    }

    /// Copies up to so many files; fewer where the machine has fewer.
    mutating func copy(files count: Int) {
        let sources = Self.sources.filter { !UserFiles.names($0).isEmpty }
        for (number, source) in sources.enumerated() {
            let share = (count - files) / (sources.count - number)
            var left = share
            let place = source.split(separator: "/").joined(separator: "-")
            copy(source, to: place, &left, depth: 0)
        }
    }

    private mutating func copy(_ source: String, to place: String, _ left: inout Int, depth: Int) {
        guard left > 0, depth < Self.deepest, mkdir("\(root)/\(place)", 0o755) == 0 else { return }
        var names: [String] = []
        var hasFolders = false
        for name in UserFiles.names(source).sorted() where left > 0 && !Self.isIgnored(name) {
            let (from, to) = ("\(source)/\(name)", "\(place)/\(name)")
            var status = stat()
            guard lstat(from, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                hasFolders = true
                copy(from, to: to, &left, depth: depth + 1)
            case S_IFLNK: copyLink(from, to)
            case S_IFREG where status.st_size <= Self.largestFile:
                guard copyFile(from, to, status) else { continue }
                names.append(name)
                left -= 1
            default: break
            }
        }
        if !hasFolders, names.count > 1 { folders.append(.init(path: place, names: names)) }
    }

    private mutating func copyFile(_ source: String, _ place: String, _ status: stat) -> Bool {
        let file = open(source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard let content = Held.read(file) else { return false }
        let mode: mode_t = status.st_mode & S_IXUSR != 0 ? 0o755 : 0o644
        let copy = open("\(root)/\(place)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard copy >= 0 else { return false }
        defer { close(copy) }
        ledger.willWrite(ContentHasher.digest(of: content), by: nil, at: place)
        guard UserFiles.write(content, to: copy) else { return false }
        files += 1
        bytes += content.count
        return true
    }

    private func copyLink(_ source: String, _ place: String) {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlink(source, &target, Int(PATH_MAX)) > 0 else { return }
        symlink(target, "\(root)/\(place)")
    }

    /// What Tandem leaves alone by default, and files that would give it rules.
    private static func isIgnored(_ name: String) -> Bool {
        let names: Set = [
            ".git", ".gitignore", ".tandem", ".tandemignore", "tandem.yml", "tandem.local.yml",
            "logs", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox",
            ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini", ".sass-cache",
            ".parcel-cache", ".eslintcache", ".ninja_deps", ".ninja_log",
        ]
        let ends = [".log", ".pyc", ".pyo", ".swp", ".swo", ".swx", "~", ".tsbuildinfo"]
        let starts = ["._", ".#", "#", ".nfs", ".fuse_hidden"]
        return names.contains(name) || ends.contains { name.hasSuffix($0) }
            || starts.contains { name.hasPrefix($0) }
    }
}
