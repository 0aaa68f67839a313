import Foundation
import Glibc
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

/// SAFETY 2.7, times: what a stamp may vouch for.
struct RacyScanTests {
    @Test func `bad input 59: a same-size edit in the tick of the scan is found`() throws {
        let root = try ScanRoot()
        try root.write("one", to: "f")
        let first = try root.scan(time: .now)
        // The second edit could share its times with the first on a coarse clock.
        try root.write("two", to: "f")
        let second = try root.scan(previous: first.tree, time: .now)
        expectTree(second, ["f": "two"])
        #expect(second.statistics.hashedFiles == 1)
    }

    @Test func `content read within the window is read again even when nothing changed`() throws {
        let root = try ScanRoot()
        try root.write("one", to: "f")
        let first = try root.scan(time: .now)
        let id = try #require(first.tree.find("f"))
        #expect(first.tree.stamp(of: id) == .zero)
        #expect(try root.scan(previous: first.tree).statistics.hashedFiles == 1)
        let settled = try root.scan(previous: first.tree)
        #expect(try root.scan(previous: settled.tree).statistics.hashedFiles == 0)
    }

    @Test func `bad input 60: an edit with size and mtime put back is found through ctime`() throws
    {
        let root = try ScanRoot()
        try root.write("one", to: "f")
        try root.setModified("f", 1_000_000, 5)
        let first = try root.scan()
        try root.write("two", to: "f")
        try root.setModified("f", 1_000_000, 5)
        expectTree(try root.scan(previous: first.tree), ["f": "two"])
    }

    @Test(arguments: [-1_000_000, -1, 0, 7_258_118_400, 253_402_300_799])
    func `bad inputs 56, 57: an mtime of 1969, 2200 or 9999 vouches like any other`(
        seconds: Int
    ) throws {
        let root = try ScanRoot()
        try root.write("text", to: "f")
        try root.setModified("f", seconds)
        let first = try root.scan()
        expectTree(first, ["f": "text"])
        #expect(try root.scan(previous: first.tree).statistics.hashedFiles == 0)
        try root.write("next", to: "f")
        expectTree(try root.scan(previous: first.tree), ["f": "next"])
    }

    @Test func `bad input 58: an mtime in the future is not hashed for ever`() throws {
        let root = try ScanRoot()
        try root.write("text", to: "f")
        try root.setModified("f", Int(MovedTime.now.wall / 1_000_000_000) + 86_400)
        let first = try root.scan()
        #expect(try root.scan(previous: first.tree).statistics.hashedFiles == 0)
    }

    @Test func `bad input 61: times without nanoseconds vouch too`() throws {
        let root = try ScanRoot()
        try root.write("text", to: "f")
        try root.setModified("f", 1_700_000_000, 0)
        let first = try root.scan()
        #expect(try root.scan(previous: first.tree).statistics.hashedFiles == 0)
    }

    @Test func `bad input 62: a touch without a change gives the same tree`() throws {
        let root = try ScanRoot()
        for number in 0..<100 { try root.write("\(number)", to: "f\(number)") }
        let first = try root.scan()
        for number in 0..<100 { try root.setModified("f\(number)", 1_700_000_000 + number) }
        let second = try root.scan(previous: first.tree)
        #expect(second.statistics.hashedFiles == 100)
        #expect(differences(from: first.tree, to: second.tree).isEmpty)
    }

    @Test func `the window is found without leaving anything behind`() throws {
        let root = try ScanRoot()
        let window = RacyWindow.probed(on: root.fileSystem, in: root.root.descriptor)
        #expect(window == .fine || window == .unknown)
        #expect(root.fileSystem.openDescriptors == 0)
        expectTree(try root.scan(), [:])
    }

    @Test func `where the window cannot be found the widest is taken`() throws {
        let root = try ScanRoot()
        root.fileSystem.reset(faults: [Fault(.mutating, .from(0), .fail(EROFS))])
        #expect(RacyWindow.probed(on: root.fileSystem, in: root.root.descriptor) == .unknown)
    }

    @Test func `a renamed directory is known by its inode, and nothing in it is hashed again`()
        throws
    {
        let root = try ScanRoot()
        try root.write("one", to: "old/sub/a")
        try root.write("two", to: "old/b")
        let first = try root.scan()
        try FileManager.default.moveItem(
            atPath: root.root.path + "/old",
            toPath: root.root.path + "/new"
        )
        let second = try root.scan(previous: first.tree)
        expectTree(second, ["new": ["sub": ["a": "one"], "b": "two"]])
        #expect(second.statistics.hashedFiles == 0)
    }

    @Test func `an edit in a renamed directory is found`() throws {
        let root = try ScanRoot()
        try root.write("one", to: "old/a")
        let first = try root.scan()
        try FileManager.default.moveItem(
            atPath: root.root.path + "/old",
            toPath: root.root.path + "/new"
        )
        try root.write("two", to: "new/a")
        expectTree(try root.scan(previous: first.tree), ["new": ["a": "two"]])
    }
}
