import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// A snapshot brought back in place by the real programs over a real sshd.
@Suite(.tags(.live)) struct RestorePlaceTests {
    @Test func `one path is brought back, and the next syncs take it for the vm's own`() throws {
        let scene = try SnapshotPair()
        let pair = scene.pair
        let snapshot = try Self.begin(scene)
        try Self.change(pair, "two")
        try pair.push("-C", pair.laptop).expectSuccess()

        let restored = try scene.restore(snapshot, ["src"])
        #expect(restored.exit == .status(0), "\(restored.said)")
        #expect(restored.report?.notInSnapshot == 1)
        #expect(pair.onVM("src/a.txt") == "one" && pair.onVM("src/gone.txt") == "one")
        #expect(pair.onVM("src/new.txt") == "two", "what the snapshot lacks stays")
        #expect(pair.onVM("other.txt") == "two", "only what was asked for is brought back")
        #expect(try scene.shelf().map(\.path).contains("src/a.txt"))

        // A push brings nothing to the laptop, and does not undo it.
        let push = try pair.push("-C", pair.laptop)
        #expect(push.code == 0 || push.code == 1, "\(push.said)")
        #expect(!push.said.contains("conflict"), "\(push.said)")
        #expect(pair.onVM("src/a.txt") == "one")
        let agent = try AgentOnSSH(pair)
        try agent.tandem("up", "--all").expectSuccess()
        try agent.flush()
        #expect(agent.read("src/a.txt", on: pair.laptop) == "one")
        #expect(agent.read("src/gone.txt", on: pair.laptop) == "one")
        #expect(agent.read("other.txt", on: pair.laptop) == "two")
        #expect(try pair.differences() == "")
        #expect(try agent.tandem("conflicts", "-C", pair.laptop).code == 0)
    }

    @Test func `a whole tree is brought back, and recover takes back what it replaced`() throws {
        let scene = try SnapshotPair()
        let pair = scene.pair
        let snapshot = try Self.begin(scene)
        try Self.change(pair, "two")
        try pair.push("-C", pair.laptop).expectSuccess()
        // What only the vm has goes, too, and only a shelf has it then.
        try Data("the vm's".utf8).write(to: URL(filePath: "\(pair.root)/own.txt"))

        let restored = try scene.restore(snapshot, ["--delete"])
        #expect(restored.exit == .status(0), "\(restored.said)")
        #expect(try scene.differences(snapshot, pair.root) == "")
        let shelf = try scene.shelf()
        let shelved = Set(shelf.map(\.path))
        let replaced = ["src/a.txt", "src/new.txt", "other.txt", "own.txt", "kind"]
        #expect(shelved.isSuperset(of: replaced), "\(shelved)")
        let agent = try AgentOnSSH(pair)
        try agent.tandem("up", "--all").expectSuccess()
        try agent.flush()
        #expect(try scene.differences(snapshot, pair.laptop) == "")
        #expect(try agent.tandem("conflicts", "-C", pair.laptop).code == 0)

        // The undo: what was brought back gives way first, as nothing is taken back over it.
        for path in replaced {
            let item = try #require(shelf.first { $0.path == path })
            let refused = try agent.tandem("recover", "restore", item.id, "-C", pair.laptop)
            let stood = path != "src/new.txt" && path != "own.txt"
            #expect((refused.code == 0) == !stood, "\(path): \(refused.said)")
            guard stood else { continue }
            try FileManager.default.removeItem(atPath: "\(pair.root)/\(path)")
            try agent.tandem("recover", "restore", item.id, "-C", pair.laptop).expectSuccess()
        }
        try agent.flush()
        for path in replaced.dropLast() where path != "own.txt" {
            #expect(agent.read(path, on: pair.laptop) == "two", "\(path)")
        }
        #expect(agent.read("own.txt", on: pair.laptop) == "the vm's")
        #expect(agent.read("kind/file", on: pair.laptop) == "two")
        #expect(try pair.differences() == "")
        try scene.expectReadable(snapshot)
    }

    @Test func `a pair that the agent holds brings the restore to the laptop by itself`() throws {
        let scene = try SnapshotPair()
        let agent = try AgentOnSSH(scene.pair)
        let snapshot = try Self.begin(scene, agent)
        try Self.change(scene.pair, "two")
        try agent.flush()

        let restored = try scene.restore(snapshot, ["--delete"])
        #expect(restored.exit == .status(0), "\(restored.said)")
        try agent.flush()
        for side in [scene.pair.root, scene.pair.laptop] {
            #expect(try scene.differences(snapshot, side) == "")
        }
        #expect(try agent.tandem("conflicts", "-C", scene.pair.laptop).code == 0)
        let shelved = Set(try scene.shelf().map(\.path))
        #expect(shelved.isSuperset(of: ["src/a.txt", "src/new.txt", "kind"]), "\(shelved)")
        // It is a change like any other: work goes on from there.
        try agent.write("three", to: "src/a.txt", on: scene.pair.laptop)
        try agent.flush()
        #expect(scene.pair.onVM("src/a.txt") == "three")
    }

    @Test func `edits made while a person thinks are kept and named, and the agent goes on`() throws
    {
        let scene = try SnapshotPair()
        let (pair, agent) = (scene.pair, try AgentOnSSH(scene.pair))
        let snapshot = try Self.begin(scene, agent)
        try Self.change(pair, "two")
        try agent.flush()
        let tandem = try BuiltProgram.path("tandem")
        let end = try Terminal.run(
            [tandem, "snapshot", "restore", snapshot.id, "--in-place", "--delete"]
                + ["-C", pair.laptop],
            environment: pair.environment,
            answering: "Go on?",
            with: "yes"
        ) {
            // The agent keeps the pair meanwhile, so what the laptop saves gets to the vm.
            try agent.write("three", to: "src/a.txt", on: pair.laptop)
            try agent.write("three", to: "other.txt", on: pair.root)
            try agent.write("three", to: "src/new.txt", on: pair.root)
            try agent.flush()
        }
        #expect(end.exit == .status(1), "\(end.text)")
        #expect(end.text.contains("3 left as they are"), "\(end.text)")
        for path in ["src/a.txt", "other.txt", "src/new.txt"] {
            #expect(end.text.contains("\(path)  it changed after the plan was made"), "\(end.text)")
        }
        try agent.flush()
        for side in [pair.root, pair.laptop] {
            for path in ["src/a.txt", "other.txt", "src/new.txt"] {
                #expect(agent.read(path, on: side) == "three", "\(path) on \(side)")
            }
            #expect(agent.read("src/gone.txt", on: side) == "one")
            #expect(agent.read("kind", on: side) == "one")
        }
        #expect(try pair.differences() == "")
        #expect(try agent.tandem("conflicts", "-C", pair.laptop).code == 0)
    }

    @Test func `two restores at once leave each path whole, and lose nothing`() throws {
        var tree = try RestoredTree(seed: 3)
        tree.change()
        let commands = try (0..<2).map { _ in try tree.scene.pair.start(tree.words) }
        // The later one may find that what it planned is done.
        for end in try commands.map({ try Restored($0) }) {
            #expect(end.exit == .status(0) || end.exit == .status(1), "\(end.said)")
        }
        try tree.expectWhole("two restores")
        try tree.expectFinished("two restores")
    }

    @Test func `a program that never stops saving loses nothing to restores`() throws {
        var tree = try RestoredTree(seed: 4)
        var refused = 0
        for _ in 1...(LinkLifeTests.number("RESTORE_KILLS") ?? 1) {
            tree.change()
            let (pair, words) = (tree.scene.pair, tree.words)
            let restored = try tree.besideProgram { try Restored(pair.start(words)) }
            let isDone = restored.exit == .status(0) || restored.exit == .status(1)
            #expect(isDone, "\(restored.said)")
            refused += restored.kept.count
            try tree.expectNothingLost("while it saved")
            try tree.expectFinished("after it stopped")
        }
        print("restores beside a busy program: \(refused) newer edits kept")
    }

    @Test func `a vm that was emptied halts the pair, and a restore lets it go on`() throws {
        let scene = try SnapshotPair()
        let (pair, agent) = (scene.pair, try AgentOnSSH(scene.pair))
        let snapshot = try Self.begin(scene, agent)
        // Nobody looks meanwhile, so that it is one deletion of all and not one after the other.
        pair.stopReceiver()
        for name in try FileManager.default.contentsOfDirectory(atPath: pair.root)
        where name != ".tandem" {
            try FileManager.default.removeItem(atPath: "\(pair.root)/\(name)")
        }
        try pair.startReceiver()
        _ = try agent.waitForStatus(#""phase" : "halted""#, within: 60)
        #expect(agent.read("src/a.txt", on: pair.laptop) == "one", "nothing is deleted for it")
        let restored = try scene.restore(snapshot)
        #expect(restored.exit == .status(0), "\(restored.said)")
        try agent.flush()
        for side in [pair.root, pair.laptop] {
            #expect(try scene.differences(snapshot, side) == "")
        }
        try agent.write("two", to: "src/a.txt", on: pair.laptop)
        try agent.flush()
        #expect(pair.onVM("src/a.txt") == "two")
    }

    @Test func `a root that was made anew is filled by a restore, and adopted`() throws {
        let scene = try SnapshotPair()
        let (pair, agent) = (scene.pair, try AgentOnSSH(scene.pair))
        let snapshot = try Self.begin(scene, agent)
        try FileManager.default.moveItem(
            atPath: pair.root,
            toPath: pair.directory.path("vm/old")
        )
        try FileManager.default.createDirectory(
            atPath: pair.root,
            withIntermediateDirectories: false
        )
        _ = try agent.waitForStatus(#""phase" : "halted""#, within: 60)
        let restored = try scene.restore(snapshot)
        #expect(restored.exit == .status(0), "\(restored.said)")
        #expect(try scene.differences(snapshot, pair.root) == "")
        // The record of what both sides agreed on went with the old one, and is not made up.
        try agent.flush(3)
        try agent.tandem("adopt", "--yes", "-C", pair.laptop).expectSuccess()
        try agent.flush()
        #expect(try scene.differences(snapshot, pair.laptop) == "")
        try agent.write("two", to: "src/a.txt", on: pair.root)
        try agent.flush()
        #expect(agent.read("src/a.txt", on: pair.laptop) == "two")
    }

    /// Brings both sides to a first state, and takes a snapshot of it.
    private static func begin(
        _ scene: SnapshotPair,
        _ agent: AgentOnSSH? = nil
    ) throws -> SnapshotPair.Snapshot {
        let pair = scene.pair
        for name in ["src/a.txt", "src/gone.txt", "src/same.txt", "other.txt", "kind"] {
            try pair.write("one", to: name)
        }
        if let agent {
            try agent.tandem("up", "--all").expectSuccess()
            try agent.flush()
        } else {
            try pair.push("-C", pair.laptop).expectSuccess()
        }
        return try scene.take()
    }

    /// Edits, adds, removes, and makes a directory of a file, on the laptop.
    private static func change(_ pair: LivePair, _ text: String) throws {
        for name in ["src/gone.txt", "kind"] {
            try FileManager.default.removeItem(atPath: "\(pair.laptop)/\(name)")
        }
        for name in ["src/a.txt", "src/new.txt", "other.txt", "kind/file"] {
            try pair.write(text, to: name)
        }
    }
}
