import Glibc
package import TandemSystem

/// Small files of Tandem's own, written and read whole.
extension Directory {
    /// Replaces the file `name` durably: after a crash it is the old one or the new one.
    func writeDurably(_ name: [UInt8], _ bytes: [UInt8]) throws(SystemError) {
        let fresh = name + Array("-new".utf8)
        try removeIfPresent(fresh)
        let file = try createFile(fresh, mode: 0o600)
        try fileSystem.writeAll(file.raw, bytes)
        try fileSystem.sync(file.raw)
        try rename(fresh, to: self, name, .plain)
        try sync()
    }

    /// The whole file; nil when there is none.
    ///
    /// - Throws: EFBIG when it is longer than `limit`, so that no file can take all memory.
    func readWhole(_ name: [UInt8], limit: Int) throws(SystemError) -> [UInt8]? {
        guard let status = try status(name) else { return nil }
        guard status.type == .file else { throw SystemError("read", errno: EISDIR) }
        let file = try openFile(name)
        var bytes: [UInt8] = []
        try fileSystem.eachChunk(of: file.raw) { chunk throws(SystemError) in
            guard bytes.count + chunk.count <= limit else {
                throw SystemError("read", errno: EFBIG)
            }
            bytes.append(contentsOf: chunk)
        }
        return bytes
    }

    package func removeIfPresent(_ name: [UInt8]) throws(SystemError) {
        do throws(SystemError) {
            try removeFile(name)
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
    }
}
