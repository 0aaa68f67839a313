import Dispatch
import Glibc
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

struct GitQuietTests {
    private func quiet(_ root: ScanRoot) -> GitQuiet {
        GitQuiet(fileSystem: root.fileSystem, root: root.root)
    }

    @Test func `a tree without a repository is always quiet`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "a/index.lock")
        var quiet = quiet(root)
        #expect(quiet.activity(around: ["a/b/c", "a"]) == .none)
        #expect(root.fileSystem.openDescriptors == 0)
    }

    @Test func `the lock of the repository that holds a path is seen, at any depth`() throws {
        let root = try ScanRoot()
        try root.write("", to: ".git/HEAD")
        try root.write("", to: "deps/lib/.git/index.lock")
        var quiet = quiet(root)
        #expect(quiet.activity(around: ["src/main.c"]) == .none)
        #expect(quiet.activity(around: ["deps/lib/src/x.c"]) == .locked)
        // A clone in the making is dirty as a whole.
        #expect(quiet.activity(around: ["deps/lib"]) == .locked)
        #expect(root.fileSystem.openDescriptors == 0)
    }

    @Test(arguments: ["rebase-merge", "rebase-apply", "sequencer"])
    func `a rebase or a series of picks is seen`(name: String) throws {
        let root = try ScanRoot()
        try root.write("1", to: ".git/\(name)/todo")
        var quiet = quiet(root)
        #expect(quiet.activity(around: ["x"]) == .amid)
        try root.write("", to: ".git/index.lock")
        #expect(quiet.activity(around: ["x"]) == .locked)
    }

    @Test func `a submodule's lock is found where its file says, inside the root only`() throws {
        let root = try ScanRoot()
        try root.write("", to: ".git/modules/sub/index.lock")
        try root.write("gitdir: ../.git/modules/sub\n", to: "sub/.git")
        try root.write("gitdir: ../../elsewhere\n", to: "out/.git")
        try root.write("gitdir: /etc\n", to: "absolute/.git")
        try root.write("nonsense", to: "odd/.git")
        var quiet = quiet(root)
        #expect(quiet.activity(around: ["sub/x"]) == .locked)
        for path: RelativePath in ["out/x", "absolute/x", "odd/x"] {
            #expect(quiet.activity(around: [path]) == .none)
        }
    }

    @Test func `a lock left behind is disregarded until there is another`() throws {
        let root = try ScanRoot()
        try root.write("", to: ".git/index.lock")
        var quiet = quiet(root)
        #expect(quiet.activity(around: ["x"]) == .locked)
        quiet.disregardLocks()
        #expect(quiet.activity(around: ["x"]) == .none)
        // Made before the old one goes, so that it is another inode.
        try root.write("", to: ".git/new")
        #expect(rename(root.path(".git/new"), root.path(".git/index.lock")) == 0)
        #expect(quiet.activity(around: ["x"]) == .locked)
    }

    @Test(.tags(.fault)) func `what cannot be looked at delays nothing`() throws {
        let root = try ScanRoot()
        try root.write("", to: "a/.git/index.lock")
        var quiet = quiet(root)
        root.fileSystem.reset()
        _ = quiet.activity(around: ["a/x"])
        for turn in 0..<root.fileSystem.failableCalls {
            root.fileSystem.reset(faults: [Fault(.any, .at(turn), .fail(EACCES))])
            _ = quiet.activity(around: ["a/x"])
            #expect(root.fileSystem.openDescriptors == 0, "call \(turn)")
        }
    }

    @Test func `a checkout of another branch is acted on once`() throws {
        let root = try WatchedRoot()
        try git(root.files, "init -q -b one && for i in $(seq 300); do echo $i > f$i; done")
        try git(root.files, "add . && git commit -qm 1 && git checkout -qb two")
        try git(root.files, "rm -q f1?? && for i in 1 2 3; do echo new > f$i; done; mkdir d")
        try git(root.files, "status; for i in $(seq 200); do echo d > d/$i; done; git add .")
        try git(root.files, "commit -qam 2")
        try root.settle()
        let working = WorkerThread.start("git") { [path = root.files.root.path] in
            _ = try? Command.run("git", ["-C", path, "checkout", "-q", "one"])
        }
        var fired = 0
        var found: [Difference] = []
        var driver = Driver(root)
        let end = WatchedRoot.deadline()
        while DispatchTime.now() < end {
            let isOver = working.join(until: .now())
            if let new = try driver.turn(), !new.isEmpty {
                fired += 1
                found += new
            }
            if isOver, driver.isIdle, root.live.doubted.isEmpty,
                try root.files.scan().tree.rootDigest == root.live.tree.rootDigest
            {
                break
            }
        }
        try root.expectSame()
        // Deletions come a moment later than what was written, when they are believed.
        #expect(fired <= 2, "\(fired) batches")
        #expect(found.count { $0.old == nil } == 100)
        #expect(
            found.contains(Difference(path: "f1", old: .content("new\n"), new: .content("1\n")))
        )
    }

    private func git(_ root: ScanRoot, _ line: String) throws {
        let identity = "-c user.name=x -c user.email=x@example.org"
        try Command.run(
            "sh",
            [
                "-ec",
                "cd '\(root.root.path)'; git() { command git \(identity) \"$@\"; }; git \(line)",
            ]
        )
    }
}

/// The loop of a session around watcher, debouncer and tree.
private struct Driver {
    let root: WatchedRoot
    var debouncer = Debouncer()
    var quiet: GitQuiet
    var batch = WatchBatch()

    init(_ root: WatchedRoot) {
        self.root = root
        quiet = GitQuiet(fileSystem: root.files.fileSystem, root: root.files.root)
    }

    var isIdle: Bool { !debouncer.isPending }

    /// Waits for an event or a time; what was found when it was time to look.
    mutating func turn() throws -> [Difference]? {
        let now = SystemTime().monotonic
        switch debouncer.tick(now) {
        case .fire:
            // On a busy machine the watching thread may be behind what git did before it ended.
            if root.watcher.drain(until: WatchedRoot.deadline()),
                let rest = root.watcher.next(until: .now())
            {
                batch.add(rest)
            }
            let taken = batch
            batch = WatchBatch()
            if debouncer.gaveUpOnGit { quiet.disregardLocks() }
            defer { root.watcher.update(root.live.rules) }
            return try root.live.refresh(taken)
        case .idle: take(until: min(now + 20_000_000, root.live.nextLook ?? .max))
        case .wait(let due): take(until: due)
        }
        if debouncer.isPending {
            debouncer.handle(.git(quiet.activity(around: batch.dirty)))
        } else if let next = root.live.nextLook, next <= SystemTime().monotonic {
            return try root.live.refresh([])
        }
        return nil
    }

    private mutating func take(until due: UInt64) {
        let deadline = DispatchTime(uptimeNanoseconds: due)
        guard let new = root.watcher.next(until: deadline) else { return }
        batch.add(new)
        debouncer.handle(.dirty(SystemTime().monotonic))
    }
}
