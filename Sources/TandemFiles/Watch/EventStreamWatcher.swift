#if canImport(Darwin)
import CoreServices
import Darwin
import Dispatch
import Synchronization
import TandemSystem
import TandemTree

/// FSEvents, which names directories in which something changed; written for macOS, never run.
///
/// It tells directories, not entries, so each is given out as a listing; a directory it says must be
/// looked through is given out whole.
final class EventStreamWatcher: TreeWatcher {
    private let inbox = WatchInbox()
    private let root: SyncRoot
    private let rules: Mutex<RuleSet>
    /// The stream as a number, so that it may be under a lock; used there only.
    private let stream: Mutex<UInt?>
    private let queue = DispatchQueue(label: "tandem.watch")

    init(_ root: SyncRoot, _ rules: RuleSet) throws(SystemError) {
        self.root = root
        self.rules = Mutex(rules)
        stream = Mutex(nil)
        try begin()
    }

    deinit { close() }

    func next(until deadline: DispatchTime) -> WatchBatch? { inbox.take(until: deadline) }

    func drain(until deadline: DispatchTime) -> Bool {
        stream.withLock { number in
            if let raw = number.flatMap({ FSEventStreamRef(bitPattern: $0) }) {
                FSEventStreamFlushSync(raw)
            }
        }
        return true
    }

    func update(_ new: RuleSet) {
        rules.withLock { $0 = new }
        inbox.post(WatchBatch(needsFullScan: true))
    }

    var report: WatchReport { WatchReport(kind: .fsevents) }

    func wake() { inbox.wake() }

    func close() {
        stream.withLock { number in
            guard let raw = number.flatMap({ FSEventStreamRef(bitPattern: $0) }) else { return }
            FSEventStreamStop(raw)
            FSEventStreamInvalidate(raw)
            FSEventStreamRelease(raw)
            number = nil
        }
        inbox.close()
    }

    private func begin() throws(SystemError) {
        var context = FSEventStreamContext()
        context.info = Unmanaged.passUnretained(self).toOpaque()
        let flags = kFSEventStreamCreateFlagNoDefer | kFSEventStreamCreateFlagWatchRoot
        let made = FSEventStreamCreate(
            nil,
            { _, info, count, paths, flags, _ in
                guard let info else { return }
                let watcher = Unmanaged<EventStreamWatcher>.fromOpaque(info).takeUnretainedValue()
                let names = paths.assumingMemoryBound(to: UnsafePointer<CChar>.self)
                for index in 0..<count { watcher.take(names[index], flags[index]) }
            },
            &context,
            [root.path] as CFArray,
            FSEventStreamEventId(kFSEventStreamEventIdSinceNow),
            Self.latency,
            FSEventStreamCreateFlags(flags)
        )
        guard let made else { throw SystemError("start FSEvents", errno: EIO) }
        FSEventStreamSetDispatchQueue(made, queue)
        FSEventStreamStart(made)
        stream.withLock { $0 = UInt(bitPattern: made) }
    }

    private func take(_ name: UnsafePointer<CChar>, _ flags: FSEventStreamEventFlags) {
        let flags = Int(flags)
        if flags & kFSEventStreamEventFlagRootChanged != 0 {
            return inbox.post(WatchBatch(needsFullScan: true, isRootGone: true))
        }
        let lost =
            kFSEventStreamEventFlagUserDropped | kFSEventStreamEventFlagKernelDropped
            | kFSEventStreamEventFlagEventIdsWrapped
        guard flags & lost == 0, let path = relative(String(cString: name)) else {
            return inbox.post(WatchBatch(needsFullScan: true))
        }
        guard !isIgnored(path) else { return }
        let isDeep = flags & kFSEventStreamEventFlagMustScanSubDirs != 0
        inbox.post(isDeep ? WatchBatch(dirty: [path]) : WatchBatch(listings: [path]))
    }

    private func relative(_ name: String) -> RelativePath? {
        var bytes = Array(name.utf8)
        let prefix = Array(root.path.utf8)
        guard bytes.starts(with: prefix) else { return nil }
        bytes.removeFirst(prefix.count)
        while bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return try? RelativePath(validating: bytes)
    }

    private func isIgnored(_ path: RelativePath) -> Bool {
        rules.withLock { $0.explain(path, isDirectory: true)?.isIgnored } ?? false
    }

    private static let latency: CFTimeInterval = 0.01
}
#endif
