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

    /// The racy window of a root's file system, probed once and then remembered here.
    ///
    /// - Parameters:
    ///   - root: whose window.
    ///   - area: a directory in the root where Tandem may write; without one this directory serves,
    ///     if it lies on the same file system.
    /// - Returns: what was probed; unknown where nothing may be written.
    package func window(of root: SyncRoot, probingIn area: Int32? = nil) -> RacyWindow {
        let fileSystem = directory.fileSystem
        let known = Array("\(root.device) ".utf8)
        if let bytes = read(Self.windowFile, atMost: 64), bytes.starts(with: known),
            let value = Int64(String(decoding: bytes.dropFirst(known.count), as: UTF8.self))
        {
            return RacyWindow(nanoseconds: value)
        }
        let place = area ?? directory.raw
        guard let status = try? fileSystem.status(of: place), status.device == root.device else {
            return .unknown
        }
        let window = RacyWindow.probed(on: fileSystem, in: place)
        // Not remembering it costs one more probe.
        try? replace(Self.windowFile, known + Array("\(window.nanoseconds)".utf8))
        return window
    }

    private static let windowFile = "window"

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
