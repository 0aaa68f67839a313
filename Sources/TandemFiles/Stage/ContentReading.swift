import Glibc
import TandemSystem
import TandemTree

/// Reading whole contents: to know their digest, and to copy them on this machine.
extension FileSystem {
    /// The digest of everything in an open file, and how many bytes that were.
    func digest(of descriptor: Int32) throws(SystemError) -> (digest: Digest, size: UInt64) {
        var hasher = ContentHasher()
        let size = try eachChunk(of: descriptor) { bytes throws(SystemError) in
            hasher.update(bytes)
        }
        return (hasher.finish(), size)
    }

    /// Calls `body` with one piece after the other of an open file, from its start.
    @discardableResult
    func eachChunk(
        of descriptor: Int32,
        _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Void
    ) throws(SystemError) -> UInt64 {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: contentBufferSize,
            alignment: MemoryLayout<UInt64>.alignment
        )
        defer { buffer.deallocate() }
        var offset: UInt64 = 0
        while true {
            let count = try readFull(descriptor, at: offset, into: buffer)
            guard count > 0 else { return offset }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += UInt64(count)
            if count < buffer.count { return offset }
        }
    }

    /// Copies a whole file into an empty one, inside the kernel where that works.
    func copyContent(from source: Int32, to target: Int32, size: UInt64) throws(SystemError) {
        var copied: UInt64 = 0
        do throws(SystemError) {
            while copied < size {
                let length = Int(min(size - copied, copyStep))
                let count = try copyRange(from: source, to: target, length: length)
                if count == 0 { return }
                copied += UInt64(count)
            }
        } catch {
            guard copied == 0, copyYourself.contains(error.errno) else { throw error }
            try eachChunk(of: source) { bytes throws(SystemError) in
                try writeAll(target, bytes)
            }
        }
    }
}

/// Large enough that calls cost little, small enough for the second-level cache.
private let contentBufferSize = 256 * 1024
/// What one copy call is asked for.
private let copyStep: UInt64 = 1 << 30
/// What copy_file_range(2) says where it cannot do it.
private let copyYourself: Set<Int32> = [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP]
