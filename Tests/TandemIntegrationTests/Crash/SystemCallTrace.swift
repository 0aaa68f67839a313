import Foundation
import TandemTestSupport

/// What `strace -f -y` wrote: one call a line, with the paths behind descriptors.
struct SystemCallTrace {
    private let lines: [Substring]

    /// The words to put in front of a program to trace it.
    static func command(output: String) -> [String] {
        ["strace", "-f", "-y", "-qq", "-e", "trace=all", "-o", output]
    }

    init(_ path: String) throws {
        lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    }

    /// Calls that change a directory, a file or its attributes, whatever their arguments.
    private static let mutating: Set<Substring> = [
        "chmod", "chown", "copy_file_range", "creat", "fallocate", "fchmod", "fchmodat",
        "fchmodat2", "fchown", "fchownat", "fremovexattr", "fsetxattr", "ftruncate", "futimesat",
        "lchown", "link", "linkat", "lremovexattr", "lsetxattr", "mkdir", "mkdirat", "mknod",
        "mknodat", "pwrite64", "pwritev", "pwritev2", "removexattr", "rename", "renameat",
        "renameat2", "rmdir", "sendfile", "setxattr", "splice", "symlink", "symlinkat", "truncate",
        "unlink", "unlinkat", "utime", "utimensat", "utimes", "write", "writev",
    ]
    private static let opening: Set<Substring> = ["open", "openat", "openat2"]
    private static let writingFlags = [
        "O_CREAT", "O_WRONLY", "O_RDWR", "O_TRUNC", "O_APPEND", "O_TMPFILE",
    ]

    /// Calls whose data may hold any text: only the descriptor, the first argument, says where.
    private static let writing: Set<Substring> = [
        "pwrite64", "pwritev", "pwritev2", "sendfile", "splice", "write", "writev",
    ]

    /// The calls that name `root`, or a descriptor in it, and may change something there.
    func mutatingCalls(in root: String) -> [String] {
        lines.filter { line in
            guard let call = Self.name(of: line) else { return false }
            if Self.writing.contains(call) {
                return line.prefix { $0 != "," }.contains("<\(root)")
            }
            guard line.contains(root) else { return false }
            if Self.mutating.contains(call) { return true }
            return Self.opening.contains(call) && Self.writingFlags.contains { line.contains($0) }
        }.map(String.init)
    }

    /// How many calls name `root` at all.
    func calls(in root: String) -> Int { lines.count { $0.contains(root) } }

    /// `PID name(arguments…`, or the second half of a call that was interrupted by another's line.
    private static func name(of line: Substring) -> Substring? {
        let call = line.drop { $0.isNumber }.drop { $0 == " " }
        guard !call.hasPrefix("<..."), let end = call.firstIndex(of: "(") else { return nil }
        return call[..<end]
    }
}
