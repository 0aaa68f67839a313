import TandemConfiguration
import TandemDaemon
package import TandemSystem
package import TandemTree

/// The two files of a root that say how it is synced.
package struct ConfigurationFiles: Sendable {
    /// As the format has it.
    private static let longest = 1 << 20

    package let root: String

    /// Names the files of a root.
    package init(root: String) {
        self.root = root
    }

    package var sharedFile: String { "\(root)/\(Configuration.fileName)" }
    package var localFile: String { "\(root)/\(Configuration.localFileName)" }

    /// The shared file's path below the root.
    package var sharedPath: RelativePath {
        RelativePath(trusted: Array(Configuration.fileName.utf8))
    }

    /// The bytes of `tandem.yml`; nil where there is none.
    package func shared() throws(SystemError) -> [UInt8]? { try Self.read(sharedFile) }

    /// The bytes of `tandem.local.yml`; nil where there is none.
    package func local() throws(SystemError) -> [UInt8]? { try Self.read(localFile) }

    private static func read(_ path: String) throws(SystemError) -> [UInt8]? {
        try AtomicFile.read(path, limit: longest)
    }
}
