#if os(Linux)
import CTandem
import Glibc
import TandemSystem
import TandemTree

/// One fanotify group that is told of every change on the file system of a root.
///
/// It needs CAP_SYS_ADMIN, and one mark whatever the number of directories.
struct Fanotify: ~Copyable {
    private let queue: EventQueue

    /// Watches the file system that an open directory is on.
    ///
    /// - Parameters:
    ///   - root: the directory; only that it is moved or removed itself is told.
    ///   - fileSystem: what opens it once more.
    /// - Returns: the group, already told of everything.
    /// - Throws: EPERM without the capability, EXDEV or EOPNOTSUPP where the file system's
    ///   directories cannot be told by their handles.
    static func start(
        _ root: Int32,
        _ fileSystem: any FileSystem
    ) throws(SystemError) -> Fanotify {
        let group = try Fanotify()
        try group.confirm(root, fileSystem)
        let own = FanotifyMask.deleteSelf | FanotifyMask.moveSelf | FanotifyMask.onDirectory
        try group.mark(root, own)
        try group.mark(root, FanotifyMask.changes, isWhole: true)
        return group
    }

    private init() throws(SystemError) {
        let raw = tandem_fanotify()
        guard raw >= 0 else { throw SystemError("start fanotify") }
        queue = EventQueue(OwnedDescriptor(raw))
    }

    /// To wait on.
    var raw: Int32 { queue.raw }

    /// How many events wait; one that is told meanwhile may be joined to one of them.
    var waiting: Int { queue.bytesWaiting / FanotifyRecords.headerSize }

    /// The handle by which events name a directory.
    ///
    /// - Parameters:
    ///   - directory: the directory, open.
    ///   - path: one below it; empty for itself.
    /// - Returns: its handle.
    /// - Throws: EOPNOTSUPP, EOVERFLOW where there is none; what looking the path up met.
    static func handle(
        _ directory: Int32,
        _ path: [UInt8] = []
    ) throws(SystemError) -> DirectoryHandle {
        try withCName(path) { name throws(SystemError) in
            var kind: Int32 = 0
            var length = UInt32(TANDEM_LONGEST_HANDLE)
            var bytes = [UInt8](repeating: 0, count: Int(TANDEM_LONGEST_HANDLE))
            guard tandem_file_handle(directory, name, &kind, &bytes, &length) == 0 else {
                throw SystemError("take a directory's handle")
            }
            return bytes.withUnsafeBytes {
                DirectoryHandle(
                    kind: kind,
                    UnsafeRawBufferPointer(rebasing: $0.prefix(Int(length)))
                )
            }
        }
    }

    /// The events that wait, as many as one read gives; none when none does.
    func read() throws(SystemError) -> FanotifyRecords { FanotifyRecords(try queue.read()) }

    /// Makes sure that events come, and name a directory as `handle` does: not so on each file system.
    private func confirm(
        _ root: Int32,
        _ fileSystem: any FileSystem
    ) throws(SystemError) {
        let asked = FanotifyMask.open | FanotifyMask.onDirectory
        let own = try Self.handle(root)
        try mark(root, asked)
        _ = try Directory.beneath(root, .root, of: fileSystem)
        try mark(root, asked, takesAway: true)
        var isTold = false
        while let event = try next() { isTold = isTold || event.directory == own }
        guard isTold else {
            throw SystemError("tell directories by their handles", errno: EOPNOTSUPP)
        }
    }

    private func next() throws(SystemError) -> FanotifyEvent? {
        var records = try read()
        return records.next()
    }

    private func mark(
        _ directory: Int32,
        _ mask: UInt64,
        isWhole: Bool = false,
        takesAway: Bool = false
    ) throws(SystemError) {
        let result = tandem_fanotify_mark(
            queue.raw,
            isWhole ? 1 : 0,
            takesAway ? 1 : 0,
            mask,
            directory
        )
        guard result == 0 else { throw SystemError("mark a file system") }
    }
}
#endif
