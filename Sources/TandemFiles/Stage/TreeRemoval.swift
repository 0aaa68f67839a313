import Glibc
package import TandemSystem
import TandemTree

extension Directory {
    /// Removes `name` and, of a directory, all that is in it; nothing there is not an error.
    ///
    /// Only for what Tandem itself made. Directories are opened anew from here for each
    /// level, so that depth costs neither descriptors nor stack.
    package func removeTree(_ name: [UInt8]) throws(SystemError) {
        guard let status = try status(name) else { return }
        guard status.type == .directory else { return try removeFile(name) }
        var pending = [RelativePath(trusted: name)]
        while let path = pending.last {
            let subdirectories = try beneath(path).removeFiles()
            if subdirectories.isEmpty {
                pending.removeLast()
                let parent = try path.parent.map { parent throws(SystemError) in
                    try beneath(parent)
                }
                try (parent ?? self).removeDirectory(path.name)
            } else {
                pending.append(contentsOf: subdirectories.map { path.appending($0) })
            }
        }
    }

    /// Removes everything that is no directory; the names of the directories.
    private func removeFiles() throws(SystemError) -> [[UInt8]] {
        var directories: [[UInt8]] = []
        for name in try names() {
            do throws(SystemError) {
                try removeFile(name)
            } catch {
                // Linux says EISDIR for a directory, POSIX EPERM.
                guard error.errno == EISDIR || error.errno == EPERM,
                    try status(name)?.type == .directory
                else { throw error }
                directories.append(name)
            }
        }
        return directories
    }
}
