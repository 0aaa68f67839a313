package import Dispatch
import Synchronization
package import TandemFiles
package import TandemProtocol
package import TandemSystem
import TandemTree

/// What the receiver serves: one root, the pairs that may write to it, and what it knows of it.
///
/// Sessions come and go; the endpoint keeps what outlives them: the index of each pair, and which
/// session is the live one.
package final class ReceiverEndpoint: Sendable {
    /// What a receiver is told when it starts.
    package struct Settings: Sendable {
        /// The directory kept in sync.
        package var root: String
        /// A directory of the receiver's own, outside the root, 0700.
        package var stateDirectory: String
        /// Name and version, shown to the laptop.
        package var receiverText: String
        package var limits: BatchLimits
        /// How many of the kernel's watches the root may use.
        package var watchBudget: WatchBudget
        /// What a laptop is told that this receiver can do; less of it only where a test plays an
        /// older one.
        package var capabilities: Capabilities
        /// The protocol versions it speaks; others than this code's where a test plays them.
        package var versions: VersionRange

        package init(
            root: String,
            stateDirectory: String,
            receiverText: String,
            limits: BatchLimits = BatchLimits(),
            watchBudget: WatchBudget = .ofSystem,
            capabilities: Capabilities = .own,
            versions: VersionRange = .own
        ) {
            self.root = root
            self.stateDirectory = stateDirectory
            self.receiverText = receiverText
            self.limits = limits
            self.watchBudget = watchBudget
            self.capabilities = capabilities
            self.versions = versions
        }
    }

    /// Counts for `/status` and `/metrics`: never a name, path or digest.
    package struct Counters: Sendable, Hashable {
        package var sessions: UInt64 = 0
        package var refusedSessions: UInt64 = 0
        package var batches: UInt64 = 0
        package var appliedChanges: UInt64 = 0
        package var refusedChanges: UInt64 = 0
        package var contentBytes: UInt64 = 0
        package var scans: UInt64 = 0
        package var entries: UInt64 = 0
        package var lastGeneration: UInt64 = 0
    }

    /// A line for the log.
    package struct Report: Sendable {
        package enum Level: Sendable {
            case info
            case warning
        }

        package var level: Level
        package var text: String
    }

    /// How long a newer session waits for the older one of its pair to leave its safe point.
    static let fenceSeconds = 20
    /// How long a session that only asks waits for one that works, without ending it.
    static let questionSeconds = 5

    package let settings: Settings
    let fileSystem: any FileSystem
    let time: any TimeSource
    let sessions = LiveSessions()
    let log: @Sendable (Report) -> Void
    private let counters = Mutex(Counters())
    private let indexes = Mutex<[PairID: VMIndex]>([:])

    /// Makes an endpoint; nothing is opened before a session has named its pair.
    package init(
        settings: Settings,
        fileSystem: any FileSystem,
        time: any TimeSource = SystemTime(),
        log: @escaping @Sendable (Report) -> Void
    ) {
        self.settings = settings
        self.fileSystem = fileSystem
        self.time = time
        self.log = log
    }

    /// Serves one connection to its end, on the calling thread.
    package func serve(_ link: any ByteLink) {
        count { $0.sessions += 1 }
        ReceiverSession(endpoint: self, link: link).run()
        link.close()
    }

    /// Ends every session at a safe point; false when one did not end before the deadline.
    package func stop(until deadline: DispatchTime) -> Bool { sessions.stop(until: deadline) }

    /// The counts so far.
    package var currentCounters: Counters { counters.withLock { $0 } }

    /// How many sessions are live.
    package var liveSessions: Int { sessions.count }

    /// Whether the root is there and can be opened: what `/readyz` answers.
    package var isReady: Bool {
        guard let root = try? SyncRoot.open(settings.root, on: fileSystem) else { return false }
        fileSystem.close(root.descriptor)
        return true
    }

    func count(_ body: (inout Counters) -> Void) {
        counters.withLock { body(&$0) }
    }

    /// The last tree known for a pair, to vouch for what did not change since.
    func index(of pair: PairID) -> VMIndex? { indexes.withLock { $0[pair] } }

    /// The same, which is kept by the caller from now on.
    func takeIndex(of pair: PairID) -> VMIndex? {
        indexes.withLock { $0.removeValue(forKey: pair) }
    }

    func keep(_ index: VMIndex, of pair: PairID) {
        indexes.withLock { $0[pair] = index }
    }
}

/// A pair's tree on the vm, with the time it was scanned.
struct VMIndex: Sendable {
    var tree: Tree
    /// The rules the tree was scanned under.
    var rules: Digest
}
