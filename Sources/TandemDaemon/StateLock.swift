import CTandem
import Glibc
package import TandemSystem

/// The right to be the only process that changes a state directory, held until this value ends.
///
/// It is flock(2) on a file that stays: the kernel frees it with the process, however that ends, so
/// no lock is ever stale and no start needs a human. The pid in the file is only for messages.
package struct StateLock: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor
    /// The lock file.
    package let path: String

    /// The name of the lock file in its directory.
    package static let fileName = "lock"
    /// How often a lock file that was replaced while it was being locked is opened again.
    private static let attempts = 8

    /// Takes the lock of a directory, or says who holds it.
    ///
    /// - Parameter directory: the state directory; it is there.
    /// - Throws: `StateLockError`, at once: the lock is never waited for.
    package init(directory: String) throws(StateLockError) {
        path = "\(directory)/\(Self.fileName)"
        for _ in 0..<Self.attempts {
            let descriptor = try Self.open(path)
            guard tandem_lock_file(descriptor.raw) == 0 else {
                if errno == EWOULDBLOCK { throw .held(path: path, pid: Self.pid(in: descriptor)) }
                throw .failed(SystemError("lock", path))
            }
            if Self.isStill(descriptor, at: path) {
                Self.note(descriptor)
                self.descriptor = descriptor
                return
            }
        }
        throw .failed(SystemError("lock", path, errno: EAGAIN))
    }

    private static func open(_ path: String) throws(StateLockError) -> OwnedDescriptor {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let raw = tandem_open_at(AT_FDCWD, path, flags, 0o600)
        guard raw >= 0 else { throw .failed(SystemError("open", path)) }
        return OwnedDescriptor(raw)
    }

    /// Whether the path still leads to the file that was locked.
    private static func isStill(_ descriptor: borrowing OwnedDescriptor, at path: String) -> Bool {
        var held = tandem_status()
        var named = tandem_status()
        return tandem_status_at(descriptor.raw, "", &held) == 0
            && tandem_status_at(AT_FDCWD, path, &named) == 0
            && held.inode == named.inode && held.device == named.device
    }

    private static func note(_ descriptor: borrowing OwnedDescriptor) {
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor.raw, 0)
        _ = pwrite(descriptor.raw, text, text.count, 0)
    }

    private static func pid(in descriptor: borrowing OwnedDescriptor) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor.raw, &text, text.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: text[..<count].prefix { $0 != 0x0A }, as: UTF8.self))
    }
}

/// Why a state directory could not be locked.
package enum StateLockError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another process holds it; its pid where that is known.
    case held(path: String, pid: Int32?)
    case failed(SystemError)

    package var description: String {
        switch self {
        case .held(let path, let pid?):
            "\(path) is held by process \(pid); end it, or ask it instead"
        case .held(let path, nil):
            "\(path) is held by another process; end it, or ask it instead"
        case .failed(let error): error.description
        }
    }
}
