import Glibc
import TandemSystem

/// Exit codes of the daemons, the same as the `tandem` command's.
package enum DaemonExit {
    package static let failed: Int32 = 2
    package static let unreachable: Int32 = 69
    package static let permission: Int32 = 77
    package static let configuration: Int32 = 78
}

/// Why a daemon did not start: what, and what to do next.
package struct DaemonStartError: Error, Hashable, Sendable {
    package var what: String
    package var next: String
    package var exitCode: Int32

    package init(what: String, next: String, exitCode: Int32) {
        self.what = what
        self.next = next
        self.exitCode = exitCode
    }
}

/// What a daemon does before it serves.
package enum DaemonStart {
    /// Makes a daemon's own directories, and refuses those that lie in the tree it serves.
    ///
    /// - Parameters:
    ///   - root: the tree.
    ///   - places: options of the command line with the directories they name.
    /// - Throws: `DaemonStartError`.
    package static func prepare(
        root: String,
        places: [(option: String, path: String)]
    ) throws(DaemonStartError) {
        let tree = absolute(root)
        for (option, place) in places {
            let path = absolute(place)
            guard path != tree, !path.hasPrefix(tree + "/") else {
                throw DaemonStartError(
                    what: "\(option) \(place) lies inside the root \(root)",
                    next: "give a directory outside the tree: its files would be taken for the "
                        + "tree's",
                    exitCode: DaemonExit.configuration
                )
            }
        }
        do throws(SystemError) {
            for (_, place) in places { try StateDirectories.prepare(place) }
        } catch {
            throw DaemonStartError(
                what: "\(error)",
                next: "make the directory for this user only, writable by nobody else",
                exitCode: DaemonExit.permission
            )
        }
    }

    private static func absolute(_ path: String) -> String {
        var real = [CChar](repeating: 0, count: Int(PATH_MAX))
        if realpath(path, &real) != nil {
            return String(
                decoding: real.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
                as: UTF8.self
            )
        }
        return path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Opens a daemon's log in a directory, or on standard error alone where there is none.
    package static func openLog(
        in directory: String?,
        name: String
    ) throws(DaemonStartError) -> DaemonLog {
        guard let directory else { return DaemonLog(file: nil) }
        do {
            return DaemonLog(file: try LogFile(directory: directory, name: name))
        } catch {
            throw DaemonStartError(
                what: "the log cannot be opened: \(error)",
                next: "check who may write \(directory)",
                exitCode: DaemonExit.permission
            )
        }
    }

    /// Says on standard error what went wrong and what to do next.
    package static func complain(_ program: String, _ what: String, next: String) {
        let text = Array("\(program): \(what)\n  next: \(next)\n".utf8)
        text.withUnsafeBytes { bytes in
            _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
