import Glibc
import TandemDaemon
import TandemSystem

/// The `.gitignore` of a directory, where that lies in a git repository.
struct GitignoreFile {
    let directory: String

    var path: String { "\(directory)/.gitignore" }

    /// The most that is read: a longer one is not written by a person.
    private static let longest = 1 << 20

    /// Adds a name, if no line has it yet.
    ///
    /// A link is left alone: what it leads to may belong to another project.
    ///
    /// - Parameter name: of a file in the directory.
    /// - Returns: whether the file was written.
    /// - Throws: `SystemError`.
    func add(_ name: String) throws(SystemError) -> Bool {
        guard isInRepository, !isLink else { return false }
        let old = try AtomicFile.read(path, limit: Self.longest) ?? []
        let lines = old.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        let names = [name, "/\(name)"].map { Array($0.utf8) }
        let isThere = lines.contains { line in
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            return names.contains { line.elementsEqual($0) }
        }
        guard !isThere else { return false }
        let gap: [UInt8] = old.isEmpty || old.last == UInt8(ascii: "\n") ? [] : [10]
        try AtomicFile.write(old + gap + Array("/\(name)\n".utf8), to: path, mode: mode)
        return true
    }

    /// Whether the directory or one above it has a `.git`, which a worktree has as a file.
    private var isInRepository: Bool {
        var place = directory
        while true {
            if LocalPath.exists("\(place)/.git") { return true }
            guard let slash = place.lastIndex(of: "/"), !place.isEmpty else { return false }
            place = String(place[..<slash])
        }
    }

    private var isLink: Bool { LocalPath.isLink(path) }

    /// The file's own, so that it stays readable for whom it is.
    private var mode: mode_t {
        LocalPath.exists(path) ? mode_t(LocalPath.mode(of: path) & 0o777) : 0o644
    }
}
