import Glibc
import TandemSystem
import TandemTree

/// One thread's share of a scan: takes directories and looks at what is in them.
struct ScanWorker: ~Copyable {
    private let shared: ScanShared
    private let fileSystem: any FileSystem
    private var listing = DirectoryListing()
    private var looker: DirectoryLooker

    /// How often "out of descriptors" is met with closing something before the scan gives up.
    private static let reliefs = 25

    init(_ shared: ScanShared) {
        self.shared = shared
        fileSystem = shared.settings.fileSystem
        looker = DirectoryLooker(shared.settings, device: shared.root.device)
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
        let opened = try Self.relieving(shared) { () throws(SystemError) in try open(start) }
        let directory = HeldDescriptor(opened, of: fileSystem)
        job.parent = nil
        guard try fileSystem.status(of: directory.raw).device == shared.root.device else {
            return shared.doubt(job, .problem(.foreignMount))
        }
        try listing.read(directory.raw, on: fileSystem)
        try enter(&job, directory.raw)
        try lookAtAll(in: directory.raw, job)
        let found = looker.take()
        defer { looker.reuse(found) }
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
        guard job.rules.collects else { return job.rules.enter(job.name, RuleFiles()) }
        let files = try Self.relieving(shared) { () throws(SystemError) in
            try RuleFiles(
                in: directory,
                listing,
                collectsGitRules: job.rules.collectsGitRules,
                on: fileSystem
            )
        }
        job.rules.enter(job.name, files)
        if !files.isEmpty { shared.add(files, of: job.id) }
    }

    private mutating func lookAtAll(in directory: Int32, _ job: ScanJob) throws(SystemError) {
        var cursor = PreviousCursor(shared.previous, job.previous)
        for index in 0..<listing.count {
            try Self.relieving(shared) { () throws(SystemError) in
                try listing.withName(index) { name throws(SystemError) in
                    try looker.look(at: name, in: directory, job, &cursor)
                }
            }
        }
    }

    /// What an error means for a whole directory.
    private func settle(_ job: ScanJob, _ error: SystemError) {
        if error.isExhaustion {
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
    private static func relieving<Value>(
        _ shared: ScanShared,
        _ call: () throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        var attempt = 0
        while true {
            do throws(SystemError) {
                return try call()
            } catch {
                guard error.isExhaustion, attempt < reliefs else { throw error }
                shared.relieve(attempt: attempt)
                attempt += 1
            }
        }
    }
}

extension SystemError {
    /// Whether the kernel refused for want of permission.
    var isDenied: Bool { errno == EACCES || errno == EPERM }

    /// Whether the process or the machine has no descriptor left.
    var isExhaustion: Bool { errno == EMFILE || errno == ENFILE }
}
