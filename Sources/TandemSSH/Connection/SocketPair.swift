import Glibc
import TandemSystem

/// Two connected stream sockets, closed on exec: one for this process, one for a child.
struct SocketPair: ~Copyable {
    let own: OwnedDescriptor
    let other: OwnedDescriptor

    init() throws {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        own = OwnedDescriptor(ends[0])
        other = OwnedDescriptor(ends[1])
    }

    /// Closes the child's end.
    consuming func keepOwn() -> OwnedDescriptor { own }
}
