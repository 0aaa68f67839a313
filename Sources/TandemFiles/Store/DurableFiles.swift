import Glibc
package import TandemSystem

/// Larger files of Tandem's own: written in parts, read in parts, durable when a call returns.
extension Directory {
    /// Replaces a file durably with the parts one after the other.
    ///
    /// After a crash it is the old one or the new one; after an error the old one, unless only the
    /// last flush failed, when it may be either.
    package func replaceDurably(_ name: [UInt8], _ parts: [[UInt8]]) throws(SystemError) {
        let fresh = name + Self.freshSuffix
        try removeIfPresent(fresh)
        do throws(SystemError) {
            let file = try createFile(fresh, mode: 0o600)
            for part in parts { try fileSystem.writeAll(file.raw, part) }
            try fileSystem.sync(file.raw)
            try rename(fresh, to: self, name, .plain)
        } catch {
            // What could not be made durable is never tried again: it is thrown away.
            try? removeIfPresent(fresh)
            throw error
        }
        try sync()
    }

    /// Opens a regular file for reading and calls with it and its size; nil when there is none.
    ///
    /// - Throws: EISDIR for anything but a file.
    package func withFile<Value>(
        _ name: [UInt8],
        _ body: (Int32, UInt64) throws(SystemError) -> Value?
    ) throws(SystemError) -> Value? {
        guard let status = try status(name) else { return nil }
        guard status.type == .file else { throw SystemError("read", errno: EISDIR) }
        let file = try openFile(name)
        return try body(file.raw, try fileSystem.status(of: file.raw).size)
    }

    private static let freshSuffix = Array("-new".utf8)
}

extension FileSystem {
    /// Reads exactly `count` bytes at `offset`; nil when the file ends before.
    ///
    /// `count` comes from a status call or from bytes with a checksum, never from raw bytes.
    package func readExactly(
        _ descriptor: Int32,
        at offset: UInt64,
        count: Int
    ) throws(SystemError) -> [UInt8]? {
        guard count >= 0, count <= longestRead else { return nil }
        var outcome: Result<Int, SystemError> = .success(0)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SystemError) {
                initialized = try readFull(descriptor, at: offset, into: .init(buffer))
            } catch {
                outcome = .failure(error)
            }
        }
        _ = try outcome.get()
        return bytes.count == count ? bytes : nil
    }
}

/// More than 39 million entries at 110 bytes each; a longer state file is damage.
private let longestRead = 1 << 32
