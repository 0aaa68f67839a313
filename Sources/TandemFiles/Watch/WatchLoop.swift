#if os(Linux)
import Glibc
import TandemSystem
import TandemTree

/// The watching thread: waits for events, keeps the watches complete, sweeps what is polled.
final class WatchLoop {
    let root: SyncRoot
    let fileSystem: any FileSystem
    let budget: WatchBudget
    let shared: DirectoryWatcher.Shared
    let limits: WatchLimits
    let time = SystemTime()
    private let means: DirectoryWatcher.Means

    var rules: RuleSet
    /// Stands at the root.
    var matcher: IgnoreMatcher
    /// The rules at the directory that was asked about last.
    var place: (id: WatchTable.ID, matcher: IgnoreMatcher)?
    var table = WatchTable()
    var inotify: Inotify?
    /// Watches in the place of inotify when it is there.
    var fanotify: Fanotify?
    var fanotifyReason: WatchReport.Reason?
    var fanotifyObstacle: WatchReport.FanotifyObstacle?
    /// When fanotify's queue overflowed of late.
    var recentOverflows: [UInt64] = []
    /// Why inotify could not watch all; nil once that was seen to.
    var outgrown: WatchReport.Reason?
    /// Why a directory gets no watch now; nil while it does.
    var obstacle: WatchReport.Reason?
    /// Why every directory is polled, watched or not.
    var always: WatchReport.Reason?
    /// What this round found.
    var batch = WatchBatch()
    /// Events were lost: the watches may be incomplete until the next walk.
    var hasLostEvents = false
    /// How often that happened.
    var overflows = 0
    var schedule: SweepSchedule
    /// The last event told where something was moved from, and not yet where to.
    var isAmidRename = false
    private var isRootKnownGone = false

    init(
        _ root: SyncRoot,
        _ rules: RuleSet,
        _ budget: WatchBudget,
        _ fileSystem: any FileSystem,
        _ means: DirectoryWatcher.Means,
        _ shared: DirectoryWatcher.Shared
    ) {
        self.root = root
        self.rules = rules
        self.budget = budget
        self.fileSystem = fileSystem
        self.means = means
        self.shared = shared
        limits = WatchLimits(reading: fileSystem)
        matcher = IgnoreMatcher(rules: rules)
        schedule = SweepSchedule(budget, now: SystemTime().monotonic)
    }

    /// How many watches may be used.
    var allowance: Int { budget.watches ?? limits.share }

    /// Sets all up, tells how that went, and works until it is closed.
    func run() {
        do throws(SystemError) {
            try chooseMeans()
            try walkAll()
            replaceInotify()
            // Nothing was promised before the start is over.
            batch = WatchBatch()
        } catch {
            shared.outcome.change { $0 = .failure(error) }
            return
        }
        publish()
        shared.outcome.change { $0 = .success(()) }
        while wait() {
            readEvents()
            replaceInotify()
            guard takeRequests() else { break }
            let now = time.monotonic
            if schedule.takeDirectories(now) { sweepDirectories() }
            if schedule.takeFiles(now) { sweepFiles() }
            if schedule.takeRoot(now) { checkRoot() }
            post()
        }
    }

    private func chooseMeans() throws(SystemError) {
        let kind = try fileSystem.space(of: root.descriptor).kind
        if RemoteFileSystems.kinds.contains(kind) { always = .remote }
        if budget.fanotify == .always, always == nil { startFanotify() }
        if fanotify == nil { startInotify() }
    }

    /// Takes an inotify instance if there is one.
    func startInotify() {
        guard let means else {
            obstacle = .chosen
            return
        }
        do throws(SystemError) {
            inotify = try means()
            obstacle = nil
        } catch {
            obstacle = error.isExhaustion ? .instancesUsedUp : .refused(error.errno)
        }
    }

    /// Waits for events, a request or the next sweep; false when waiting is impossible.
    private func wait() -> Bool {
        let now = time.monotonic
        let due = schedule.next(isPolling: !table.polled.isEmpty)
        let rest = due > now ? (due - now + 999_999) / 1_000_000 : 0
        var waiting = [pollfd(fd: shared.bell.raw, events: Int16(POLLIN), revents: 0)]
        if let raw = inotify?.raw {
            waiting.append(pollfd(fd: raw, events: Int16(POLLIN), revents: 0))
        }
        if let raw = fanotify?.raw {
            waiting.append(pollfd(fd: raw, events: Int16(POLLIN), revents: 0))
        }
        let count = poll(&waiting, nfds_t(waiting.count), Int32(min(rest, 60_000)))
        if waiting[0].revents != 0 { shared.bell.answer() }
        return count >= 0 || errno == EINTR || errno == EAGAIN || errno == ENOMEM
    }

    /// Does what was asked for; false when that is to end.
    private func takeRequests() -> Bool {
        let asked = shared.requests.look { requests in
            let taken = requests
            requests.hasNewRules = false
            return taken
        }
        if asked.isClosed { return false }
        if asked.hasNewRules { govern(by: asked.rules) }
        if asked.drainsDone < asked.drainsWanted {
            // The events of what happened before the request are in the queue by now.
            readEvents()
            replaceInotify()
            if !table.polled.isEmpty {
                sweepDirectories()
                sweepFiles()
            }
            post()
            shared.requests.change { $0.drainsDone = asked.drainsWanted }
        }
        return true
    }

    private func govern(by new: RuleSet) {
        // The old rules hid events of what the new ones let through.
        batch.dirty += Set(new.files).symmetricDifference(rules.files).map(\.directory)
        if new.includesGit != rules.includesGit { batch.needsFullScan = true }
        rules = new
        matcher = IgnoreMatcher(rules: new)
        place = nil
        rebuild()
    }

    /// Looks whether the root is still where it was: a lazy unmount, or one over it, says nothing.
    private func checkRoot() {
        do throws(ScanError) {
            try RootCheck(root, fileSystem).confirm()
            isRootKnownGone = false
        } catch {
            loseRoot()
        }
    }

    /// Tells once that the root is gone.
    func loseRoot() {
        guard !isRootKnownGone else { return }
        isRootKnownGone = true
        batch.isRootGone = true
        batch.needsFullScan = true
    }

    /// Gives out what was found.
    func post() {
        if hasLostEvents {
            hasLostEvents = false
            overflows += 1
            leaveStorm()
            // The watches first: what changes after them is told again.
            rebuild()
            batch.needsFullScan = true
        }
        guard !batch.isEmpty else { return }
        publish()
        shared.inbox.post(batch)
        batch = WatchBatch()
    }
}

/// When what is polled is looked at; times are monotonic nanoseconds.
struct SweepSchedule {
    private let budget: WatchBudget
    private var directories: UInt64
    private var files: UInt64
    private var root: UInt64

    /// A sweep may take a fiftieth of the time.
    static let share: UInt64 = 50

    init(_ budget: WatchBudget, now: UInt64) {
        self.budget = budget
        directories = now + budget.directorySweep
        files = now + budget.fileSweep
        root = now + budget.rootCheck
    }

    func next(isPolling: Bool) -> UInt64 {
        isPolling ? min(directories, files, root) : root
    }

    mutating func takeDirectories(_ now: UInt64) -> Bool {
        Self.take(&directories, now, budget.directorySweep)
    }

    mutating func takeFiles(_ now: UInt64) -> Bool { Self.take(&files, now, budget.fileSweep) }

    mutating func takeRoot(_ now: UInt64) -> Bool { Self.take(&root, now, budget.rootCheck) }

    /// Makes the next sweep later when one costs much.
    mutating func note(sweepTook duration: UInt64, endedAt now: UInt64) {
        directories = max(directories, now + duration * Self.share)
    }

    private static func take(_ due: inout UInt64, _ now: UInt64, _ step: UInt64) -> Bool {
        guard now >= due else { return false }
        due = now + step
        return true
    }
}

/// File systems on which other machines, or a host, make changes that raise no events here.
enum RemoteFileSystems {
    /// statfs(2) numbers: NFS, SMB2, CIFS, AFS, 9P, Ceph, FUSE (also virtiofs).
    static let kinds: Set<UInt64> = [
        0x6969, 0xFE53_4D42, 0xFF53_4D42, 0x5346_414F, 0x0102_1997, 0x00C3_6400, 0x6573_5546,
    ]
}
#endif
