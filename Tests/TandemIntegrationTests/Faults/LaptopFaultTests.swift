import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// What goes wrong on the laptop; nothing is applied on the vm unless a test says so.
@Suite(.serialized) struct LaptopFaultTests {
    private let live: LivePair

    init() throws {
        live = try LivePair()
        try live.write("content", to: "file")
        #expect(try live.push().code == 0)
        try live.write("changed", to: "file")
    }

    /// Pushes as somebody whom permissions bind, and expects no change on the vm.
    private func expect(
        _ code: Int32,
        _ sentence: String,
        next: String,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let end = try live.push("laptop", through: LivePair.withoutPrivilege)
        #expect(end.code == code, "\(end.said)", sourceLocation: location)
        #expect(end.errors.contains(sentence), "\(end.said)", sourceLocation: location)
        #expect(end.errors.contains("  next: \(next)"), "\(end.said)", sourceLocation: location)
        #expect(live.onVM("file") == "content", sourceLocation: location)
    }

    private func setMode(_ mode: Int, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func expectRecovery() throws {
        let end = try live.push()
        #expect(end.code == 0, "\(end.said)")
        #expect(try live.differences() == "")
    }

    @Test(.tags(.live, .fault))
    func `bad input 68 to 70 and 72: a root that is away, replaced or closed halts`() throws {
        let away = live.laptop + "-away"
        let files = FileManager.default
        let halt = "the laptop root cannot be opened: open directory \(live.laptop): "
        let next = "mount it or put it back; nothing was applied on the vm"
        try setMode(0, of: live.laptop)
        try expect(3, halt + "Permission denied", next: next)
        try setMode(0o700, of: live.laptop)
        try files.moveItem(atPath: live.laptop, toPath: away)
        try expect(3, halt + "No such file or directory", next: next)
        try files.createSymbolicLink(atPath: live.laptop, withDestinationPath: away)
        try expect(3, halt, next: next)
        try files.removeItem(atPath: live.laptop)
        try Data("a file".utf8).write(to: URL(fileURLWithPath: live.laptop))
        try expect(3, halt + "Not a directory", next: next)
        try files.removeItem(atPath: live.laptop)
        try files.createDirectory(atPath: live.laptop, withIntermediateDirectories: false)
        try expect(
            3,
            "another directory stands at \(live.laptop) than the one that was paired",
            next: "put the right one back, or run `tandem adopt`"
        )
        try files.removeItem(atPath: live.laptop)
        try files.moveItem(atPath: away, toPath: live.laptop)
        try expectRecovery()
    }

    @Test(.tags(.live, .fault))
    func `bad input 86: state that others may change, or that cannot be written, is refused`()
        throws
    {
        let pair = try live.pairState
        try setMode(0o777, of: pair)
        try expect(77, "(mode 777; chmod 700 it) \(pair)", next: "check who owns it")
        try setMode(0o700, of: pair)
        try setMode(0o777, of: "\(live.home)/state")
        try expect(77, "(mode 777; chmod 700 it) \(live.home)/state", next: "check who owns it")
        try setMode(0o500, of: "\(live.home)/state")
        try setMode(0o500, of: pair)
        try expect(77, "\(live.home)/state", next: "check who owns it")
        try setMode(0o700, of: "\(live.home)/state")
        try setMode(0o700, of: pair)
        try expectRecovery()
    }

    @Test(.tags(.live, .fault), arguments: ["cut", "empty", "directory", "gone"])
    func `bad input 79, 82 and 83: a lost archive halts, and adopt unites both sides`(
        _ how: String
    ) throws {
        let pair = try live.pairState
        let files = FileManager.default
        let names = try files.contentsOfDirectory(atPath: pair).filter { $0.hasPrefix("archive") }
        #expect(!names.isEmpty)
        for name in names {
            let path = "\(pair)/\(name)"
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try files.removeItem(atPath: path)
            switch how {
            case "cut":
                try bytes.dropLast(bytes.count / 2 + 1).write(to: URL(fileURLWithPath: path))
            case "empty": try Data().write(to: URL(fileURLWithPath: path))
            case "directory":
                try files.createDirectory(atPath: path, withIntermediateDirectories: false)
            default: break
            }
        }
        let end = try live.push()
        #expect(end.code == 3, "\(end.said)")
        #expect(end.errors.contains("archive"), "\(end.said)")
        #expect(end.errors.contains("tandem adopt"), "\(end.said)")
        #expect(live.onVM("file") == "content")
        let adopted = try live.tandem(["adopt", "--yes"])
        #expect(adopted.code == 0, "\(adopted.said)")
        let united = try live.push()
        #expect(united.code == 1, "\(united.said)")
        #expect(live.onVM("file") == "content", "both sides' values are kept")
    }

    @Test(.tags(.live, .fault))
    func `bad input 87: a tandem.yml that does not fit is refused by file and line`() throws {
        let folder = live.directory.path("other")
        let cases = [
            ("vm: vm\nvmm: x\n", ":2:1: unknown key"), ("sync: 7\nvm: [vm]\n", ":1:7: "),
            ("vm: vm\nvm: other\n", ":1:1: "),
            (String(repeating: "# 10 MB\n", count: 10 << 17), ": File too large"),
        ]
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        for (text, sentence) in cases {
            try live.directory.write(text, to: "other/tandem.yml")
            let end = try live.tandem(["pair"], through: ["env", "-C", folder])
            #expect(end.code == 78, "\(end.said)")
            #expect(end.errors.contains("\(folder)/tandem.yml\(sentence)"), "\(end.said)")
            #expect(end.said.utf8.count < 2_000, "the file itself is not repeated")
        }
    }
}
