import CTandem
import Glibc
import TandemSystem

/// Reading key files, with the checks ssh makes before it trusts one.
enum KeyFile {
    /// No key or known_hosts file is larger.
    private static let sizeLimit = 4 << 20

    /// The bytes of a file.
    static func contents(of path: String) throws -> [UInt8] {
        let raw = tandem_open_at(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard raw >= 0 else { throw SystemError("open", path) }
        let file = OwnedDescriptor(raw)
        return try read(file.raw, path)
    }

    /// The bytes of a private key that nobody else can read.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - dedicated: a key made for Tandem, which must be a regular file and no link.
    /// - Returns: the bytes, or nil when there is no such file.
    /// - Throws: `SSHError.unsafeKeyFile`.
    static func privateKey(at path: String, dedicated: Bool) throws(SSHError) -> [UInt8]? {
        let noLink = dedicated ? O_NOFOLLOW : 0
        let raw = tandem_open_at(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | noLink, 0)
        guard raw >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: return nil
            case ELOOP:
                throw unsafe(path, "the key file is a symbolic link", "Name the file itself")
            default:
                let reason = String(cString: strerror(errno))
                throw unsafe(path, "the key file cannot be read: \(reason)", "")
            }
        }
        let file = OwnedDescriptor(raw)
        try check(file.raw, path)
        do {
            return try read(file.raw, path)
        } catch {
            throw unsafe(path, "the key file cannot be read: \(error)", "")
        }
    }

    private static func check(_ descriptor: Int32, _ path: String) throws(SSHError) {
        var status = tandem_status()
        guard tandem_status_at(descriptor, "", &status) == 0 else {
            throw unsafe(path, "the key file cannot be looked at", "")
        }
        guard UInt32(status.mode) & S_IFMT == S_IFREG else {
            throw unsafe(path, "the key file is not a regular file", "")
        }
        guard status.uid == geteuid() else {
            throw unsafe(path, "the key file belongs to another user", "Use a key of your own")
        }
        guard status.mode & 0o077 == 0 else {
            throw unsafe(path, "others may read the key file", "Run: chmod 600 '\(path)'")
        }
    }

    private static func read(_ descriptor: Int32, _ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count < sizeLimit {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", path) }
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return bytes
    }

    private static func unsafe(_ path: String, _ what: String, _ hint: String) -> SSHError {
        SSHError(.unsafeKeyFile, what, subject: path, hint: hint)
    }
}
