import Glibc
package import TandemSystem

/// The directory that relative paths start from (`AT_FDCWD`).
package let currentDirectory: Int32 = AT_FDCWD

/// Calls `body` with a NUL-terminated copy of `name`; EINVAL when it holds a NUL.
@discardableResult
package func withCName<Result>(
    _ name: [UInt8],
    _ body: (UnsafePointer<CChar>) throws(SystemError) -> Result
) throws(SystemError) -> Result {
    guard !name.contains(0) else { throw SystemError("use a name with a NUL in it", errno: EINVAL) }
    var terminated = ContiguousArray<CChar>()
    terminated.reserveCapacity(name.count + 1)
    for byte in name { terminated.append(CChar(bitPattern: byte)) }
    terminated.append(0)
    return try terminated.withUnsafeBufferPointer { buffer throws(SystemError) in
        guard let base = buffer.baseAddress else { throw SystemError("use a name", errno: EINVAL) }
        return try body(base)
    }
}

extension FileSystem {
    /// Reads until `buffer` is full or the file ends; the number of bytes.
    package func readFull(
        _ descriptor: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = try repeating { () throws(SystemError) in try read(descriptor, into: rest) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Reads the start of a file that is named by an absolute path, as the kernel's are.
    ///
    /// - Parameters:
    ///   - path: where.
    ///   - count: the most bytes; a file of the kernel's has no size.
    /// - Returns: what was there.
    /// - Throws: `SystemError` of opening or reading it.
    func readUpTo(at path: String, count: Int) throws(SystemError) -> [UInt8] {
        try withCName(Array(path.utf8)) { name throws(SystemError) in
            let file = HeldDescriptor(try openFile(at: currentDirectory, name), of: self)
            return try readUpTo(file.raw, count: count)
        }
    }

    /// Reads at most `count` bytes from the start of a file; fewer when it ends before.
    ///
    /// `count` comes from a status call, bounded by the caller.
    package func readUpTo(_ descriptor: Int32, count: Int) throws(SystemError) -> [UInt8] {
        var outcome: Result<Int, SystemError> = .success(0)
        let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, initialized in
            do throws(SystemError) {
                initialized = try readFull(descriptor, at: 0, into: .init(buffer))
            } catch {
                outcome = .failure(error)
            }
        }
        _ = try outcome.get()
        return bytes
    }

    /// Reads from `offset` until `buffer` is full or the file ends; the number of bytes.
    package func readFull(
        _ descriptor: Int32,
        at offset: UInt64,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = try repeating { () throws(SystemError) in
                try read(descriptor, at: offset + UInt64(filled), into: rest)
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Writes all bytes at the current offset.
    package func writeAll(
        _ descriptor: Int32,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = try repeating { () throws(SystemError) in try write(descriptor, rest) }
            guard count > 0 else { throw SystemError("write", errno: EIO) }
            written += count
        }
    }

    /// Writes all bytes at `offset`.
    package func writeAll(
        _ descriptor: Int32,
        at offset: UInt64,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = try repeating { () throws(SystemError) in
                try write(descriptor, at: offset + UInt64(written), rest)
            }
            guard count > 0 else { throw SystemError("pwrite", errno: EIO) }
            written += count
        }
    }

    /// Writes an array at the current offset.
    package func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) throws(SystemError) {
        try bytes.withUnsafeBufferPointer { bytes throws(SystemError) in
            try writeAll(descriptor, UnsafeRawBufferPointer(bytes))
        }
    }

    /// Repeats a call that a signal interrupted.
    private func repeating(_ call: () throws(SystemError) -> Int) throws(SystemError) -> Int {
        while true {
            do throws(SystemError) { return try call() } catch {
                guard error.errno == EINTR else { throw error }
            }
        }
    }
}

extension FileSystem {
    /// Reads at most `count` bytes from `offset`; fewer where the file ends before.
    package func readFile(
        _ descriptor: Int32,
        at offset: UInt64,
        count: Int
    ) throws(SystemError) -> [UInt8] {
        var outcome: Result<Int, SystemError> = .success(0)
        let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, initialized in
            do throws(SystemError) {
                initialized = try readFull(descriptor, at: offset, into: .init(buffer))
            } catch {
                outcome = .failure(error)
            }
        }
        _ = try outcome.get()
        return bytes
    }
}
