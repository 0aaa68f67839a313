import CTandem
import Glibc
package import TandemSystem

/// The machine's file systems, through its own calls.
package struct RealFileSystem: FileSystem {
    package init() {}

    package func openDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32 {
        try call("open directory", name) {
            tandem_open_at(directory, name, Self.directoryFlags, 0)
        }
    }

    package func openFile(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32 {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
        return try call("open", name) { tandem_open_at(directory, name, flags, 0) }
    }

    package func openForWriting(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32 {
        let flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC
        return try call("open for writing", name) { tandem_open_at(directory, name, flags, 0) }
    }

    package func createFile(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        mode: UInt32
    ) throws(SystemError) -> Int32 {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return try call("create", name) { tandem_open_at(directory, name, flags, mode) }
    }

    package func status(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> FileStatus? {
        var raw = tandem_status()
        while tandem_status_at(directory, name, &raw) != 0 {
            switch errno {
            case EINTR: continue
            case ENOENT, ENOTDIR: return nil
            default: throw failure("stat", name)
            }
        }
        return FileStatus(raw)
    }

    package func status(of descriptor: Int32) throws(SystemError) -> FileStatus {
        var raw = tandem_status()
        try call("stat a descriptor") { tandem_status_at(descriptor, "", &raw) }
        return FileStatus(raw)
    }

    package func readDirectory(
        _ directory: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try call("read directory") {
            tandem_read_directory(directory, buffer.baseAddress, buffer.count)
        }
    }

    package func readLink(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> [UInt8] {
        // PATH_MAX bounds a target on Linux; one more byte tells "exactly that long" from "cut".
        var outcome = 0
        let target = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX) + 1) { buffer, count in
            outcome = buffer.withMemoryRebound(to: CChar.self) {
                $0.baseAddress.map { readlinkat(directory, name, $0, Int(PATH_MAX) + 1) } ?? -1
            }
            count = max(outcome, 0)
        }
        guard outcome >= 0 else { throw failure("read link", name) }
        guard target.count <= PATH_MAX else { throw failure("read link", name, ENAMETOOLONG) }
        return target
    }

    package func makeLink(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        target: [UInt8]
    ) throws(SystemError) {
        try withCName(target) { target throws(SystemError) in
            try call("make link", name) { symlinkat(target, directory, name) }
        }
    }

    package func makeDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        mode: UInt32
    ) throws(SystemError) {
        try call("make directory", name) { mkdirat(directory, name, mode) }
    }

    package func rename(
        from fromDirectory: Int32,
        _ fromName: UnsafePointer<CChar>,
        to toDirectory: Int32,
        _ toName: UnsafePointer<CChar>,
        how: RenameHow
    ) throws(SystemError) {
        let flags: UInt32 =
            switch how {
            case .plain: 0
            case .noReplace: UInt32(TANDEM_RENAME_NOREPLACE)
            case .exchange: UInt32(TANDEM_RENAME_EXCHANGE)
            }
        try call("rename", fromName) {
            tandem_rename(fromDirectory, fromName, toDirectory, toName, flags)
        }
    }

    package func removeFile(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) {
        try call("remove", name) { unlinkat(directory, name, 0) }
    }

    package func removeDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) {
        try call("remove directory", name) { unlinkat(directory, name, AT_REMOVEDIR) }
    }

    static let directoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
}
