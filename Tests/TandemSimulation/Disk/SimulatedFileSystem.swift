import Glibc
import Synchronization
package import TandemFiles
package import TandemSystem
package import TandemTestSupport
package import TandemTree

/// A file system in memory that knows what a power cut would leave, and can be told to fail.
///
/// It is deterministic when one thread uses it: the same calls give the same numbers, times and
/// errors. `RealFileSystem` and it pass the same conformance suite.
package final class SimulatedFileSystem: FileSystem {
    /// What kind of machine it is.
    package struct Settings: Sendable {
        /// The kind that `space` reports: ext4.
        package var kind: UInt64 = 0xEF53
        package var device: UInt64 = 1
        package var capacity: UInt64 = 1 << 40
        package var canExchange = true
        package var mostDescriptors = 1_024
        package var mask: UInt16 = 0o022
        /// How long a call takes.
        package var callNanoseconds: UInt64 = 1_000
        /// How coarse file times are.
        package var stampNanoseconds: UInt64 = 1
        /// A mistake put in on purpose: flushing says yes and does nothing.
        package var ignoresFlushes = false
        var collectionThreshold = 256

        package init() {}
    }

    private struct State {
        var machine: SimulatedMachine
        var faults = SimulatedFaults()
        var mutatingCalls = 0
        var deathAt: Int?
        var isDead = false
        /// Somebody else makes the calls, whom no fault hits.
        var isSpared = false
    }

    /// The clock that stamps files; each call moves it on.
    package let time: SimulatedTime
    private let state: Mutex<State>

    /// An empty disk, or one as it was.
    package init(
        _ image: DiskImage = DiskImage(),
        time: SimulatedTime = SimulatedTime(),
        settings: Settings = Settings()
    ) {
        self.time = time
        var machine = SimulatedMachine(image, time)
        machine.settings = settings
        state = Mutex(State(machine: machine))
    }

    // MARK: What a test does to it

    /// The disk as it is; setting it starts the machine anew with that disk.
    package var image: DiskImage {
        get { state.withLock { $0.machine.image } }
        set {
            restart()
            state.withLock { $0.machine.image = newValue }
        }
    }

    package var faults: SimulatedFaults {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
    }

    /// Calls that change something or make it durable, since the last restart.
    package var mutatingCalls: Int { state.withLock { $0.mutatingCalls } }

    /// Descriptors that are open.
    package var openDescriptors: Int { state.withLock { $0.machine.descriptors.count } }

    /// Lets the process die just before a mutating call, counted from 0 since the last restart.
    ///
    /// That call and each after it, of any kind, fail and do nothing.
    package func die(atMutatingCall number: Int) { state.withLock { $0.deathAt = number } }

    /// Lets another process make its calls: they are not counted, and no death or fault hits them.
    package func sparing(_ body: () throws -> Void) rethrows {
        state.withLock { $0.isSpared = true }
        defer { state.withLock { $0.isSpared = false } }
        try body()
    }

    package var isDead: Bool { state.withLock { $0.isDead } }

    /// Ends the process: its descriptors are gone, the disk is as it was.
    package func restart() {
        state.withLock { state in
            state.machine.files = [:]
            state.machine.descriptors = [:]
            (state.mutatingCalls, state.deathAt, state.isDead) = (0, nil, false)
        }
    }

    /// Ends the process and takes away what was not durable.
    package func cutPower(using generator: inout SeededGenerator) {
        restart()
        // The generator may not be changed inside the lock's closure and outside, too.
        var own = SeededGenerator(seed: generator.next())
        state.withLock { $0.machine.image.cutPower(using: &own) }
    }

    // MARK: Calls

    /// Makes one call: counts it, and lets it fail if its turn has come.
    private func make<Value: Sendable>(
        _ call: FileSystemCall,
        _ body: (inout SimulatedMachine) throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        try state.withLock { state throws(SystemError) in
            if state.isSpared { return try body(&state.machine) }
            if call.isMutating {
                if state.mutatingCalls == state.deathAt { state.isDead = true }
                state.mutatingCalls += 1
            }
            if state.isDead { throw SystemError("simulated death", errno: EIO) }
            if let code = state.faults.error(for: call) {
                throw SystemError("simulated failure", errno: code)
            }
            return try body(&state.machine)
        }
    }

    /// The same for calls that may take only some of the bytes.
    private func transfer(
        _ call: FileSystemCall,
        _ count: Int,
        _ body: (inout SimulatedMachine, Int) throws(SystemError) -> Int
    ) throws(SystemError) -> Int {
        let limit = try state.withLock { state throws(SystemError) -> Int in
            if state.isSpared { return count }
            if state.faults.hits(state.faults.interrupted) {
                throw SystemError("simulated signal", errno: EINTR)
            }
            let isShort = count > 1 && state.faults.hits(state.faults.short)
            return isShort ? 1 + state.faults.generator.below(count - 1) : count
        }
        return try make(call) { machine throws(SystemError) in try body(&machine, limit) }
    }

    private func bytes(_ name: UnsafePointer<CChar>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
    }

    package func openDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32 {
        let name = bytes(name)
        return try make(.openDirectory) { machine throws(SystemError) in
            let found = try machine.existing(try machine.resolve(directory, name))
            guard try machine.node(found).isDirectory else { throw machine.failure(ENOTDIR, name) }
            return try machine.open(found)
        }
    }

    package func openFile(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32 {
        let name = bytes(name)
        return try make(.openFile) { machine throws(SystemError) in
            let found = try machine.existing(try machine.resolve(directory, name))
            if try machine.node(found).isLink { throw machine.failure(ELOOP, name) }
            return try machine.open(found)
        }
    }

    package func openForWriting(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32 {
        let name = bytes(name)
        return try make(.openForWriting) { machine throws(SystemError) in
            let found = try machine.existing(try machine.resolve(directory, name))
            let node = try machine.node(found)
            if node.isLink { throw machine.failure(ELOOP, name) }
            if node.isDirectory { throw machine.failure(EISDIR, name) }
            return try machine.open(found, writable: true)
        }
    }

    package func createFile(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        mode: UInt32
    ) throws(SystemError) -> Int32 {
        let name = bytes(name)
        return try make(.createFile) { machine throws(SystemError) in
            let place = try machine.resolve(directory, name)
            let bits = UInt16(truncatingIfNeeded: mode) & 0o7777 & ~machine.settings.mask
            let number = try machine.make(place, mode: DiskImage.Node.fileType | bits)
            return try machine.open(number, writable: true)
        }
    }

    package func openBeneath(root: Int32, _ path: RelativePath) throws(SystemError) -> Int32 {
        try make(.openBeneath) { machine throws(SystemError) in
            var current = try machine.file(root).open.node
            let components = path.components
            for (index, name) in components.enumerated() {
                let node = try machine.node(current)
                guard node.isDirectory else { throw machine.failure(ENOTDIR, name) }
                guard let next = node.entries[name] else { throw machine.failure(ENOENT, name) }
                // A link at the end is no directory; one on the way is refused as a link.
                let isLast = index == components.count - 1
                if try machine.node(next).isLink && !isLast { throw machine.failure(ELOOP, name) }
                current = next
            }
            guard try machine.node(current).isDirectory else { throw machine.failure(ENOTDIR) }
            return try machine.open(current)
        }
    }

    package func status(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> FileStatus? {
        let name = bytes(name)
        return try make(.status) { machine throws(SystemError) in
            do throws(SystemError) {
                let found = try machine.find(try machine.resolve(directory, name))
                guard let found else { return nil }
                return try machine.status(found)
            } catch {
                guard [ENOENT, ENOTDIR].contains(error.errno) else { throw error }
                return nil
            }
        }
    }

    package func status(of descriptor: Int32) throws(SystemError) -> FileStatus {
        try make(.statusOfDescriptor) { machine throws(SystemError) in
            try machine.status(try machine.file(descriptor).open.node)
        }
    }

    package func readDirectory(
        _ directory: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try make(.readDirectory) { machine throws(SystemError) in
            try machine.list(directory, into: buffer)
        }
    }

    package func readLink(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> [UInt8] {
        let name = bytes(name)
        return try make(.readLink) { machine throws(SystemError) in
            let node = try machine.node(try machine.existing(try machine.resolve(directory, name)))
            guard node.isLink else { throw machine.failure(EINVAL, name) }
            return node.content
        }
    }

    package func makeLink(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        target: [UInt8]
    ) throws(SystemError) {
        let name = bytes(name)
        try make(.makeLink) { machine throws(SystemError) in
            guard !target.isEmpty else { throw machine.failure(ENOENT, name) }
            let place = try machine.resolve(directory, name)
            _ = try machine.make(place, mode: DiskImage.Node.linkType | 0o777, content: target)
        }
    }

    package func makeDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        mode: UInt32
    ) throws(SystemError) {
        let name = bytes(name)
        try make(.makeDirectory) { machine throws(SystemError) in
            let place = try machine.resolve(directory, name)
            let bits = UInt16(truncatingIfNeeded: mode) & 0o777 & ~machine.settings.mask
            _ = try machine.make(place, mode: DiskImage.Node.directoryType | bits)
        }
    }

    package func rename(
        from fromDirectory: Int32,
        _ fromName: UnsafePointer<CChar>,
        to toDirectory: Int32,
        _ toName: UnsafePointer<CChar>,
        how: RenameHow
    ) throws(SystemError) {
        let (from, to) = (bytes(fromName), bytes(toName))
        try make(.rename) { machine throws(SystemError) in
            let source = try machine.resolve(fromDirectory, from)
            try machine.rename(source, try machine.resolve(toDirectory, to), how)
        }
    }

    package func removeFile(at directory: Int32, _ name: UnsafePointer<CChar>) throws(SystemError) {
        let name = bytes(name)
        try make(.removeFile) { machine throws(SystemError) in
            try machine.remove(try machine.resolve(directory, name), directory: false)
        }
    }

    package func removeDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) {
        let name = bytes(name)
        try make(.removeDirectory) { machine throws(SystemError) in
            try machine.remove(try machine.resolve(directory, name), directory: true)
        }
    }
}

// MARK: - Calls on descriptors

extension SimulatedFileSystem {
    package func read(
        _ descriptor: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try transfer(.read, buffer.count) { machine, count throws(SystemError) in
            let (number, open) = try machine.file(descriptor)
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            let read = try machine.read(open, at: open.offset, into: piece)
            machine.files[number]?.offset += read
            return read
        }
    }

    package func write(
        _ descriptor: Int32,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) -> Int {
        try transfer(.write, bytes.count) { machine, count throws(SystemError) in
            let (number, open) = try machine.file(descriptor)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            let written = try machine.write(open, at: open.offset, piece)
            machine.files[number]?.offset += written
            return written
        }
    }

    package func read(
        _ descriptor: Int32,
        at offset: UInt64,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try transfer(.readAt, buffer.count) { machine, count throws(SystemError) in
            guard let offset = Int(exactly: offset) else { throw machine.failure(EOVERFLOW) }
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            return try machine.read(try machine.file(descriptor).open, at: offset, into: piece)
        }
    }

    package func write(
        _ descriptor: Int32,
        at offset: UInt64,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) -> Int {
        try transfer(.writeAt, bytes.count) { machine, count throws(SystemError) in
            guard let offset = Int(exactly: offset) else { throw machine.failure(EOVERFLOW) }
            let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            return try machine.write(try machine.file(descriptor).open, at: offset, piece)
        }
    }

    package func sync(_ descriptor: Int32) throws(SystemError) {
        try make(.sync) { machine throws(SystemError) in
            let node = try machine.file(descriptor).open.node
            if !machine.settings.ignoresFlushes { machine.image.flush(node) }
        }
    }

    package func syncFileSystem(_ descriptor: Int32) throws(SystemError) {
        try make(.syncFileSystem) { machine throws(SystemError) in
            _ = try machine.file(descriptor)
            if !machine.settings.ignoresFlushes { machine.image.flushAll() }
        }
    }

    package func startWriteback(_ descriptor: Int32, offset: UInt64, length: UInt64) {}

    package func copyRange(
        from source: Int32,
        to target: Int32,
        length: Int
    ) throws(SystemError) -> Int {
        try transfer(.copyRange, length) { machine, count throws(SystemError) in
            let (sourceNumber, from) = try machine.file(source)
            let (targetNumber, to) = try machine.file(target)
            let content = try machine.node(from.node).content
            let piece = Array(content.dropFirst(from.offset).prefix(count))
            let copied = try piece.withUnsafeBufferPointer { piece throws(SystemError) in
                try machine.write(to, at: to.offset, UnsafeRawBufferPointer(piece))
            }
            machine.files[sourceNumber]?.offset += copied
            machine.files[targetNumber]?.offset += copied
            return copied
        }
    }

    package func setMode(_ descriptor: Int32, _ mode: UInt32) throws(SystemError) {
        try make(.setMode) { machine throws(SystemError) in
            let number = try machine.file(descriptor).open.node
            let type = try machine.node(number).mode & DiskImage.Node.typeMask
            machine.image.nodes[number]?.mode = type | UInt16(truncatingIfNeeded: mode) & 0o7777
            let now = machine.now()
            machine.image.nodes[number]?.changed = now
        }
    }

    package func truncate(_ descriptor: Int32, to length: UInt64) throws(SystemError) {
        try make(.truncate) { machine throws(SystemError) in
            guard let length = Int(exactly: length) else { throw machine.failure(EOVERFLOW) }
            try machine.truncate(try machine.file(descriptor).open, to: length)
        }
    }

    package func takeReadLease(_ descriptor: Int32) -> ReadLease {
        state.withLock { state in
            guard let open = try? state.machine.file(descriptor).open, !open.isWritable else {
                return .unavailable
            }
            let isWritten = state.machine.files.values.contains {
                $0.node == open.node && $0.isWritable
            }
            return isWritten ? .busy : .held
        }
    }

    package func releaseReadLease(_ descriptor: Int32) {}

    package func space(of descriptor: Int32) throws(SystemError) -> FileSystemSpace {
        try make(.space) { machine throws(SystemError) in
            _ = try machine.file(descriptor)
            let total = machine.settings.capacity
            return FileSystemSpace(
                kind: machine.settings.kind,
                free: total - min(machine.image.usedBytes, total),
                total: total
            )
        }
    }

    package func duplicate(_ descriptor: Int32) throws(SystemError) -> Int32 {
        try make(.duplicate) { machine throws(SystemError) in
            try machine.describe(try machine.file(descriptor).number)
        }
    }

    package func close(_ descriptor: Int32) {
        state.withLock { $0.machine.close(descriptor) }
    }
}
