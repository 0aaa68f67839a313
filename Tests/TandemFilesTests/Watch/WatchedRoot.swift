import Dispatch
import Synchronization
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// Clocks that go when a test says so; by the wall clock everything on disk is long settled.
final class ManualTime: TimeSource {
    private let now = Mutex<UInt64>(1_000_000_000)

    var monotonic: UInt64 { now.withLock { $0 } }
    var wall: Int64 { MovedTime.later.wall }

    func advance(milliseconds: UInt64) { now.withLock { $0 += milliseconds * 1_000_000 } }
}

/// A root that is watched and read as a session does it.
final class WatchedRoot {
    let files: ScanRoot
    let watcher: any TreeWatcher
    var live: LiveTree
    /// How often `next` gave something.
    private(set) var batches = 0

    init(
        rules: RuleSource = .collect,
        budget: WatchBudget = .ofSystem,
        time: any TimeSource = MovedTime.later,
        watchedThrough fileSystem: any FileSystem = RealFileSystem(),
        prepare: (ScanRoot) throws -> Void = { _ in }
    ) throws {
        files = try ScanRoot(isAlone: budget.mayHearOfAll)
        try prepare(files)
        // What is ignored is known after a scan; what changed since is found by the next one.
        live = LiveTree(
            fileSystem: files.fileSystem,
            root: files.root,
            window: .fine,
            rules: rules,
            time: time
        )
        _ = try live.scanAll()
        watcher = try Watching.start(
            root: files.root,
            rules: live.rules,
            budget: budget,
            fileSystem: fileSystem
        )
        _ = try live.scanAll()
    }

    deinit { watcher.close() }

    static func deadline(seconds: Int = 20) -> DispatchTime { .now() + .seconds(seconds) }

    /// Waits until something was reported and reads it.
    @discardableResult
    func step(until deadline: DispatchTime = WatchedRoot.deadline()) throws -> [Difference] {
        guard let batch = watcher.next(until: deadline) else { return [] }
        batches += 1
        let found = try live.refresh(batch)
        watcher.update(live.rules)
        return found
    }

    /// Reads what was reported so far, once.
    @discardableResult
    func look() throws -> [Difference] {
        try #require(watcher.drain(until: Self.deadline()))
        let batch = watcher.next(until: .now()) ?? WatchBatch()
        defer { watcher.update(live.rules) }
        return try live.refresh(batch)
    }

    /// Reads all that happened before the call, until nothing is left to look at.
    @discardableResult
    func settle() throws -> [Difference] {
        var found: [Difference] = []
        let end = Self.deadline()
        while true {
            try #require(watcher.drain(until: end))
            // What is polled is named each time.
            var isQuiet = true
            while let batch = watcher.next(until: .now()) {
                batches += 1
                let (rules, new) = (live.rules, try live.refresh(batch))
                isQuiet = isQuiet && new.isEmpty && rules == live.rules
                found += new
                watcher.update(live.rules)
            }
            if isQuiet && live.doubted.isEmpty { return found }
            try #require(DispatchTime.now() < end)
            if let next = live.nextLook, !live.doubted.isEmpty {
                if let batch = watcher.next(until: DispatchTime(uptimeNanoseconds: next)) {
                    found += try live.refresh(batch)
                }
                found += try live.refresh([])
                watcher.update(live.rules)
            }
        }
    }

    /// Expects what a scan without a past finds.
    func expectSame(
        _ comment: @autoclosure () -> Comment? = nil,
        rules: RuleSource = .collect,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let whole = try files.scan(rules: rules)
        let shown = Set(live.tree.listing.map { Line($0) })
        let there = Set(whole.tree.listing.map { Line($0) })
        #expect(shown.subtracting(there) == [], comment(), sourceLocation: sourceLocation)
        #expect(there.subtracting(shown) == [], comment(), sourceLocation: sourceLocation)
        #expect(
            live.tree.rootDigest == whole.tree.rootDigest,
            comment(),
            sourceLocation: sourceLocation
        )
        #expect(live.problems == whole.problems, comment(), sourceLocation: sourceLocation)
        let (known, found) = (live.rules.lines, whole.rules.lines)
        #expect(known == found, comment(), sourceLocation: sourceLocation)
    }
}

/// An entry as a failure shows it.
private struct Line: Hashable, CustomStringConvertible {
    var description: String

    init(_ entry: (key: RelativePath, value: EntryState)) {
        let state = entry.value
        let digest = String(describing: state.digest).prefix(8)
        description = "\(entry.key) \(state.kind) \(state.size) \(state.executable) \(digest)"
    }
}

extension RuleSet {
    /// What the rules files hold, to compare and to show.
    fileprivate var lines: [String] {
        files.dropFirst().map { "\($0.label): \(String(decoding: $0.content, as: UTF8.self))" }
    }
}

extension WatchBudget {
    /// Whether fanotify will watch: it is told of the whole file system, where other tests write too.
    fileprivate var mayHearOfAll: Bool {
        fanotify == .always || fanotify == .beyondWatches && watches != nil
    }
}
