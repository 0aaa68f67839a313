import Glibc

/// A file descriptor with one owner: it is closed exactly once, when the owner ends.
package struct OwnedDescriptor: ~Copyable, Sendable {
    package let raw: Int32

    /// Takes ownership of an open descriptor.
    package init(_ raw: Int32) {
        precondition(raw >= 0, "an owned descriptor is open")
        self.raw = raw
    }

    deinit { close(raw) }

    /// Gives the descriptor away; the caller closes it.
    package consuming func take() -> Int32 {
        let raw = raw
        discard self
        return raw
    }
}
