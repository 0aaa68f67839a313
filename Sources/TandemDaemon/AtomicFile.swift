import CTandem
import Glibc
package import TandemSystem

/// Small files that are, after any crash, wholly old or wholly new.
package enum AtomicFile {
    private static let suffix = ".new"

    /// Replaces or makes a file, durably: when this returns, a power cut leaves the new content.
    ///
    /// - Parameters:
    ///   - bytes: all of the file's content.
    ///   - path: where it stands; its directory is there.
    ///   - mode: its permissions.
    /// - Throws: `SystemError`; the old file then still stands.
    package static func write(
        _ bytes: [UInt8],
        to path: String,
        mode: UInt32 = 0o600
    ) throws(SystemError) {
        let (directory, name) = split(path)
        let random = String(UInt64.random(in: 0 ... .max), radix: 16)
        let temporary = "\(directory)/.\(name).\(random)\(suffix)"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let raw = tandem_open_at(AT_FDCWD, temporary, flags, mode_t(mode))
        guard raw >= 0 else { throw SystemError("create", temporary) }
        let descriptor = OwnedDescriptor(raw)
        do throws(SystemError) {
            try fill(descriptor, with: bytes, temporary)
            guard rename(temporary, path) == 0 else { throw SystemError("rename", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try syncDirectory(directory)
    }

    /// Reads a file of at most `limit` bytes; nil where there is none.
    package static func read(
        _ path: String,
        limit: Int
    ) throws(SystemError) -> [UInt8]? {
        let raw = tandem_open_at(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard raw >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemError("open", path)
        }
        let descriptor = OwnedDescriptor(raw)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor.raw, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", path) }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else {
                throw SystemError("read", path, errno: EFBIG)
            }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Removes a file; one that is not there is no error.
    package static func remove(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove", path) }
    }

    /// Removes what writes cut off by a crash left in a directory.
    package static func removeLeftovers(in directory: String) {
        for name in Directory.names(in: directory)
        where name.hasPrefix(".") && name.hasSuffix(suffix) {
            unlink("\(directory)/\(name)")
        }
    }

    private static func fill(
        _ descriptor: borrowing OwnedDescriptor,
        with bytes: [UInt8],
        _ path: String
    ) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.write(descriptor.raw, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("write", path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor.raw) == 0 else { throw SystemError("fsync", path) }
    }

    private static func syncDirectory(_ path: String) throws(SystemError) {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        let raw = tandem_open_at(AT_FDCWD, path, flags, 0)
        guard raw >= 0 else { throw SystemError("open", path) }
        let descriptor = OwnedDescriptor(raw)
        guard fsync(descriptor.raw) == 0 else { throw SystemError("fsync", path) }
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let directory = String(path[..<slash])
        let name = String(path[path.utf8.index(after: slash)...])
        return (directory.isEmpty ? "/" : directory, name)
    }
}
