import Synchronization
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// The thread that reads files and link targets and packs their content into frames.
///
/// The laptop sends what it changed with one, the vm what the laptop ordered with another.
/// Packs are handed over one by one and wait for credit and for the link, so at most a few of them
/// are in memory whatever the size of a file.
final class ContentSender: Sendable {
    /// Bytes read at a time: a large file is read in few calls, a small one in one.
    static let readSize = 256 << 10

    private let root: SyncRoot
    private let fileSystem: any FileSystem
    private let isCompressed: Bool
    private let isToLaptop: Bool
    private let jobs = BoundedQueue<[Job]>(capacity: .max)
    private let isCancelled = Atomic(false)
    private let emit: @Sendable (PackedFrame) -> Bool
    private let finished: @Sendable (_ rawBytes: UInt64) -> Void
    private let progress: @Sendable (_ files: Int, _ bytes: UInt64) -> Void

    struct Job: Sendable {
        var id: UInt32
        var path: RelativePath
        var size: UInt64
        /// Whether the content is a link's target.
        var isLink = false
    }

    /// Makes a sender; `emit` gives false when the link has ended.
    init(
        root: SyncRoot,
        fileSystem: any FileSystem,
        isCompressed: Bool,
        isToLaptop: Bool = false,
        emit: @escaping @Sendable (PackedFrame) -> Bool,
        progress: @escaping @Sendable (_ files: Int, _ bytes: UInt64) -> Void,
        finished: @escaping @Sendable (_ rawBytes: UInt64) -> Void
    ) {
        self.root = root
        self.fileSystem = fileSystem
        self.isCompressed = isCompressed
        self.isToLaptop = isToLaptop
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
        var packer = DataPacker(compress: isCompressed, toLaptop: isToLaptop)
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
        if job.isLink { return sendTarget(of: job, into: &packer) }
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

    private func sendTarget(of job: Job, into packer: inout DataPacker) -> UInt64 {
        guard let target = try? fileSystem.linkTarget(job.path, below: root),
            target.count == Int(clamping: job.size)
        else { return 0 }
        packer.add(job.id, offset: 0, target) { _ = emit($0) }
        return UInt64(target.count)
    }

    private func open(_ path: RelativePath) throws -> Int32 {
        let parent = try fileSystem.openBeneath(root: root.descriptor, path.parent ?? .root)
        defer { fileSystem.close(parent) }
        return try unsafe withCName(path.name) { name throws(SystemError) in
            try unsafe fileSystem.openFile(at: parent, name)
        }
    }
}

extension FileSystem {
    /// The target bytes of a link, reached beneath a root without following any.
    func linkTarget(_ path: RelativePath, below root: SyncRoot) throws -> [UInt8] {
        let parent = try openBeneath(root: root.descriptor, path.parent ?? .root)
        defer { close(parent) }
        return try unsafe withCName(path.name) { name throws(SystemError) in
            try unsafe readLink(at: parent, name)
        }
    }
}
