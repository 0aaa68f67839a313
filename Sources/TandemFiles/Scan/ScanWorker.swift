import Glibc
import TandemSystem
import TandemTree

/// One thread's share of a scan: takes directories and looks at what is in them.
struct ScanWorker: ~Copyable {
    private let shared: ScanShared
    private let fileSystem: any FileSystem
    private var listing = DirectoryListing()
    private var reader: EntryReader
    private var found = DirectoryFindings()

    /// How often "out of descriptors" is met with closing something before the scan gives up.
    private static let reliefs = 25

    init(_ shared: ScanShared) {
        self.shared = shared
        fileSystem = shared.settings.fileSystem
        reader = EntryReader(shared.settings, device: shared.root.device)
    }

    /// Reads directories until none is left.
    mutating func run() {
        while let job = shared.next() {
            do throws(SystemError) {
                try read(job)
            } catch {
                settle(job, error)
            }
        }
    }

    private mutating func read(_ start: ScanJob) throws(SystemError) {
        var job = start
        let opened = try relieving { () throws(SystemError) in try open(start) }
        let directory = HeldDescriptor(opened, of: fileSystem)
        job.parent = nil
        guard try fileSystem.status(of: directory.raw).device == shared.root.device else {
            return shared.doubt(job, .problem(.foreignMount))
        }
        try listing.read(directory.raw, on: fileSystem)
        try enter(&job, directory.raw)
        try lookAtAll(in: directory.raw, job)
        let keep = !found.subdirectories.isEmpty && shared.budget.take()
        let kept = keep ? OpenDirectory(directory.take(), fileSystem, shared.budget) : nil
        shared.publish(job, found, kept: kept)
    }

    private func open(_ job: ScanJob) throws(SystemError) -> Int32 {
        if let parent = job.parent {
            return try withCName(job.name) { name throws(SystemError) in
                try fileSystem.openDirectory(at: parent.descriptor, name)
            }
        }
        return try fileSystem.openBeneath(
            root: shared.root.descriptor,
            shared.path(of: job.id)
        )
    }

    /// Adds the directory's own rules to those around it.
    private mutating func enter(_ job: inout ScanJob, _ directory: Int32) throws(SystemError) {
        guard job.rules.collects else {
            job.rules.enterGiven(job.name, path: { shared.path(of: job.id) })
            return
        }
        let files = try relieving { () throws(SystemError) in
            try RuleFiles(in: directory, listing, on: fileSystem)
        }
        job.rules.enter(job.name, files)
        if !files.isEmpty { shared.add(files, of: job.id) }
    }

    private mutating func lookAtAll(in directory: Int32, _ job: ScanJob) throws(SystemError) {
        found.removeAll()
        let (files, bytes) = (reader.hashedFiles, reader.hashedBytes)
        var cursor = PreviousCursor(shared.previous, job.previous)
        for index in 0..<listing.count {
            var attempt = 0
            while true {
                do throws(SystemError) {
                    try lookAt(index, in: directory, job, &cursor)
                    break
                } catch {
                    guard isExhaustion(error), attempt < Self.reliefs else { throw error }
                    shared.relieve(attempt: attempt)
                    attempt += 1
                }
            }
        }
        found.hashedFiles = reader.hashedFiles - files
        found.hashedBytes = reader.hashedBytes - bytes
    }

    private mutating func lookAt(
        _ index: Int,
        in directory: Int32,
        _ job: ScanJob,
        _ cursor: inout PreviousCursor
    ) throws(SystemError) {
        try listing.withName(index) { name throws(SystemError) in
            let bytes = UnsafeRawBufferPointer(name)
            guard let base = name.baseAddress, admit(bytes, job) else { return }
            guard let status = status(at: directory, base, bytes, job) else { return }
            let isDirectory = status.kind == .directory
            if job.rules.ignores(bytes, isDirectory: isDirectory) { return }
            let previous = cursor.find(bytes)
            let known = previous.flatMap { cursor.known($0) }
            var look = try reader.look(at: directory, base, status, known: known)
            if case .problem(.keepsChanging, _) = look {
                // Swapped between status and open: what stands there now gets one look of its own.
                guard let status = self.status(at: directory, base, bytes, job) else { return }
                look = try reader.look(at: directory, base, status, known: nil)
            }
            keep(look, bytes, previous: previous)
        }
    }

    /// Whether a name may stand in the tree at all.
    private mutating func admit(_ name: UnsafeRawBufferPointer, _ job: ScanJob) -> Bool {
        switch ScanName.check(name, below: job.pathLength) {
        case .fine: return true
        case .own: return false
        case .problem(let reason):
            found.problems.append((Array(name), reason))
            return false
        }
    }

    /// What stands at a name; nil when nothing does, or when it was noted as a problem.
    private mutating func status(
        at directory: Int32,
        _ name: UnsafePointer<CChar>,
        _ bytes: UnsafeRawBufferPointer,
        _ job: ScanJob
    ) -> FileStatus? {
        do throws(SystemError) {
            return try fileSystem.status(at: directory, name)
        } catch {
            if !job.rules.ignores(bytes, isDirectory: false) {
                let reason: Problem = error.isDenied ? .unreadable : .readFailed
                keep(.problem(reason, .zero), bytes, previous: nil)
            }
            return nil
        }
    }

    private mutating func keep(
        _ look: EntryReader.Look,
        _ name: UnsafeRawBufferPointer,
        previous: Tree.ID?
    ) {
        switch look {
        case .gone: return
        case .entry(let state, let stamp):
            if state.kind == .directory {
                found.subdirectories.append(
                    .init(index: found.batch.count, name: Array(name), previous: previous)
                )
            }
            found.batch.append(name: name, state: state, stamp: stamp)
        case .problem(let reason, let stamp):
            found.problems.append((Array(name), reason))
            found.batch.append(name: name, state: EntryState(kind: .other), stamp: stamp)
        }
    }

    /// What an error means for a whole directory.
    private func settle(_ job: ScanJob, _ error: SystemError) {
        if isExhaustion(error) {
            shared.fail(ScanError(.outOfDescriptors, root: shared.root.path, cause: error))
        } else if job.id == Tree.rootID {
            let code: ScanError.Code = error.errno == ENOENT ? .rootMissing : .rootUnreadable
            shared.fail(ScanError(code, root: shared.root.path, cause: error))
        } else if [ENOENT, ENOTDIR, ELOOP, EXDEV].contains(error.errno) {
            shared.doubt(job, .changed)
        } else {
            shared.doubt(job, .problem(error.isDenied ? .unreadable : .readFailed))
        }
    }

    /// Makes a call again after closing what is open only for speed.
    private func relieving<Value>(
        _ call: () throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        var attempt = 0
        while true {
            do throws(SystemError) {
                return try call()
            } catch {
                guard isExhaustion(error), attempt < Self.reliefs else { throw error }
                shared.relieve(attempt: attempt)
                attempt += 1
            }
        }
    }

    private func isExhaustion(_ error: SystemError) -> Bool {
        error.errno == EMFILE || error.errno == ENFILE
    }
}

extension SystemError {
    /// Whether the kernel refused for want of permission.
    var isDenied: Bool { errno == EACCES || errno == EPERM }
}
