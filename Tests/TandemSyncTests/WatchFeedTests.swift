import Dispatch
import Foundation
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSync

/// What a drain gives, whatever the watching thread was doing.
struct WatchFeedTests {
    @Test(.tags(.regression))
    func `a drain has what the watcher knew, though an older batch was just taken`() throws {
        let root = try TemporaryDirectory()
        let fileSystem = RealFileSystem()
        let opened = try SyncRoot.open(root.url.path, on: fileSystem)
        defer { fileSystem.close(opened.descriptor) }
        let watcher = LateWatcher()
        let git = GitQuiet(fileSystem: fileSystem, root: opened)
        let feed = WatchFeed(watcher, git) { _ in }
        defer { feed.stop() }

        let drained = feed.drain(until: .now() + .seconds(30))

        #expect(drained?.dirty == ["new", "old"])
    }
}

/// A watcher whose first batch is handed over late: when a drain has found more already.
private final class LateWatcher: TreeWatcher {
    private struct State {
        var waiting: [WatchBatch] = []
        var isWoken = false
        var isClosed = false
    }

    private let state = Monitor(State())

    func next(until deadline: DispatchTime) -> WatchBatch? {
        state.wait(until: deadline) { state -> WatchBatch?? in
            if state.isWoken, !state.waiting.isEmpty { return state.waiting.removeFirst() }
            return state.isClosed ? .some(nil) : nil
        } ?? nil
    }

    func drain(until deadline: DispatchTime) -> Bool {
        state.change { $0.waiting = [WatchBatch(dirty: ["old"]), WatchBatch(dirty: ["new"])] }
        return true
    }

    func wake() { state.change { $0.isWoken = true } }
    func update(_ rules: RuleSet) {}
    var report: WatchReport { WatchReport(kind: .polling) }
    func close() { state.change { $0.isClosed = true } }
}
