import Foundation
import TandemSystem
import Testing

@testable import TandemCommands

/// Restores in place by command, with the real engine, store, receiver and snapshot service.
struct RestoreInPlaceTests {
    private let playground: Playground
    private let daemons: TwoDaemons
    private let laptop: String

    init() throws {
        playground = try Playground()
        laptop = try playground.make("shop")
        daemons = try TwoDaemons(in: playground)
        try write("one", to: "a.txt", on: laptop)
        try write("stays", to: "src/b.txt", on: laptop)
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        #expect(tandem("push").code == .done)
        #expect(tandem("snapshot", "now", "--label", "good").code == .done)
    }

    private func tandem(_ arguments: String..., answers: [String]? = nil) -> Playground.End {
        playground.tandem(arguments, dialer: daemons, answers: answers)
    }

    private func write(_ text: String, to path: String, on side: String) throws {
        try writeFile(text, to: path, on: side)
    }

    private func read(_ path: String) -> String? {
        try? String(contentsOf: URL(filePath: "\(daemons.vm)/\(path)"), encoding: .utf8)
    }

    @Test func `the plan is shown, asked about and done, and the shelf undoes it`() throws {
        try write("two", to: "a.txt", on: daemons.vm)
        try write("new", to: "src/new.txt", on: daemons.vm)
        let plan = tandem("snapshot", "restore", "latest", "--in-place", "-n", "--delete")
        #expect(plan.code == .done, "\(plan)")
        #expect(plan.output.contains("M  a.txt") && plan.output.contains("D  src/new.txt"))
        #expect(read("a.txt") == "two")
        #expect(tandem("snapshot", "restore", "latest", "--in-place").code == .usage)
        let no = tandem("snapshot", "restore", "latest", "--in-place", answers: ["no"])
        #expect(no.code == .halted && read("a.txt") == "two")

        let done = tandem(
            "snapshot",
            "restore",
            "latest",
            "--in-place",
            "--delete",
            answers: ["yes"]
        )
        #expect(done.code == .done, "\(done)")
        #expect(done.errors.contains("would restore snapshot"))
        #expect(done.output.contains("devvm:/app: 2 changes"))
        #expect(read("a.txt") == "one" && read("src/new.txt") == nil)
        #expect(tandem("push").output.hasPrefix("in sync"))

        let shelf = tandem("recover", "list", "--json").output
        let document = try JSONSerialization.jsonObject(with: Data(shelf.utf8)) as? [String: Any]
        let items = try #require(document?["items"] as? [[String: Any]], "\(shelf)")
        let item = try #require(items.first { $0["path"] as? String == "src/new.txt" }, "\(shelf)")
        let id = try #require(item["id"] as? String, "\(shelf)")
        #expect(tandem("recover", "restore", id).code == .done)
        #expect(read("src/new.txt") == "new")
    }

    @Test func `a part is restored, the rest stays, and a script gets one object`() throws {
        try write("two", to: "a.txt", on: daemons.vm)
        try write("two", to: "src/b.txt", on: daemons.vm)
        try write("new", to: "src/new.txt", on: daemons.vm)
        let done = tandem(
            "snapshot",
            "restore",
            "latest",
            "src/b.txt",
            "--in-place",
            "--yes",
            "--json"
        )
        #expect(done.code == .done, "\(done)")
        let document =
            try JSONSerialization.jsonObject(with: Data(done.output.utf8)) as? [String: Any]
        #expect(document?["applied"] as? Int == 1)
        #expect(read("src/b.txt") == "stays" && read("a.txt") == "two")
        let again = tandem("snapshot", "restore", "latest", "src", "--in-place", "--yes")
        #expect(again.code == .done && again.output.contains("nothing to restore"), "\(again)")
        #expect(again.output.contains("1 entry that the snapshot lacks: left there"))
    }

    @Test func `where to must be said, once`() {
        #expect(tandem("snapshot", "restore", "latest").code == .usage)
        #expect(tandem("snapshot", "restore", "latest", "--in-place", "--to", "x").code == .usage)
        #expect(tandem("snapshot", "restore", "latest", "--to", "x", "--delete").code == .usage)
        let missing = tandem("snapshot", "restore", "latest", "none", "--in-place", "--yes")
        #expect(missing.code == .failed && missing.errors.contains("has no none"), "\(missing)")
    }
}
