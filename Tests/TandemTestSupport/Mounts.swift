import Foundation
import Glibc

/// File systems of a test's own; only root may mount them.
package enum Mounts {
    /// Why nothing can be mounted here; nil where it can.
    package static let obstacle: String? = {
        do {
            let directory = try TemporaryDirectory()
            try mountMemory(at: directory.url.path, megabytes: 1)
            try unmount(directory.url.path)
            return nil
        } catch {
            return "mounting is not permitted here: \(error)"
        }
    }()

    /// Where root runs the tests in CI, they fail instead of being left out.
    package static var isWanted: Bool {
        let isCI = ProcessInfo.processInfo.environment["CI"] != nil
        return obstacle == nil || isCI && geteuid() == 0
    }

    package static func mountMemory(at path: String, megabytes: Int) throws {
        let options = "size=\(megabytes)m,mode=700"
        try Command.run("mount", ["-t", "tmpfs", "-o", options, "tandem-test", path])
    }

    package static func resize(_ path: String, megabytes: Int) throws {
        try Command.run("mount", ["-o", "remount,size=\(megabytes)m", path])
    }

    package static func unmount(_ path: String) throws { try Command.run("umount", ["-l", path]) }
}
