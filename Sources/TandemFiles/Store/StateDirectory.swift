import Glibc
package import TandemSystem
import TandemTree

/// The open directory that holds one pair's state, which nobody else may write.
package struct StateDirectory: Sendable {
    package let directory: Directory
    /// Where it was opened, for messages.
    package let path: String

    /// Opens a state directory that exists.
    ///
    /// - Parameters:
    ///   - path: where; a final link is not followed.
    ///   - fileSystem: what makes every call on the state.
    /// - Throws: `StateError` when it is missing, foreign, or open to others.
    package init(at path: String, on fileSystem: any FileSystem) throws(StateError) {
        self.path = path
        let status: FileStatus
        do throws(SystemError) {
            let root = try SyncRoot.open(path, on: fileSystem)
            directory = Directory(root.descriptor, of: fileSystem)
            status = try fileSystem.status(of: directory.raw)
        } catch {
            throw StateError(.failed, path, cause: error)
        }
        guard status.uid == geteuid() else { throw StateError(.foreignOwner, path) }
        guard status.mode & Self.writableByOthers == 0 else {
            throw StateError(.writableByOthers, path)
        }
    }

    private static let writableByOthers: UInt16 = 0o022

    /// A failed call on one of the state's files.
    func failure(_ name: String, _ cause: SystemError) -> StateError {
        StateError(.failed, "\(path)/\(name)", cause: cause)
    }
}

/// Why state cannot be read or written.
package struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// A call failed; nothing was acknowledged.
        case failed
        /// Another user owns the state directory.
        case foreignOwner
        /// Others may write the state directory.
        case writableByOthers
        /// The bytes are not what Tandem wrote: the generation they belonged to is lost.
        case unreadable
        /// A later version of Tandem wrote the file; it is kept.
        case newerVersion
        /// The caller went back, or on before the start.
        case outOfOrder
    }

    package var code: Code
    package var subject: String
    package var cause: SystemError?

    package init(_ code: Code, _ subject: String, cause: SystemError? = nil) {
        self.code = code
        self.subject = subject
        self.cause = cause
    }

    package var description: String {
        let subject = escaped(Array(subject.utf8))
        return switch code {
        case .failed: "the state at \(subject) cannot be used: \(cause?.description ?? "unknown")"
        case .foreignOwner: "the state directory \(subject) belongs to another user"
        case .writableByOthers:
            "the state directory \(subject) may be written by others; run `chmod go-w` on it"
        case .unreadable:
            "\(subject) is damaged; run `tandem adopt` to unite both sides without deleting anything"
        case .newerVersion: "\(subject) was written by a later version of Tandem; update this one"
        case .outOfOrder: "\(subject) was asked to take a generation that does not follow"
        }
    }
}
