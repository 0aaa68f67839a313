import CTandem
import Glibc
package import TandemSystem
package import TandemTree

/// Opening a directory deep below a root without following a link on the way.
extension RealFileSystem {
    package func openBeneath(root: Int32, _ path: RelativePath) throws(SystemError) -> Int32 {
        var current = try openDirectory(at: root, ".")
        var rest = path.bytes[...]
        while !rest.isEmpty {
            let chunk = Self.firstChunk(of: rest)
            rest = rest.dropFirst(chunk.count).drop { $0 == Self.separator }
            let outcome = Result { () throws(SystemError) in
                try openChunk(at: current, Array(chunk))
            }
            close(current)
            current = try outcome.get()
        }
        return current
    }

    /// The longest run of whole components that one call takes.
    private static func firstChunk(of path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard path.count > chunkLimit else { return path }
        let head = path.prefix(chunkLimit)
        guard let end = head.lastIndex(of: separator) else { return head }
        return head[..<end]
    }

    private func openChunk(at directory: Int32, _ path: [UInt8]) throws(SystemError) -> Int32 {
        try withCName(path) { name throws(SystemError) in
            for _ in 0..<Self.raceRetries {
                let opened = tandem_open_beneath(directory, name, Self.directoryFlags, 0)
                if opened >= 0 { return opened }
                switch errno {
                case EINTR, EAGAIN: continue
                // Kernels before 5.6 and some container filters have no openat2.
                case ENOSYS, EPERM: return try openByComponents(at: directory, path)
                default: throw failure("open directory", name)
                }
            }
            return try openByComponents(at: directory, path)
        }
    }

    /// The same with one open for each component, each refusing a link.
    func openByComponents(at directory: Int32, _ path: [UInt8]) throws(SystemError) -> Int32 {
        var current = try openDirectory(at: directory, ".")
        for component in path.split(separator: Self.separator) {
            let outcome = Result { () throws(SystemError) in
                try withCName(Array(component)) { name throws(SystemError) in
                    try openDirectory(at: current, name)
                }
            }
            close(current)
            current = try outcome.get()
        }
        return current
    }

    private static let separator = UInt8(ascii: "/")
    /// Below PATH_MAX (4,096 with its NUL), so that a chunk always fits one call.
    private static let chunkLimit = 4_000
    /// openat2 answers EAGAIN when a rename elsewhere made it unsure; then it is asked again.
    private static let raceRetries = 16
}
