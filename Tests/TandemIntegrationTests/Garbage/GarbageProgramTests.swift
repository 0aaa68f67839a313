import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// `tandem garbage` by the real programs on both machines, over a real sshd, with a real git.
struct GarbageProgramTests {
    private static let root = "my \"app\"; touch x"

    private struct Document: Decodable {
        struct Side: Decodable {
            struct Kind: Decodable {
                var kind: String
                var entries: Int
            }

            var side: String
            var kinds: [Kind]
            var moved: Int
            var leftCount: Int

            var counts: [String: Int] {
                Dictionary(uniqueKeysWithValues: kinds.map { ($0.kind, $0.entries) })
            }
        }

        var batch: String?
        var sides: [Side]
    }

    /// A deployed pair with garbage on both sides, a tracked `.pyc` and one behind a link.
    private func littered() throws -> DeployedVM {
        let vm = try DeployedVM()
        let deployed = try vm.deploy()
        guard deployed.exit == .status(0) else { throw CommandFailure(deployed.errors) }
        try vm.laptop.write("code", to: "main.py")
        try vm.laptop.write("shipped", to: "tracked.pyc")
        try vm.laptop.write("1", to: "left.pyc")
        try FileManager.default.createDirectory(
            atPath: vm.laptop.path("__pycache__"),
            withIntermediateDirectories: false
        )
        try vm.laptop.write("22", to: "__pycache__/a.pyc")
        try Command.run("git", ["init", "--quiet", vm.laptop.url.path])
        try Command.run("git", ["-C", vm.laptop.url.path, "add", "-f", "tracked.pyc"])
        guard try vm.push().exit == .status(0) else { throw CommandFailure("tandem push") }
        try write("333", "vm.pyc", vm)
        try write("the vm has it too", "tracked.pyc", vm)
        try write("4444", "p/__pycache__/deep/b", vm)
        try write("outside", "../outside/behind.pyc", vm)
        try FileManager.default.createSymbolicLink(
            atPath: "\(vm.home)/\(Self.root)/link",
            withDestinationPath: "../outside"
        )
        return vm
    }

    private func write(_ text: String, _ name: String, _ vm: DeployedVM) throws {
        let file = URL(filePath: "\(vm.home)/\(Self.root)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: file)
    }

    private func garbage(_ words: [String], _ vm: DeployedVM) throws -> Document {
        let run = try vm.tandem(["garbage", "-C", vm.laptop.url.path, "--both", "--json"] + words)
        let exit = try run.wait()
        guard exit == .status(0) else { throw CommandFailure("\(exit) \(run.errors)") }
        return try JSONDecoder().decode(Document.self, from: Data(run.output.utf8))
    }

    @Test(.tags(.live)) func `both sides are counted, cleaned and brought back`() throws {
        let vm = try littered()
        let looked = try garbage([], vm)
        #expect(
            looked.sides.map(\.counts) == [
                ["__pycache__": 1, "*.pyc": 1], ["__pycache__": 1, "*.pyc": 1],
            ]
        )
        #expect(looked.batch == nil && looked.sides.allSatisfy { $0.moved == 0 })

        let cleaned = try garbage(["--clean"], vm)
        #expect(cleaned.sides.map(\.moved) == [2, 2])
        let id = try #require(cleaned.batch)
        #expect(vm.read("vm.pyc") == nil && vm.read("p/__pycache__/deep/b") == nil)
        #expect(vm.read("tracked.pyc") == "the vm has it too")
        #expect(vm.read("../outside/behind.pyc") == "outside")
        #expect(try vm.laptop.read("tracked.pyc") == "shipped")
        #expect(try garbage([], vm).sides.allSatisfy { $0.kinds.isEmpty })
        // Nothing of it was a change.
        let push = try vm.push()
        #expect(push.report?.applied == 0, "\(push.summary)")

        let undone = try garbage(["--undo", id], vm)
        #expect(undone.sides.map(\.moved) == [2, 2])
        #expect(vm.read("vm.pyc") == "333" && vm.read("p/__pycache__/deep/b") == "4444")
        #expect(try vm.laptop.read("__pycache__/a.pyc") == "22")
        #expect(try vm.laptop.read("left.pyc") == "1")
    }

    @Test(.tags(.live)) func `a repository that git cannot read keeps everything in place`() throws
    {
        let vm = try littered()
        try write("not a repository", ".git", vm)
        let run = try vm.tandem(["garbage", "-C", vm.laptop.url.path, "--both", "--clean"])
        #expect(try run.wait() == .status(2))
        #expect(run.errors.contains("git on the vm did not say what it tracks"), "\(run.errors)")
        #expect(vm.read("vm.pyc") == "333")
        #expect(try vm.laptop.read("left.pyc") == "1")
    }

    @Test(.tags(.live)) func `a deletion goes through where only garbage is left behind`() throws {
        let vm = try littered()
        try FileManager.default.createDirectory(
            atPath: vm.laptop.path("d"),
            withIntermediateDirectories: false
        )
        try vm.laptop.write("1", to: "d/a.py")
        try FileManager.default.createDirectory(
            atPath: vm.laptop.path("e"),
            withIntermediateDirectories: false
        )
        try vm.laptop.write("1", to: "e/a.py")
        #expect(try vm.push().exit == .status(0))
        try write("bytecode", "d/__pycache__/a.pyc", vm)
        try write("kept", "e/run.log", vm)
        for name in ["d", "e"] {
            try FileManager.default.removeItem(atPath: vm.laptop.path(name))
        }
        let push = try vm.push()
        #expect(push.report?.applied == 1, "\(push.summary)")
        #expect(vm.read("d/__pycache__/a.pyc") == nil)
        // A log is nobody's garbage: the directory stays, and a person decides.
        #expect(vm.read("e/run.log") == "kept")
        #expect(push.exit != .status(0))
        #expect(((push.report?.conflicts ?? []) + (push.report?.notApplied ?? [])).count == 1)
        let shelf = try vm.tandem(["recover", "-C", vm.laptop.url.path, "--json"])
        #expect(try shelf.wait() == .status(0))
        let files = FileManager.default.enumerator(atPath: "\(vm.home)/\(Self.root)/.tandem/shelf")
        let kept = (files?.allObjects as? [String] ?? []).filter { $0.hasSuffix("/a.pyc") }
        #expect(kept.count == 1, "the garbage went to the shelf with its directory")
    }
}
