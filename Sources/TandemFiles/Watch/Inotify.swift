#if os(Linux)
import Glibc
import TandemSystem

/// One inotify instance; watches are put on open directories, so no path is walked.
struct Inotify: ~Copyable {
    private let queue: EventQueue

    /// - Throws: EMFILE when this user has no further instance.
    init() throws(SystemError) {
        let raw = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard raw >= 0 else { throw SystemError("start inotify") }
        queue = EventQueue(OwnedDescriptor(raw))
    }

    /// To wait on.
    var raw: Int32 { queue.raw }

    /// Watches an open directory; the same directory gives the same number again.
    ///
    /// - Throws: ENOSPC when this user has no further watch, ENOENT without /proc.
    func watch(_ directory: Int32) throws(SystemError) -> WatchTable.Watch {
        try withCName(Array("/proc/self/fd/\(directory)".utf8)) { name throws(SystemError) in
            let watch = inotify_add_watch(queue.raw, name, Self.mask)
            guard watch >= 0 else { throw SystemError("watch a directory") }
            return .inotify(watch)
        }
    }

    /// Ends a watch; one that has ended already is no error.
    func unwatch(_ watch: WatchTable.Watch) {
        guard case .inotify(let number) = watch else { return }
        _ = inotify_rm_watch(queue.raw, number)
    }

    /// The events that wait, as many as one read gives; none when none does.
    func read() throws(SystemError) -> InotifyRecords { InotifyRecords(try queue.read()) }

    /// All that changes names, content, the execute bit or the directory itself.
    ///
    /// A writer that only maps the file raises nothing until it closes it.
    private static let mask =
        UInt32(
            IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_ATTRIB
                | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF
        ) | UInt32(IN_ONLYDIR) | UInt32(IN_EXCL_UNLINK)
}

extension InotifyEvent {
    func has(_ flags: Int32...) -> Bool {
        flags.contains { mask & UInt32($0) != 0 }
    }

    var isDirectory: Bool { mask & UInt32(IN_ISDIR) != 0 }
}
#endif
