import Synchronization
package import TandemSystem
package import TandemTree

/// A file system that counts its calls and makes chosen ones fail, be short or lose a race.
///
/// It stands before another one, usually the real one, so that a test can run an operation once
/// for every n with its n-th call failing.
package final class FaultyFileSystem: FileSystem {
    private struct State {
        var faults: [(fault: Fault, seen: Int)] = []
        var counts: [FileSystemCall: Int] = [:]
        var open = 0
        var mostOpen = 0
    }

    private let base: any FileSystem
    private let state: Mutex<State>

    /// Stands before `base`; the faults act independently, the first that hits a call wins.
    package init(_ base: any FileSystem = RealFileSystem(), faults: [Fault] = []) {
        self.base = base
        state = Mutex(State(faults: faults.map { ($0, 0) }))
    }

    /// Replaces the faults and forgets the counts.
    package func reset(faults: [Fault] = []) {
        state.withLock {
            $0.faults = faults.map { ($0, 0) }
            $0.counts = [:]
        }
    }

    /// How often a call was made since the last reset.
    package func count(of call: FileSystemCall) -> Int {
        state.withLock { $0.counts[call] ?? 0 }
    }

    /// How many calls that can fail were made since the last reset.
    package var failableCalls: Int {
        state.withLock { $0.counts.reduce(0) { $1.key.canFail ? $0 + $1.value : $0 } }
    }

    /// How many mutating calls were made since the last reset.
    package var mutatingCalls: Int {
        state.withLock { $0.counts.reduce(0) { $1.key.isMutating ? $0 + $1.value : $0 } }
    }

    /// Descriptors opened and not closed yet: a leak when an operation has ended.
    package var openDescriptors: Int { state.withLock { $0.open } }

    /// The most descriptors that were open at once.
    package var mostOpenDescriptors: Int { state.withLock { $0.mostOpen } }

    /// Notes one call and finds what shall happen to it.
    func effect(on call: FileSystemCall) -> Fault.Effect? {
        let effect = state.withLock { state -> Fault.Effect? in
            state.counts[call, default: 0] += 1
            var found: Fault.Effect?
            for index in state.faults.indices where state.faults[index].fault.scope.covers(call) {
                let number = state.faults[index].seen
                state.faults[index].seen += 1
                if found == nil, state.faults[index].fault.turns.hits(number) {
                    found = state.faults[index].fault.effect
                }
            }
            return found
        }
        // Outside the lock: what the other process does may come back through this file system.
        if case .before(let action) = effect { action() }
        return effect
    }

    private func make<Value>(
        _ call: FileSystemCall,
        opens: Bool = false,
        _ body: (any FileSystem) throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        switch effect(on: call) {
        case .fail(let code): throw SystemError(call.rawValue, "(injected)", errno: code)
        case .failAfter(let code):
            let value = try body(base)
            if opens, let descriptor = value as? Int32 { base.close(descriptor) }
            throw SystemError(call.rawValue, "(injected)", errno: code)
        case .short, .before, nil:
            let value = try body(base)
            if opens { noteOpened() }
            return value
        }
    }

    private func noteOpened() {
        state.withLock {
            $0.open += 1
            $0.mostOpen = max($0.mostOpen, $0.open)
        }
    }

    /// Like `make`, for calls that may take only some of the bytes.
    private func transfer(
        _ call: FileSystemCall,
        _ count: Int,
        _ body: (any FileSystem, Int) throws(SystemError) -> Int
    ) throws(SystemError) -> Int {
        switch effect(on: call) {
        case .fail(let code): throw SystemError(call.rawValue, "(injected)", errno: code)
        case .failAfter(let code):
            _ = try body(base, count)
            throw SystemError(call.rawValue, "(injected)", errno: code)
        case .short(let limit): return try body(base, min(count, max(limit, 1)))
        case .before, nil: return try body(base, count)
        }
    }

    package func openDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32 {
        try make(.openDirectory, opens: true) { base throws(SystemError) in
            try base.openDirectory(at: directory, name)
        }
    }

    package func openFile(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32 {
        try make(.openFile, opens: true) { base throws(SystemError) in
            try base.openFile(at: directory, name)
        }
    }

    package func openForWriting(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> Int32 {
        try make(.openForWriting, opens: true) { base throws(SystemError) in
            try base.openForWriting(at: directory, name)
        }
    }

    package func createFile(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        mode: UInt32
    ) throws(SystemError) -> Int32 {
        try make(.createFile, opens: true) { base throws(SystemError) in
            try base.createFile(at: directory, name, mode: mode)
        }
    }

    package func openBeneath(root: Int32, _ path: RelativePath) throws(SystemError) -> Int32 {
        try make(.openBeneath, opens: true) { base throws(SystemError) in
            try base.openBeneath(root: root, path)
        }
    }

    package func duplicate(_ descriptor: Int32) throws(SystemError) -> Int32 {
        try make(.duplicate, opens: true) { base throws(SystemError) in
            try base.duplicate(descriptor)
        }
    }

    package func close(_ descriptor: Int32) {
        _ = effect(on: .close)
        state.withLock { $0.open -= 1 }
        base.close(descriptor)
    }

    package func status(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> FileStatus? {
        try make(.status) { base throws(SystemError) in
            try base.status(at: directory, name)
        }
    }

    package func status(of descriptor: Int32) throws(SystemError) -> FileStatus {
        try make(.statusOfDescriptor) { base throws(SystemError) in
            try base.status(of: descriptor)
        }
    }

    package func readDirectory(
        _ directory: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try transfer(.readDirectory, buffer.count) { base, count throws(SystemError) in
            // getdents64 refuses a buffer that holds no record: "short" is the smallest that always does.
            let size = min(max(count, Self.smallestDirectoryBuffer), buffer.count)
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
            return try base.readDirectory(directory, into: rest)
        }
    }

    package func readLink(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) -> [UInt8] {
        try make(.readLink) { base throws(SystemError) in
            try base.readLink(at: directory, name)
        }
    }

    package func makeLink(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        target: [UInt8]
    ) throws(SystemError) {
        try make(.makeLink) { base throws(SystemError) in
            try base.makeLink(at: directory, name, target: target)
        }
    }

    package func makeDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        mode: UInt32
    ) throws(SystemError) {
        try make(.makeDirectory) { base throws(SystemError) in
            try base.makeDirectory(at: directory, name, mode: mode)
        }
    }

    package func rename(
        from fromDirectory: Int32,
        _ fromName: UnsafePointer<CChar>,
        to toDirectory: Int32,
        _ toName: UnsafePointer<CChar>,
        how: RenameHow
    ) throws(SystemError) {
        try make(.rename) { base throws(SystemError) in
            try base.rename(from: fromDirectory, fromName, to: toDirectory, toName, how: how)
        }
    }

    package func removeFile(at directory: Int32, _ name: UnsafePointer<CChar>) throws(SystemError) {
        try make(.removeFile) { base throws(SystemError) in
            try base.removeFile(at: directory, name)
        }
    }

    package func removeDirectory(
        at directory: Int32,
        _ name: UnsafePointer<CChar>
    ) throws(SystemError) {
        try make(.removeDirectory) { base throws(SystemError) in
            try base.removeDirectory(at: directory, name)
        }
    }

    package func read(
        _ descriptor: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try transfer(.read, buffer.count) { base, count throws(SystemError) in
            try base.read(descriptor, into: .init(rebasing: buffer[..<count]))
        }
    }

    package func write(
        _ descriptor: Int32,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) -> Int {
        try transfer(.write, bytes.count) { base, count throws(SystemError) in
            try base.write(descriptor, .init(rebasing: bytes[..<count]))
        }
    }

    package func read(
        _ descriptor: Int32,
        at offset: UInt64,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        try transfer(.readAt, buffer.count) { base, count throws(SystemError) in
            try base.read(descriptor, at: offset, into: .init(rebasing: buffer[..<count]))
        }
    }

    package func write(
        _ descriptor: Int32,
        at offset: UInt64,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) -> Int {
        try transfer(.writeAt, bytes.count) { base, count throws(SystemError) in
            try base.write(descriptor, at: offset, .init(rebasing: bytes[..<count]))
        }
    }

    package func sync(_ descriptor: Int32) throws(SystemError) {
        try make(.sync) { base throws(SystemError) in
            try base.sync(descriptor)
        }
    }

    package func syncFileSystem(_ descriptor: Int32) throws(SystemError) {
        try make(.syncFileSystem) { base throws(SystemError) in
            try base.syncFileSystem(descriptor)
        }
    }

    package func startWriteback(_ descriptor: Int32, offset: UInt64, length: UInt64) {
        _ = effect(on: .startWriteback)
        base.startWriteback(descriptor, offset: offset, length: length)
    }

    package func copyRange(
        from source: Int32,
        to target: Int32,
        length: Int
    ) throws(SystemError) -> Int {
        try transfer(.copyRange, length) { base, count throws(SystemError) in
            try base.copyRange(from: source, to: target, length: count)
        }
    }

    package func setMode(_ descriptor: Int32, _ mode: UInt32) throws(SystemError) {
        try make(.setMode) { base throws(SystemError) in
            try base.setMode(descriptor, mode)
        }
    }

    package func truncate(_ descriptor: Int32, to length: UInt64) throws(SystemError) {
        try make(.truncate) { base throws(SystemError) in
            try base.truncate(descriptor, to: length)
        }
    }

    package func takeReadLease(_ descriptor: Int32) -> ReadLease {
        if case .fail = effect(on: .takeReadLease) { return .unavailable }
        return base.takeReadLease(descriptor)
    }

    package func releaseReadLease(_ descriptor: Int32) {
        _ = effect(on: .releaseReadLease)
        base.releaseReadLease(descriptor)
    }

    package func space(of descriptor: Int32) throws(SystemError) -> FileSystemSpace {
        try make(.space) { base throws(SystemError) in
            try base.space(of: descriptor)
        }
    }

    /// One record is at most 19 bytes, a 255-byte name and its NUL, padded to 8.
    private static let smallestDirectoryBuffer = 280
}
