import CTandem
import Glibc
import TandemSystem
import TandemTree

/// How a call's result becomes a value or an error.
extension RealFileSystem {
    /// Makes a call, again while a signal interrupts it.
    @discardableResult
    func call<Count: SignedInteger>(
        _ operation: String,
        _ name: UnsafePointer<CChar>? = nil,
        _ body: () -> Count
    ) throws(SystemError) -> Count {
        while true {
            let result = body()
            if result >= 0 { return result }
            guard errno == EINTR else { throw failure(operation, name) }
        }
    }

    /// The result of a call that callers repeat themselves.
    func once(_ operation: String, _ result: Int) throws(SystemError) -> Int {
        guard result >= 0 else { throw SystemError(operation) }
        return result
    }

    /// The error of the call that just failed, with the name made safe to print.
    func failure(
        _ operation: String,
        _ name: UnsafePointer<CChar>? = nil,
        _ code: Int32 = errno
    ) -> SystemError {
        guard let name else { return SystemError(operation, errno: code) }
        let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
        return SystemError(operation, escaped(Array(bytes)), errno: code)
    }
}

extension FileStatus {
    init(_ raw: tandem_status) {
        self.init(
            mode: raw.mode,
            uid: raw.uid,
            links: raw.links,
            inode: raw.inode,
            device: raw.device,
            size: raw.size,
            modified: raw.mtime_ns,
            changed: raw.ctime_ns,
            birth: raw.birth_ns,
            isMountRoot: raw.mount_root != 0
        )
    }
}
