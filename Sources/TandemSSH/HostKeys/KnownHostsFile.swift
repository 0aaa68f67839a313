import CCrypto
import CTandem
import Glibc
import TandemSystem

/// Appends to a known_hosts file, after a human said yes.
package enum KnownHostsFile {
    private static let saltSize = 20  // OpenSSH's: the size of a SHA-1 hash

    /// Adds one key under `name`, making the file 0600 and its directory 0700 where missing.
    ///
    /// - Parameters:
    ///   - key: the key that was accepted.
    ///   - name: the host as `KnownHosts.name` says.
    ///   - path: the file.
    ///   - hashed: whether the name is hashed (HashKnownHosts).
    /// - Throws: `SystemError`.
    package static func append(
        _ key: HostKey,
        as name: String,
        to path: String,
        hashed: Bool = false
    ) throws {
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            mkdirat(AT_FDCWD, String(path[..<slash]), 0o700)
        }
        let flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC
        let raw = tandem_open_at(AT_FDCWD, path, flags, 0o600)
        guard raw >= 0 else { throw SystemError("open", path) }
        let file = OwnedDescriptor(raw)
        // A file edited by hand may end without a newline.
        var last: UInt8 = UInt8(ascii: "\n")
        let size = lseek(file.raw, 0, SEEK_END)
        if size > 0 { pread(file.raw, &last, 1, size - 1) }
        let lead = last == UInt8(ascii: "\n") ? "" : "\n"
        let line = Array("\(lead)\(hashed ? hash(name) : name.lowercased()) \(key.line)\n".utf8)
        guard write(file.raw, line, line.count) == line.count else {
            throw SystemError("write", path)
        }
        guard fsync(file.raw) == 0 else { throw SystemError("fsync", path) }
    }

    private static func hash(_ name: String) -> String {
        var salt = [UInt8](repeating: 0, count: saltSize)
        RAND_bytes(&salt, Int32(salt.count))
        let hash = HostPattern.hash(Array(name.lowercased().utf8), salt: salt)
        return "|1|\(Base64.encode(salt))|\(Base64.encode(hash))"
    }
}
