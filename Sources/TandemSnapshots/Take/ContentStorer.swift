import Glibc
import Synchronization
import TandemFiles
import TandemSystem
import TandemTree

/// Puts content into the store that it does not have yet, each file as it stood at one moment.
struct ContentStorer: ~Copyable {
    /// What became of one file.
    enum Outcome: Sendable {
        /// The store has it, with this state.
        case stored(EntryState)
        /// Nothing stands there any more.
        case gone
        case problem(Problem)
    }

    private let store: SnapshotStore
    private let pipeline: PackPipeline
    private let chunker = Chunker()
    private var hasher = ContentHasher()
    /// Whether the hasher holds part of a file.
    private var isHashing = false
    /// What was given to the pipeline and is not in the index yet.
    private var pending: Set<ObjectKey> = []
    private let index: StoreIndex
    private(set) var newBytes: UInt64 = 0

    /// How often a file that changes while it is read is read.
    private static let attempts = 3
    /// Read at once: several chunks, so that reading keeps ahead of hashing.
    private static let readSize = 1 << 20

    init(_ store: SnapshotStore, _ pipeline: PackPipeline) {
        self.store = store
        self.pipeline = pipeline
        index = store.index.withLock { $0 }
    }

    /// Whether the store has an object or is about to.
    func has(_ key: ObjectKey) -> Bool { index.contains(key) || pending.contains(key) }

    /// Whether the store has content, whole or cut.
    func hasContent(_ digest: Digest) -> Bool {
        has(ObjectKey(.chunk, digest)) || has(ObjectKey(.list, digest))
    }

    /// Stores an object of the store's own making.
    mutating func put(_ key: ObjectKey, _ content: ArraySlice<UInt8>) throws(SnapshotError) {
        guard !has(key) else { return }
        pending.insert(key)
        newBytes += key.kind == .chunk ? UInt64(content.count) : 0
        try pipeline.put(key, content)
    }

    /// Stores a link's target.
    mutating func storeLink(
        _ name: [UInt8],
        in directory: Directory
    ) throws(SnapshotError) -> Outcome {
        let target: [UInt8]
        do throws(SystemError) { target = try directory.readLink(name) } catch {
            return Self.outcome(of: error)
        }
        let state = EntryState.link(to: target)
        try put(ObjectKey(.chunk, state.digest), target[...])
        return .stored(state)
    }

    /// Reads a file until it stood still while it was read, and stores what it held.
    mutating func storeFile(
        _ name: [UInt8],
        in directory: Directory
    ) throws(SnapshotError) -> Outcome {
        for _ in 0..<Self.attempts {
            let opened: Int32
            let before: FileStatus
            do throws(SystemError) { opened = try directory.openFile(name).take() } catch {
                return Self.outcome(of: error)
            }
            let file = HeldDescriptor(opened, of: directory.fileSystem)
            do throws(SystemError) {
                before = try directory.fileSystem.status(of: file.raw)
            } catch {
                return Self.outcome(of: error)
            }
            guard before.type == .file else { return .problem(.keepsChanging) }
            switch try read(file.raw, before, directory.fileSystem) {
            case .success(let digest?):
                let executable = before.isExecutable
                return .stored(.file(digest, size: before.size, executable: executable))
            case .success(nil): continue
            case .failure(let error): return Self.outcome(of: error)
            }
        }
        return .problem(.keepsChanging)
    }

    /// Reads and stores an open file; nil when it changed meanwhile.
    ///
    /// Chunks of content that was torn may be stored: no list names them, and a prune takes them.
    private mutating func read(
        _ descriptor: Int32,
        _ before: FileStatus,
        _ fileSystem: any FileSystem
    ) throws(SnapshotError) -> Result<Digest?, SystemError> {
        var chunks: [ChunkReference] = []
        var window: [UInt8] = []
        var start = 0
        var offset: UInt64 = 0
        if isHashing { _ = hasher.finish() }
        isHashing = false
        while true {
            if window.count - start < Chunker.maximum, offset < before.size {
                let room = min(UInt64(Self.readSize), before.size - offset)
                do throws(SystemError) {
                    let more = try fileSystem.readFile(descriptor, at: offset, count: Int(room))
                    guard more.count == Int(room) else { return .success(nil) }
                    window = start == window.count ? more : Array(window[start...]) + more
                    start = 0
                    offset += room
                } catch { return .failure(error) }
            }
            let length = chunker.cut(window, from: start, to: window.count)
            guard length > 0 || chunks.isEmpty else { break }
            let piece = window[start..<(start + length)]
            chunks.append(try store(piece, isWhole: UInt64(length) == before.size))
            start += length
            if UInt64(length) == before.size { break }
        }
        let digest = isHashing ? hasher.finish() : chunks[0].id
        isHashing = false
        do throws(SystemError) {
            guard try fileSystem.status(of: descriptor).vouches(for: before) else {
                return .success(nil)
            }
        } catch { return .failure(error) }
        if chunks.count > 1 {
            try put(ObjectKey(.list, digest), ChunkList(chunks).encode()[...])
        }
        return .success(digest)
    }

    private mutating func store(
        _ piece: ArraySlice<UInt8>,
        isWhole: Bool
    ) throws(SnapshotError) -> ChunkReference {
        var single = ContentHasher()
        unsafe piece.withUnsafeBytes { bytes in
            unsafe single.update(bytes)
            if !isWhole { unsafe hasher.update(bytes) }
        }
        if !isWhole { isHashing = true }
        let id = single.finish()
        try put(ObjectKey(.chunk, id), piece)
        return ChunkReference(id: id, length: UInt32(piece.count))
    }

    private static func outcome(of error: SystemError) -> Outcome {
        switch error.errno {
        case ENOENT, ENOTDIR: .gone
        case EACCES, EPERM: .problem(.unreadable)
        case ELOOP, EINVAL, ENXIO, ENODEV: .problem(.keepsChanging)
        default: .problem(.readFailed)
        }
    }
}
