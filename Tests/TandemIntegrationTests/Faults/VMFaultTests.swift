import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// What goes wrong on the vm, or with what lies there.
@Suite(.serialized) struct VMFaultTests {
    private let live: LivePair

    init() throws {
        live = try LivePair()
        try live.write("content", to: "file")
    }

    private func expectHalt(
        _ sentence: String,
        next: String,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let end = try live.push()
        #expect(end.code == 3, "\(end.said)", sourceLocation: location)
        #expect(end.errors.contains(sentence), "\(end.said)", sourceLocation: location)
        #expect(end.errors.contains("next: \(next)"), "\(end.said)", sourceLocation: location)
        #expect(end.errors.contains("pair laptop: \(live.destination)"), sourceLocation: location)
    }

    @Test(.tags(.live, .fault)) func `a root that is gone halts, and goes on when it is back`()
        throws
    {
        #expect(try live.push().code == 0)
        try live.write("more", to: "more")
        try FileManager.default.moveItem(atPath: live.root, toPath: live.root + "-away")
        try expectHalt(
            "the receiver: the root cannot be opened: No such file or directory",
            next: "check the directory on the vm"
        )
        try FileManager.default.createDirectory(
            atPath: live.root,
            withIntermediateDirectories: true
        )
        try expectHalt(
            "the vm has no record of this pair: another volume, or a new one; nothing was applied",
            next: "if this is the right vm directory, `tandem adopt` starts anew"
        )
        #expect(live.onVM("more") == nil)
        try FileManager.default.removeItem(atPath: live.root)
        try FileManager.default.moveItem(atPath: live.root + "-away", toPath: live.root)
        #expect(try live.push().code == 0)
        #expect(try live.differences() == "")
    }

    @Test(.tags(.live, .fault))
    func `bad input 103: a receiver that does not know the pair says so`() throws {
        live.stopReceiver()
        try FileManager.default.moveItem(atPath: live.state, toPath: live.state + "-away")
        try FileManager.default.createDirectory(
            atPath: live.state,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        try live.startReceiver()
        try expectHalt(
            "the receiver: this receiver does not know the pair",
            next: "run `tandem pair` again"
        )
        #expect(live.onVM("file") == nil)
        try live.pair()
        #expect(try live.push().code == 0)
        #expect(try live.differences() == "")
    }

    @Test(.tags(.live, .fault))
    func `bad input 50 and 51: what the vm may not change is told, and the rest goes on`() throws {
        live.stopReceiver()
        try live.startReceiver(through: LivePair.withoutPrivilege)
        for name in ["closed/file", "open/file", "fixed"] { try live.write("old", to: name) }
        #expect(try live.push().code == 0)
        let fixed =
            Command.path(of: "chattr") != nil
            && (try? Command.run("chattr", ["+i", "\(live.root)/fixed"])) != nil
        try setMode(0o500, of: "\(live.root)/closed")
        for name in ["closed/file", "open/file", "fixed"] { try live.write("new", to: name) }
        let end = try live.push()
        try setMode(0o700, of: "\(live.root)/closed")
        if fixed { try Command.run("chattr", ["-i", "\(live.root)/fixed"]) }
        #expect(end.code == 2, "\(end.said)")
        #expect(end.output.contains("closed/file  the vm's file system does not permit it"))
        #expect(live.onVM("closed/file") == "old")
        #expect(live.onVM("open/file") == "new")
        #expect(live.onVM("fixed") == (fixed ? "old" : "new"))
        let again = try live.push()
        #expect(again.code == 0, "\(again.said)")
        #expect(try live.differences() == "")
    }

    @Test(.tags(.live)) func `bad input 35: a hard link that leads out is never written through`()
        throws
    {
        #expect(try live.push().code == 0)
        let outside = live.directory.path("vm/outside")
        try FileManager.default.linkItem(atPath: "\(live.root)/file", toPath: outside)
        try live.write("changed", to: "file")
        #expect(try live.push().code == 0)
        #expect(live.onVM("file") == "changed")
        #expect(try String(contentsOfFile: outside, encoding: .utf8) == "content")
    }

    @Test(.tags(.live)) func `bad input 55: a program that runs on the vm is replaced`() throws {
        let path = try #require(Command.path(of: "sleep"))
        let image = try Data(contentsOf: URL(fileURLWithPath: path))
        try live.write(image, to: "program")
        try setMode(0o755, of: "\(live.laptop)/program")
        #expect(try live.push().code == 0)
        let running = try RunningProgram("\(live.root)/program", ["60"])
        try live.write(image + Data("more".utf8), to: "program")
        #expect(try live.push().code == 0)
        #expect(running.process.isRunning)
        #expect(try live.differences() == "")
    }

    private func setMode(_ mode: Int, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
}
