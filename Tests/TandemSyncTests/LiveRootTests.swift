import Foundation
import TandemSync
import TandemTestSupport
import TandemTree
import Testing

/// A root that is not what it was: nothing is applied, and the message says why.
@Suite(.serialized)
struct LiveRootTests {
    /// What happens to a root while nobody syncs.
    enum Mishap: String, CaseIterable, Sendable {
        case emptied = "its files are gone, its private area is there"
        case wiped = "everything in it is gone"
        case almostEmptied = "29 of its 30 files are gone"
        case replacedByFile = "a file stands at its path"
        case missing = "nothing stands at its path"
        case olderCopy = "it was put back to an older copy"
        case otherTree = "another populated tree stands at its path"
    }

    private static let files = 30

    /// Every file below a directory that is not private, with its text.
    private static func contents(_ directory: TemporaryDirectory) -> [String: String] {
        var contents: [String: String] = [:]
        let walk = FileManager.default.enumerator(atPath: directory.url.path)
        while let name = walk?.nextObject() as? String {
            if name == ".tandem" { walk?.skipDescendants() }
            if walk?.fileAttributes?[.type] as? FileAttributeType == .typeRegular {
                contents[name] = directory.text(name)
            }
        }
        return contents
    }

    /// Both sides at generation two, and a copy of each from generation one.
    private static func agreed() throws -> (PairFixture, [Side: TemporaryDirectory]) {
        let both = try PairFixture()
        for number in 0..<files { try both.laptop.put("old \(number)", at: "f\(number)") }
        let copies: [Side: TemporaryDirectory] = [
            .laptop: try TemporaryDirectory(), .vm: try TemporaryDirectory(),
        ]
        for (text, keepsCopy) in [("one", true), ("two", false)] {
            let live = LiveFixture(both)
            try both.laptop.put(text, at: "f0")
            #expect(try live.differencesAfterFlush() == "")
            #expect(live.live.stop(until: .now() + .seconds(20)))
            guard keepsCopy else { continue }
            for (side, copy) in copies {
                try (side == .laptop ? both.laptop : both.vm).copyContents(to: copy)
            }
        }
        return (both, copies)
    }

    private static func befall(
        _ root: TemporaryDirectory,
        _ mishap: Mishap,
        copy: TemporaryDirectory?
    ) throws {
        let path = root.url.path
        switch mishap {
        case .emptied: for number in 0..<files { try root.remove("f\(number)") }
        case .wiped: try root.removeContents()
        case .almostEmptied: for number in 1..<files { try root.remove("f\(number)") }
        case .replacedByFile:
            try FileManager.default.removeItem(atPath: path)
            try Data("a file".utf8).write(to: root.url)
        case .missing: try FileManager.default.removeItem(atPath: path)
        case .olderCopy:
            try root.removeContents()
            try copy?.copyContents(to: root)
        case .otherTree:
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: false
            )
            for number in 0..<files { try root.put("other \(number)", at: "f\(number)") }
            try root.put("other", at: "another")
        }
    }

    @Test(arguments: Mishap.allCases, Side.allCases)
    func `nothing is applied when a root is not what it was`(mishap: Mishap, side: Side) throws {
        let (both, copies) = try Self.agreed()
        let (struck, other) =
            side == .laptop ? (both.laptop, both.vm) : (both.vm, both.laptop)
        let kept = Self.contents(other)
        #expect(kept.count == Self.files)
        try Self.befall(struck, mishap, copy: copies[side])
        let left = Self.contents(struck)

        let live = LiveFixture(both)
        let error = try #require(Self.halt(of: live), "\(live.live.status.phase)")
        let flush = live.live.flush(until: .now() + .seconds(2))

        print("roots: \(side), \(mishap.rawValue): \(error.code): \(error.message)")
        if case .inSync = flush { Issue.record("a flush says that both sides are the same") }
        #expect(live.live.status.verdict != .ok && live.live.status.verdict != .working)
        #expect(live.live.stop(until: .now() + .seconds(20)))
        #expect(Self.contents(other) == kept)
        #expect(Self.contents(struck) == left)
    }

    @Test(.enabled(if: Mounts.isWanted, "\(Mounts.obstacle ?? "")"), arguments: Side.allCases)
    func `a root that is unmounted halts the pair, and goes on when it is mounted`(
        side: Side
    ) throws {
        let both = try PairFixture(pairs: false)
        let root = side == .laptop ? both.laptop : both.vm
        let other = side == .laptop ? both.vm : both.laptop
        let disk = try TemporaryDirectory()
        try Mounts.mountMemory(at: disk.url.path, megabytes: 32)
        defer { try? Mounts.unmount(disk.url.path) }
        try Command.run("mount", ["--bind", disk.url.path, root.url.path])
        var isMounted = true
        defer { if isMounted { try? Mounts.unmount(root.url.path) } }
        _ = try both.requests.pair()
        for number in 0..<Self.files { try both.laptop.put("\(number)", at: "f\(number)") }
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")

        try Mounts.unmount(root.url.path)
        isMounted = false
        live.live.pause()
        #expect(live.wait { live.isPaused })
        live.live.resume()
        let error = try #require(Self.halt(of: live), "\(live.live.status.phase)")
        print("roots: \(side), it was unmounted: \(error.code): \(error.message)")
        #expect(Self.contents(other).count == Self.files)
        #expect(Self.contents(root).isEmpty)

        try Command.run("mount", ["--bind", disk.url.path, root.url.path])
        isMounted = true
        live.live.resume()
        try other.put("new", at: "new")
        #expect(live.wait { root.text("new") == "new" }, "\(live.live.status.phase)")
        #expect(live.live.stop(until: .now() + .seconds(20)))
    }

    /// The error a pair stands still with, once it does.
    private static func halt(of live: LiveFixture) -> SyncError? {
        var found: SyncError?
        _ = live.wait {
            switch live.live.status.phase {
            case .halted(let error): found = error
            case .waiting(let error, _) where error.code != .unreachable: found = error
            default: break
            }
            return found != nil
        }
        return found
    }
}
