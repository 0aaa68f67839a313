import TandemSystem

extension StateDirectory {
    /// Reads a small file; nil when there is none, or it is longer than `limit`.
    package func read(_ name: String, atMost limit: Int) -> [UInt8]? {
        try? directory.withFile(Array(name.utf8)) { file, size throws(SystemError) in
            guard let count = Int(exactly: size), count <= limit else { return nil }
            return try directory.fileSystem.readExactly(file, at: 0, count: count)
        }
    }

    /// Replaces a small file durably.
    package func replace(_ name: String, _ bytes: [UInt8]) throws(StateError) {
        do throws(SystemError) {
            try directory.replaceDurably(Array(name.utf8), [bytes])
        } catch {
            throw failure(name, error)
        }
    }

    /// Opens the directory `name` within, making it 0700 when it is not there.
    package func subdirectory(_ name: String) throws(StateError) -> StateDirectory {
        do throws(SystemError) {
            if try directory.status(Array(name.utf8)) == nil {
                try withCName(Array(name.utf8)) { raw throws(SystemError) in
                    try directory.fileSystem.makeDirectory(at: directory.raw, raw, mode: 0o700)
                }
                try directory.sync()
            }
        } catch {
            throw failure(name, error)
        }
        return try StateDirectory(at: "\(path)/\(name)", on: directory.fileSystem)
    }
}
