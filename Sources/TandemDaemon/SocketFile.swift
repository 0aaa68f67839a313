import Glibc

/// The file of a socket that a daemon listened on.
package enum SocketFile {
    /// Takes the file away at the daemon's end; its lock makes sure that no other one listens there.
    package static func remove(_ path: String) {
        unlink(path)
    }
}
