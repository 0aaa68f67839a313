import CTandem
import Glibc

/// UNIX stream sockets: made 0600 in a directory nobody else may enter, with the peer's uid known.
package enum UnixSocket {
    /// The longest path taken, under the 104 to 108 bytes the kernels allow.
    package static let maximumPathLength = 100

    /// Connects to a listening socket.
    package static func connect(to path: String) throws -> Int32 {
        let descriptor = try make()
        let status = try withAddress(path) { Glibc.connect(descriptor, $0, $1) }
        guard status == 0 else {
            let error = SystemError("connect", path)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Listens on `path`, replacing a socket file nobody answers on.
    ///
    /// - Throws: `SystemError`; EADDRINUSE when another process answers there, EPERM when the
    ///   directory may be entered by others.
    package static func listen(at path: String, backlog: Int32 = 64) throws -> Int32 {
        try checkDirectory(of: path)
        if let live = try? connect(to: path) {
            close(live)
            throw SystemError("listen on", path, errno: EADDRINUSE)
        }
        unlink(path)
        let descriptor = try make()
        let mask = umask(0o177)
        defer { umask(mask) }
        let status = try withAddress(path) { Glibc.bind(descriptor, $0, $1) }
        guard status == 0, Glibc.listen(descriptor, backlog) == 0 else {
            let error = SystemError("listen on", path)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Accepts one connection, waiting at most `milliseconds`; nil when none came.
    package static func accept(on listener: Int32, milliseconds: Int32) throws -> Int32? {
        var request = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, milliseconds) > 0 else { return nil }
        let descriptor = tandem_accept(listener)
        if descriptor >= 0 { return descriptor }
        switch errno {
        case EINTR, EAGAIN, ECONNABORTED, EMFILE, ENFILE: return nil
        default: throw SystemError("accept")
        }
    }

    /// The uid of the process at the other end, or nil when the kernel does not say.
    package static func peerUID(of descriptor: Int32) -> UInt32? {
        UInt32(exactly: tandem_peer_uid(descriptor))
    }

    private static func make() throws -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        return descriptor
    }

    private static func checkDirectory(of path: String) throws {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        var status = stat()
        guard stat(directory.isEmpty ? "/" : directory, &status) == 0 else {
            throw SystemError("stat", directory)
        }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw SystemError("listen in a directory others may enter", directory, errno: EPERM)
        }
    }

    private static func withAddress<Result>(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws -> Result {
        let bytes = Array(path.utf8)
        guard bytes.count <= maximumPathLength else {
            throw SystemError("use a socket path over 100 bytes", path, errno: ENAMETOOLONG)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
