import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSoak

/// A vm that nobody but one user and restores in place change, so that each value can be followed.
///
/// No value is written twice. What the user takes away is in the snapshot alone; what a restore
/// takes away has to be on the shelf for ever.
struct RestoredTree {
    let scene: SnapshotPair
    let snapshot: SnapshotPair.Snapshot
    private let ledger: Ledger
    private var user: UserFiles
    /// What stands at each path in the snapshot.
    private let new: [String: String]
    /// What stood there before the restore.
    private var old: [String: String] = [:]
    private var programs: UInt64 = 0

    private static let files = ["dir/a", "dir/b", "dir/c", "dir/sub/d", "kind", "tree/x", "tree/y"]
    private static let moved = ["far/m", "far/n"]
    /// Content that takes a while to travel.
    private static let largeBytes = 2 << 20

    /// Fills the vm, and takes a snapshot.
    init(seed: UInt64) throws {
        scene = try SnapshotPair()
        ledger = Ledger()
        user = UserFiles(
            root: scene.pair.root,
            trash: scene.pair.directory.url.path,
            side: .vm,
            ledger: ledger,
            seed: seed
        )
        for folder in ["dir/sub", "tree", "far"] { user.makeFolder(folder) }
        for file in Self.files + Self.moved + ["run.sh"] { user.create(file, user.content()) }
        user.create("large", user.content(Self.largeBytes))
        chmod(user.absolute("run.sh"), 0o755)
        symlink("dir/a", user.absolute("link"))
        snapshot = try scene.take()
        new = Self.entries(of: scene.pair.root)
    }

    /// Changes the tree in every way that a restore has to take back.
    mutating func change() {
        _ = user.replace("dir/a", user.content())
        _ = user.overwrite("dir/b", user.content())
        user.remove("dir/c")
        user.create("dir/new\(user.nextSerial())", user.content())
        user.removeTree("dir/sub")
        user.remove("kind")
        user.makeFolder("kind")
        user.create("kind/inside", user.content())
        user.removeTree("tree")
        user.create("tree", user.content())
        user.move("far", to: "near")
        _ = user.replace("large", user.content(Self.largeBytes))
        chmod(user.absolute("run.sh"), 0o644)
        unlink(user.absolute("link"))
        symlink("dir/b", user.absolute("link"))
        old = Self.entries(of: scene.pair.root)
    }

    /// The command that brings all of it back.
    var words: [String] { scene.words(snapshot, ["--delete"]) }

    /// Expects that a path holds the old or the new, and that nothing taken away is lost.
    func expectWhole(_ comment: Comment, _ location: SourceLocation = #_sourceLocation) throws {
        let now = Self.entries(of: scene.pair.root)
        for path in Set(now.keys).union(old.keys).union(new.keys) {
            let found = now[path]
            #expect(
                found == old[path] || found == new[path],
                "\(comment): \(path)",
                sourceLocation: location
            )
        }
        try expectNothingLost(comment, location)
    }

    /// Expects that all that no user took away stands in the root or on the shelf.
    func expectNothingLost(
        _ comment: Comment,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let lost = try lost()
        #expect(lost == [], comment, sourceLocation: location)
    }

    /// Does something while somebody else saves, makes and removes files on the vm without a pause.
    mutating func besideProgram<Result>(_ body: () throws -> Result) rethrows -> Result {
        programs += 1
        let program = BusyProgram(
            UserFiles(
                root: scene.pair.root,
                trash: scene.pair.directory.url.path,
                side: .laptop,
                ledger: ledger,
                seed: programs
            )
        )
        defer { program.stop() }
        return try body()
    }

    /// Expects that a second run does what the first one left.
    func expectFinished(_ comment: Comment, _ location: SourceLocation = #_sourceLocation) throws {
        let again = try Restored(scene.pair.start(words))
        let isDone = again.exit == .status(0) && again.kept.isEmpty
        #expect(isDone, "\(comment): \(again.said)", sourceLocation: location)
        let differences = try scene.differences(snapshot, scene.pair.root)
        #expect(differences == "", comment, sourceLocation: location)
        try expectNothingLost(comment, location)
        #expect(scene.pair.stagedBytes == 0, comment, sourceLocation: location)
    }

    /// The values that stand in no root and are listed on no shelf.
    ///
    /// No session may be at work: what a shelf holds is taken back to be read.
    private func lost() throws -> [String] {
        let owed = ledger.standing
        let readable = try Readable(
            roots: [scene.pair.root],
            pair: try scene.pair.identifier,
            owed: owed
        )
        return owed.compactMap { digest, value in
            let isThere = readable.inRoots.contains(digest) || readable.onShelves.contains(digest)
            return isThere ? nil : value.path
        }
    }

    /// What stands at each path, with its kind, execute bit and content.
    private static func entries(of root: String) -> [String: String] {
        var found: [String: String] = [:]
        guard let walk = FileManager.default.enumerator(atPath: root) else { return found }
        for case let path as String in walk where path != ".tandem" && !path.hasPrefix(".tandem/") {
            found[path] = entry("\(root)/\(path)")
        }
        return found
    }

    private static func entry(_ path: String) -> String {
        var status = stat()
        guard lstat(path, &status) == 0 else { return "gone" }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return "directory"
        case S_IFLNK:
            return (try? FileManager.default.destinationOfSymbolicLink(atPath: path))
                ?? "unreadable"
        default:
            guard let bytes = FileManager.default.contents(atPath: path) else {
                return "unreadable"
            }
            return "\(ContentHasher.digest(of: Array(bytes)).hex) \(status.st_mode & 0o100)"
        }
    }
}

/// A program that works on files until it is told to stop.
private final class BusyProgram: Sendable {
    private let isStopped: Monitor<Bool>
    private let thread: WorkerThread

    init(_ user: UserFiles) {
        let isStopped = Monitor(false)
        self.isStopped = isStopped
        thread = WorkerThread.start("busy") {
            var user = user
            // It leaves the cores to the others between two rounds.
            while !Self.rest(isStopped) {
                Self.work(&user)
            }
        }
    }

    /// Waits a moment; true when it is to stop.
    private static func rest(_ isStopped: Monitor<Bool>) -> Bool {
        isStopped.wait(until: .now() + .milliseconds(1)) { $0 ? true : nil } ?? false
    }

    private static func work(_ user: inout UserFiles) {
        for name in ["dir/a", "dir/c", "tree/x", "far/m", "kind"] {
            if !user.replace(name, user.content()) { user.create(name, user.content()) }
        }
        let name = "dir/busy\(user.random.below(4))"
        if !user.create(name, user.content()) { user.remove(name) }
    }

    /// Tells it, and waits until it has.
    func stop() {
        isStopped.change { $0 = true }
        thread.join()
    }
}

extension LivePair {
    /// The pair's 16 bytes.
    var identifier: [UInt8] {
        get throws {
            let name = URL(filePath: try pairState).lastPathComponent
            let digits = Array(name.filter { $0 != "-" })
            return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(digits[$0...($0 + 1)]), radix: 16)
            }
        }
    }
}
