#if os(Linux)
import CTandem
import Dispatch
import Glibc
import TandemSystem
import TandemTree

/// Watches directories with inotify as far as it may, and polls the rest; one thread of its own.
final class DirectoryWatcher: TreeWatcher {
    /// What gives an inotify instance; nil where none shall be used.
    typealias Means = (@Sendable () throws(SystemError) -> Inotify)?

    /// What is asked of the thread.
    struct Requests: Sendable {
        var isClosed = false
        /// The rules that were asked for last.
        var rules: RuleSet
        var hasNewRules = false

        init(_ rules: RuleSet) {
            self.rules = rules
        }

        /// How many drains were asked for, and how many of them are done.
        var drainsWanted = 0
        var drainsDone = 0
    }

    /// What the thread shares with everybody.
    struct Shared: Sendable {
        let inbox = WatchInbox()
        let requests: Monitor<Requests>
        let report = Monitor(WatchReport(kind: .polling))
        /// nil until the first walk is over.
        let outcome = Monitor<Result<Void, SystemError>?>(nil)
        let bell: Bell

        init(_ rules: RuleSet) throws(SystemError) {
            requests = Monitor(Requests(rules))
            bell = try Bell()
        }
    }

    private let shared: Shared

    private init(_ shared: Shared) {
        self.shared = shared
    }

    deinit { close() }

    static func start(
        _ root: SyncRoot,
        _ rules: RuleSet?,
        _ budget: WatchBudget,
        _ fileSystem: any FileSystem,
        means: Means = { () throws(SystemError) in try Inotify() }
    ) throws(SystemError) -> DirectoryWatcher {
        let rules = rules ?? RuleSet()
        let shared = try Shared(rules)
        WorkerThread.start("watch") {
            let loop = WatchLoop(root, rules, budget, fileSystem, means, shared)
            loop.run()
        }
        let outcome = shared.outcome.wait { $0 }
        try outcome?.get()
        return DirectoryWatcher(shared)
    }

    func next(until deadline: DispatchTime) -> WatchBatch? {
        shared.inbox.take(until: deadline)
    }

    func drain(until deadline: DispatchTime) -> Bool {
        let ticket = shared.requests.change { requests in
            requests.drainsWanted += 1
            return requests.drainsWanted
        }
        shared.bell.ring()
        return shared.requests.wait(until: deadline) { requests -> Bool? in
            if requests.drainsDone >= ticket { return true }
            return requests.isClosed ? false : nil
        } ?? false
    }

    func update(_ rules: RuleSet) {
        let isNew = shared.requests.change { requests in
            guard requests.rules != rules else { return false }
            requests.rules = rules
            requests.hasNewRules = true
            return true
        }
        if isNew { shared.bell.ring() }
    }

    var report: WatchReport { shared.report.look { $0 } }

    func wake() { shared.inbox.wake() }

    func close() {
        shared.requests.change { $0.isClosed = true }
        shared.bell.ring()
        shared.inbox.close()
    }
}

/// Wakes a thread that waits in poll(2).
final class Bell: Sendable {
    private let descriptor: OwnedDescriptor

    init() throws(SystemError) {
        let raw = tandem_eventfd()
        guard raw >= 0 else { throw SystemError("make an event descriptor") }
        descriptor = OwnedDescriptor(raw)
    }

    var raw: Int32 { descriptor.raw }

    func ring() {
        var one: UInt64 = 1
        // A full counter rings all the same.
        _ = write(descriptor.raw, &one, MemoryLayout<UInt64>.size)
    }

    /// Makes it silent again.
    func answer() {
        var count: UInt64 = 0
        _ = read(descriptor.raw, &count, MemoryLayout<UInt64>.size)
    }
}
#endif
