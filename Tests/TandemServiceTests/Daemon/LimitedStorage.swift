import Glibc
import Synchronization
import TandemDaemon
import TandemSystem

/// The real disk with a size: a write past it is short or fails, as on a full file system.
final class LimitedStorage: LogStorage {
    struct State {
        var left: Int
        var failsTruncate = false
        var failsRename = false
        var failsOpen = false
    }

    let state: Mutex<State>
    private let disk = DiskLogStorage()

    init(left: Int) { state = Mutex(State(left: left)) }

    func open(_ path: String) throws(SystemError) -> OpenLog {
        if state.withLock({ $0.failsOpen }) { throw SystemError("open", path, errno: ENOSPC) }
        return try disk.open(path)
    }

    func append(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws(SystemError) -> Int {
        let room = state.withLock { state in
            let room = min(bytes.count, state.left)
            state.left -= room
            return room
        }
        guard room > 0 else { throw SystemError("write", errno: ENOSPC) }
        return try disk.append(bytes.prefix(room), to: descriptor)
    }

    func truncate(_ descriptor: Int32, to size: Int) throws(SystemError) {
        if state.withLock({ $0.failsTruncate }) { throw SystemError("truncate", errno: EIO) }
        try disk.truncate(descriptor, to: size)
    }

    func rename(_ path: String, to newPath: String) throws(SystemError) {
        if state.withLock({ $0.failsRename }) { throw SystemError("rename", path, errno: ENOSPC) }
        try disk.rename(path, to: newPath)
    }

    func close(_ descriptor: Int32) { disk.close(descriptor) }
    func remove(_ path: String) throws(SystemError) { try disk.remove(path) }
    func names(in directory: String) -> [String] { disk.names(in: directory) }
    func identity(of path: String) -> LogIdentity? { disk.identity(of: path) }
    func modified(_ path: String) -> Int64? { disk.modified(path) }
}
