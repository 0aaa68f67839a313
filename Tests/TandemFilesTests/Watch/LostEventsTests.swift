import Dispatch
import Glibc
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// Events that never arrive, and a root that does not stay.
struct LostEventsTests {
    @Test func `an overflow of the kernel's queue asks for a full scan, and watches again`() throws
    {
        let faulty = FaultyFileSystem()
        let root = try WatchedRoot(watchedThrough: faulty) { try $0.write("x", to: "d/f") }
        let limit = try #require(queueLimit())
        let files = root.files
        let paths = [files.path("d/one"), files.path("d/two")]
        let late = (files.path("late"), files.path("late/deep"))
        // The watching thread itself fills the queue while it looks at a new directory.
        let fill = Fault(
            .only([.readDirectory]),
            .at(0),
            .before {
                // Two files in turn: the kernel joins events that are alike.
                for number in 0..<(limit + 1_000) {
                    let descriptor = open(paths[number % 2], O_WRONLY | O_CREAT, 0o644)
                    close(descriptor)
                }
                // These happen when nothing is queued any more.
                mkdir(late.0, 0o755)
                mkdir(late.1, 0o755)
            }
        )
        faulty.reset(faults: [fill])
        try files.makeDirectory("new")
        var needsFullScan = false
        let end = WatchedRoot.deadline(seconds: 60)
        while !needsFullScan, DispatchTime.now() < end {
            guard let batch = root.watcher.next(until: end) else { break }
            needsFullScan = batch.needsFullScan
            _ = try root.live.refresh(batch)
        }
        #expect(needsFullScan)
        try root.settle()
        try root.expectSame()
        #expect(root.live.tree.find("late/deep") != nil)
        // The directories of which no event was seen are watched.
        #expect(root.watcher.report.directories == 5)
        try files.write("y", to: "late/deep/f")
        try root.settle()
        #expect(root.live.tree.find("late/deep/f") != nil)
    }

    private func queueLimit() -> Int? {
        let path = "/proc/sys/fs/inotify/max_queued_events"
        guard let text = try? Command.run("cat", [path]) else { return nil }
        return Int(String(decoding: text, as: UTF8.self).filter(\.isNumber))
    }

    @Test func `more paths than are kept become a full scan`() throws {
        let root = try WatchedRoot()
        for directory in 0..<30 { try root.files.makeDirectory("d\(directory)") }
        try root.settle()
        for directory in 0..<30 {
            for file in 0..<600 { try root.files.write("", to: "d\(directory)/\(file)") }
        }
        #expect(root.watcher.drain(until: WatchedRoot.deadline()))
        let batch = try #require(root.watcher.next(until: .now()))
        #expect(batch.needsFullScan && batch.dirty.isEmpty)
        _ = try root.live.refresh(batch)
        try root.settle()
        try root.expectSame()
    }

    @Test(arguments: ["renamed", "removed"])
    func `a root that goes is told, and its emptiness is no deletion`(how: String) throws {
        let root = try WatchedRoot { try $0.write("x", to: "d/f") }
        let before = root.live.tree.rootDigest
        if how == "renamed" {
            #expect(rename(root.files.root.path, root.files.directory.path("away")) == 0)
        } else {
            try Command.run("rm", ["-r", root.files.root.path])
        }
        let end = WatchedRoot.deadline()
        var isGone = false
        while !isGone, let batch = root.watcher.next(until: end) {
            isGone = batch.isRootGone
            #expect(throws: ScanError(.rootMissing, root: root.files.root.path)) {
                try root.live.refresh(batch)
            }
        }
        #expect(isGone)
        #expect(root.live.tree.rootDigest == before)
        if how == "renamed" {
            #expect(rename(root.files.directory.path("away"), root.files.root.path) == 0)
            _ = try root.live.refresh([])
            try root.expectSame()
        }
    }

    @Test func `another directory at the root's path is noticed without an event`() throws {
        let budget = WatchBudget(rootCheck: 10_000_000)
        let root = try WatchedRoot(budget: budget) { try $0.write("x", to: "f") }
        let parent = String(root.files.root.path.dropLast("/root".count))
        // The directory above is renamed: the root itself raises no event.
        #expect(rename(parent, parent + "-away") == 0)
        defer { _ = rename(parent + "-away", parent) }
        let batch = root.watcher.next(until: WatchedRoot.deadline())
        #expect(batch?.isRootGone == true)
    }

    @Test(
        .enabled(if: geteuid() == 0, "mounting is for root"),
        arguments: ["umount", "umount -l"]
    )
    func `a root that is unmounted is told`(command: String) throws {
        let place = try TemporaryDirectory()
        let path = place.path("root")
        try Command.run("mkdir", [path])
        guard (try? Command.run("mount", ["-t", "tmpfs", "none", path])) != nil else { return }
        var isMounted = true
        defer { if isMounted { _ = try? Command.run("umount", ["-l", path]) } }
        let root = try SyncRoot.open(path, on: RealFileSystem())
        let watcher = try Watching.start(
            root: root,
            rules: nil,
            budget: WatchBudget(rootCheck: 10_000_000)
        )
        defer { watcher.close() }
        // An open root keeps a plain unmount from happening.
        if command == "umount" { RealFileSystem().close(root.descriptor) }
        defer { if command != "umount" { RealFileSystem().close(root.descriptor) } }
        try Command.run("sh", ["-c", "\(command) '\(path)'"])
        isMounted = false
        let batch = watcher.next(until: WatchedRoot.deadline())
        #expect(batch?.isRootGone == true)
        #expect(batch?.needsFullScan == true)
    }
}
