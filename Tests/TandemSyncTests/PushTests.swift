import Foundation
import TandemSync
import TandemTestSupport
import TandemTree
import Testing

struct PushTests {
    @Test func `a first push brings every kind of entry, and the trees are equal`() throws {
        let both = try PairFixture()
        try both.laptop.makeDirectory("src/deep/er")
        try both.laptop.makeDirectory("empty")
        try both.laptop.write("hello", to: "src/a.txt")
        try both.laptop.write("#!/bin/sh\n", to: "src/run.sh", mode: 0o755)
        try both.laptop.write("", to: "src/deep/er/nothing")
        try both.laptop.link("src/link", to: "a.txt")
        try both.laptop.write(String(repeating: "x", count: 3_000_000), to: "big")

        let report = try both.push()

        #expect(try both.differences() == "")
        #expect(report.verdict == .inSync)
        #expect(report.generation == 1)
        #expect(report.conflicts.isEmpty && report.refusals.isEmpty)
    }

    @Test func `a second push has nothing to do`() throws {
        let both = try PairFixture()
        try both.laptop.write("one", to: "a")
        _ = try both.push()

        let report = try both.push()

        #expect(report.verdict == .inSync)
        #expect(report.changes.isEmpty)
        #expect(report.sentContentBytes == 0)
        #expect(report.generation == 1)
    }

    @Test func `an edit sends that file only, and the old content is on the shelf`() throws {
        let both = try PairFixture()
        try both.laptop.write("one", to: "a")
        try both.laptop.write("stays", to: "b")
        _ = try both.push()
        try both.laptop.write("two and more", to: "a")

        let report = try both.push()

        #expect(try both.vm.read("a") == "two and more")
        #expect(report.changes.map(\.path.description) == ["a"])
        #expect(report.sentContentBytes == 12)
        let shelved = try both.requests.shelf(prefix: .root)
        #expect(shelved.map(\.path.description) == ["a"])
        try both.requests.restore(
            item: shelved[0].id,
            to: RelativePath(trusted: Array("a.old".utf8))
        )
        #expect(try both.vm.read("a.old") == "one")
    }

    @Test func `a deletion on the laptop goes to the vm's shelf`() throws {
        let both = try PairFixture()
        try both.laptop.makeDirectory("d/e")
        try both.laptop.write("kept", to: "d/e/file")
        try both.laptop.write("stays", to: "b")
        _ = try both.push()
        try both.laptop.remove("d")

        let report = try both.push()

        #expect(report.verdict == .inSync)
        #expect(!both.vm.exists("d"))
        #expect(try both.requests.shelf(prefix: .root).map(\.path.description) == ["d"])
    }

    @Test func `what the vm changed is a conflict and stays as it is`() throws {
        let both = try PairFixture()
        try both.laptop.write("base", to: "a")
        try both.laptop.write("base", to: "only-vm")
        _ = try both.push()
        try both.vm.write("vm's", to: "a")
        try both.vm.write("vm's own", to: "only-vm")
        try both.laptop.write("laptop's", to: "a")

        for _ in 0..<2 {
            let report = try both.push()
            #expect(report.conflicts.map(\.path.description) == ["a"])
            #expect(report.vmOnly.map(\.path.description) == ["only-vm"])
            #expect(report.verdict == .pushed)
            #expect(try both.vm.read("a") == "vm's")
            #expect(try both.vm.read("only-vm") == "vm's own")
        }
    }

    @Test func `a renamed directory is one move and sends no content`() throws {
        let both = try PairFixture()
        try both.laptop.makeDirectory("old/sub")
        for number in 0..<50 {
            try both.laptop.write("content \(number)", to: "old/sub/f\(number)")
        }
        _ = try both.push()
        try both.laptop.move("old", to: "new")

        let report = try both.push()

        #expect(report.changes.count == 1)
        #expect(report.sentContentBytes == 0)
        #expect(report.verdict == .inSync)
        #expect(try both.differences() == "")
    }

    @Test func `a populated vm is united: the same is agreed, what differs is a conflict`() throws {
        let both = try PairFixture()
        try both.laptop.write("same", to: "same")
        try both.vm.write("same", to: "same")
        try both.laptop.write("laptop", to: "differs")
        try both.vm.write("vm", to: "differs")
        try both.vm.write("vm", to: "vm-only")
        try both.laptop.write("laptop", to: "laptop-only")

        let report = try both.push()

        #expect(report.conflicts.map(\.path.description) == ["differs"])
        #expect(report.vmOnly.map(\.path.description) == ["vm-only"])
        #expect(report.sentContentBytes == 6)
        #expect(try both.vm.read("differs") == "vm")
        #expect(try both.vm.read("laptop-only") == "laptop")
    }

    @Test func `a file that becomes a directory, and back, is pushed both times`() throws {
        let both = try PairFixture()
        try both.laptop.write("file", to: "x")
        _ = try both.push()
        try both.laptop.remove("x")
        try both.laptop.makeDirectory("x/y")
        try both.laptop.write("inner", to: "x/y/z")
        #expect(try both.push().verdict == .inSync)
        #expect(try both.differences() == "")
        try both.laptop.remove("x")
        try both.laptop.write("file again", to: "x")
        #expect(try both.push().verdict == .inSync)
        #expect(try both.differences() == "")
    }

    @Test func `ignored files are neither sent nor deleted`() throws {
        let both = try PairFixture()
        try both.laptop.write("*.o\n", to: ".gitignore")
        try both.laptop.write("object", to: "a.o")
        try both.vm.write("vm object", to: "b.o")
        try both.laptop.write("source", to: "a.c")

        let report = try both.push()

        #expect(report.verdict == .inSync)
        #expect(!both.vm.exists("a.o"))
        #expect(try both.vm.read("b.o") == "vm object")
    }

    @Test func `an emptied laptop root halts, and nothing is deleted on the vm`() throws {
        let both = try PairFixture()
        for number in 0..<5 { try both.laptop.write("\(number)", to: "f\(number)") }
        _ = try both.push()
        for number in 0..<5 { try both.laptop.remove("f\(number)") }

        let error = #expect(throws: SyncError.self) { try both.push() }

        #expect(error?.code == .halted)
        #expect(both.vm.exists("f0"))
        var accepted = PushOptions()
        accepted.acceptedDeletions = 5
        #expect(try both.push(accepted).verdict == .inSync)
        #expect(!both.vm.exists("f0"))
    }

    @Test func `a vm root that was replaced is amnesia, and adopt unites`() throws {
        let both = try PairFixture()
        try both.laptop.write("one", to: "a")
        try both.laptop.write("two", to: "b")
        _ = try both.push()
        try both.vm.remove(".tandem")
        try both.vm.write("the vm's", to: "a")
        try both.vm.remove("b")

        let error = #expect(throws: SyncError.self) { try both.push() }
        #expect(error?.code == .amnesia)
        #expect(try both.vm.read("a") == "the vm's")

        _ = try both.requests.adopt()
        let report = try both.push()
        #expect(report.conflicts.map(\.path.description) == ["a"])
        #expect(try both.vm.read("b") == "two")
    }

    @Test func `a plan changes nothing on either side`() throws {
        let both = try PairFixture()
        try both.laptop.write("one", to: "a")

        let report = try both.push(PushOptions(purpose: .plan))

        #expect(report.verdict == .planned)
        #expect(report.changes.map(\.path.description) == ["a"])
        #expect(!both.vm.exists("a"))
    }
}
