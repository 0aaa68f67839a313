import CTandem
import Glibc
package import TandemSystem

/// Calls on open descriptors.
extension RealFileSystem {
    package func read(
        _ descriptor: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try once("read", Glibc.read(descriptor, buffer.baseAddress, buffer.count))
    }

    package func write(
        _ descriptor: Int32,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) -> Int {
        try once("write", Glibc.write(descriptor, bytes.baseAddress, bytes.count))
    }

    package func read(
        _ descriptor: Int32,
        at offset: UInt64,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        let offset = try checked("pread", offset)
        return try once("pread", pread(descriptor, buffer.baseAddress, buffer.count, offset))
    }

    package func write(
        _ descriptor: Int32,
        at offset: UInt64,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) -> Int {
        let offset = try checked("pwrite", offset)
        return try once("pwrite", pwrite(descriptor, bytes.baseAddress, bytes.count, offset))
    }

    package func sync(_ descriptor: Int32) throws(SystemError) {
        try call("fsync") { fsync(descriptor) }
    }

    package func syncFileSystem(_ descriptor: Int32) throws(SystemError) {
        try call("syncfs") { tandem_sync_file_system(descriptor) }
    }

    package func startWriteback(_ descriptor: Int32, offset: UInt64, length: UInt64) {
        guard let offset = Int64(exactly: offset), let length = Int64(exactly: length) else {
            return
        }
        _ = tandem_start_writeback(descriptor, offset, length)
    }

    package func copyRange(
        from source: Int32,
        to target: Int32,
        length: Int
    ) throws(SystemError) -> Int {
        try call("copy range") { tandem_copy_range(source, target, length) }
    }

    package func setMode(_ descriptor: Int32, _ mode: UInt32) throws(SystemError) {
        try call("chmod") { fchmod(descriptor, mode) }
    }

    package func truncate(_ descriptor: Int32, to length: UInt64) throws(SystemError) {
        let length = try checked("truncate", length)
        try call("truncate") { ftruncate(descriptor, length) }
    }

    package func takeReadLease(_ descriptor: Int32) -> ReadLease {
        if tandem_read_lease(descriptor, 1) == 0 { return .held }
        return errno == EAGAIN ? .busy : .unavailable
    }

    package func releaseReadLease(_ descriptor: Int32) {
        _ = tandem_read_lease(descriptor, 0)
    }

    package func space(of descriptor: Int32) throws(SystemError) -> FileSystemSpace {
        var space = FileSystemSpace(kind: 0, free: 0, total: 0)
        try call("statfs") {
            tandem_file_system(descriptor, &space.kind, &space.free, &space.total)
        }
        return space
    }

    package func duplicate(_ descriptor: Int32) throws(SystemError) -> Int32 {
        try call("duplicate") { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
    }

    package func close(_ descriptor: Int32) {
        // Linux frees the number whatever close(2) returns; durability is sync's business.
        Glibc.close(descriptor)
    }

    private func checked(_ operation: String, _ offset: UInt64) throws(SystemError) -> Int {
        guard let offset = Int(exactly: offset) else {
            throw SystemError(operation, errno: EOVERFLOW)
        }
        return offset
    }
}
