import Synchronization
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// The thread that reads changed files and packs their content into frames.
///
/// Packs are handed over one by one and wait for credit and for the link, so at most a few of them
/// are in memory whatever the size of a file.
final class ContentSender: Sendable {
    /// Bytes read at a time: a large file is read in few calls, a small one in one.
    static let readSize = 256 << 10

    private let root: SyncRoot
    private let fileSystem: any FileSystem
    private let isCompressed: Bool
    private let jobs = BoundedQueue<[Job]>(capacity: .max)
    private let isCancelled = Atomic(false)
    private let emit: @Sendable (PackedFrame) -> Bool
    private let finished: @Sendable (_ rawBytes: UInt64) -> Void
    private let progress: @Sendable (_ files: Int, _ bytes: UInt64) -> Void

    struct Job: Sendable {
        var id: UInt32
        var path: RelativePath
        var size: UInt64
    }

    /// Makes a sender; `emit` gives false when the link has ended.
    init(
        root: SyncRoot,
        fileSystem: any FileSystem,
        isCompressed: Bool,
        emit: @escaping @Sendable (PackedFrame) -> Bool,
        progress: @escaping @Sendable (_ files: Int, _ bytes: UInt64) -> Void,
        finished: @escaping @Sendable (_ rawBytes: UInt64) -> Void
    ) {
        self.root = root
        self.fileSystem = fileSystem
        self.isCompressed = isCompressed
        self.emit = emit
        self.progress = progress
        self.finished = finished
    }

    /// Starts the thread.
    func start() {
        WorkerThread.start("tandem-content") { self.run() }
    }

    /// Queues files; `finished` is called once for each call of this.
    func send(_ jobs: [Job]) {
        self.jobs.put(jobs)
    }

    /// Ends the thread soon.
    func stop() {
        isCancelled.store(true, ordering: .relaxed)
        jobs.close()
    }

    private func run() {
        var packer = DataPacker(compress: isCompressed)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.readSize,
            alignment: 4096
        )
        defer { unsafe buffer.deallocate() }
        while let batch = jobs.take() {
            var sent: UInt64 = 0
            for job in batch {
                sent += unsafe read(job, into: &packer, buffer)
                progress(1, 0)
                if isCancelled.load(ordering: .relaxed) { return }
            }
            packer.flush { _ = emit($0) }
            finished(sent)
        }
    }

    /// Reads one file and packs it; a file that is gone or unreadable sends nothing.
    ///
    /// The receiver refuses content that is not what the scan announced, so nothing is checked
    /// here: what changed meanwhile is sent again by the next pass.
    private func read(
        _ job: Job,
        into packer: inout DataPacker,
        _ buffer: UnsafeMutableRawBufferPointer
    ) -> UInt64 {
        guard let file = try? open(job.path) else { return 0 }
        defer { fileSystem.close(file) }
        var offset: UInt64 = 0
        while offset < job.size {
            let wanted = Int(min(UInt64(buffer.count), job.size - offset))
            let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
            guard let count = try? unsafe fileSystem.readFull(file, into: part), count > 0 else {
                return offset
            }
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: part[..<count])
            var isLinkOpen = true
            let emit = emit
            unsafe packer.add(
                job.id,
                offset: offset,
                bytes,
                emit: { frame in
                    isLinkOpen = emit(frame) && isLinkOpen
                }
            )
            offset += UInt64(count)
            progress(0, UInt64(count))
            if !isLinkOpen || isCancelled.load(ordering: .relaxed) { return offset }
        }
        return offset
    }

    private func open(_ path: RelativePath) throws -> Int32 {
        let parent = try fileSystem.openBeneath(root: root.descriptor, path.parent ?? .root)
        defer { fileSystem.close(parent) }
        return try unsafe withCName(path.name) { name throws(SystemError) in
            try unsafe fileSystem.openFile(at: parent, name)
        }
    }
}
