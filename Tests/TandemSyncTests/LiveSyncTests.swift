import Dispatch
import Foundation
import TandemProtocol
import TandemSync
import TandemTestSupport
import TandemTree
import Testing

@Suite(.serialized)
struct LiveSyncTests {
    private static func path(_ text: String) -> RelativePath {
        RelativePath(trusted: Array(text.utf8))
    }

    @Test func `what stands on either side comes together`() throws {
        let both = try PairFixture()
        try both.laptop.put("l", at: "src/laptop.txt")
        try both.vm.put("v", at: "src/vm.txt")
        try both.vm.put("#!/bin/sh\n", at: "bin/run")
        try both.vm.chmod("bin/run", 0o755)
        try both.vm.makeDirectory("empty/deep")
        try both.vm.link("bin/link", to: "run")
        try both.vm.put(String(repeating: "y", count: 3_000_000), at: "big")
        let live = LiveFixture(both)

        #expect(try live.differencesAfterFlush() == "")

        #expect(both.laptop.text("src/vm.txt") == "v")
        #expect(both.laptop.exists("empty/deep"))
        #expect(try both.laptop.target("bin/link") == "run")
        #expect(both.laptop.mode("bin/run") & 0o100 != 0)
        #expect(live.live.status.verdict == .ok)
    }

    @Test func `an edit on either side is at the other by itself`() throws {
        let both = try PairFixture()
        try both.laptop.put("one", at: "a")
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")

        try both.laptop.put("two", at: "a")
        #expect(live.wait { both.vm.text("a") == "two" })
        try both.vm.put("three", at: "a")
        #expect(live.wait { both.laptop.text("a") == "three" })
        try both.vm.put("new", at: "dir/sub/new")
        #expect(live.wait { both.laptop.text("dir/sub/new") == "new" })
        try both.laptop.remove("dir")
        #expect(live.wait { !both.vm.exists("dir") })
        #expect(try live.differencesAfterFlush() == "")
    }

    @Test func `what the vm removes leaves the laptop for its shelf`() throws {
        let both = try PairFixture()
        try both.laptop.put("kept", at: "a")
        try both.laptop.put("gone", at: "b")
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")

        try both.vm.remove("b")

        #expect(live.wait { !both.laptop.exists("b") })
        #expect(try live.differencesAfterFlush() == "")
        #expect(live.events.contains { $0.contains("removedOnLaptop") })
    }

    @Test func `a directory that is renamed on the vm is renamed on the laptop`() throws {
        let both = try PairFixture()
        for number in 0..<50 {
            let text = String(repeating: "\(number)", count: 1000)
            try both.laptop.put(text, at: "old/f\(number)")
        }
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")
        let received = live.live.status.wireBytesDown

        try both.vm.move("old", to: "new")

        #expect(live.wait { both.laptop.exists("new/f49") && !both.laptop.exists("old") })
        #expect(try live.differencesAfterFlush() == "")
        #expect(live.live.status.wireBytesDown - received < 20_000)
    }

    @Test(.tags(.regression), arguments: ["laptop", "vm"], [false, true])
    func `a directory with rules of its own that is renamed is renamed on the other side`(
        _ name: String,
        _ isWhileStopped: Bool
    ) throws {
        let both = try PairFixture()
        for number in 0..<50 { try both.laptop.put("text \(number)", at: "old/f\(number)") }
        try both.laptop.put("build/\n", at: "old/sub/.gitignore")
        try both.laptop.put("made on the laptop", at: "old/sub/build/laptop.o")
        try both.vm.put("made on the vm", at: "old/sub/build/vm.o")
        var live = LiveFixture(both)
        #expect(live.wait { both.vm.exists("old/f49") && both.laptop.exists("old/f49") })
        #expect(try live.flushed())
        if isWhileStopped {
            #expect(live.live.stop(until: .now() + LiveFixture.patience))
            live = LiveFixture(both, start: false)
        }

        let side = name == "laptop" ? both.laptop : both.vm
        try side.move("old", to: "new")
        if isWhileStopped { live.live.start() }

        #expect(live.wait { both.laptop.exists("new/f49") && both.vm.exists("new/f49") })
        #expect(try live.flushed())
        for (root, own, other) in [(both.laptop, "laptop", "vm"), (both.vm, "vm", "laptop")] {
            #expect(!root.exists("old"))
            #expect(root.text("new/sub/build/\(own).o") == "made on the \(own)")
            #expect(!root.exists("new/sub/build/\(other).o"))
        }
        #expect(!live.events.contains { $0.contains("halted") })
    }

    @Test(.tags(.regression))
    func `a directory that is renamed on the vm and edited on the way halts nothing`() throws {
        let both = try PairFixture()
        for number in 0..<50 { try both.laptop.put("text \(number)", at: "old/f\(number)") }
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")

        try both.vm.put("edited", at: "old/f7")
        try both.vm.move("old", to: "new")
        try both.vm.put("edited", at: "new/f8")

        #expect(live.wait { both.laptop.text("new/f8") == "edited" && !both.laptop.exists("old") })
        #expect(try live.differencesAfterFlush() == "")
        #expect(!live.events.contains { $0.contains("halted") })
    }

    @Test func `what both sides changed is a conflict that blocks nothing else`() throws {
        let both = try PairFixture()
        try both.laptop.put("base", at: "a")
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")
        live.live.pause()
        #expect(live.wait { live.isPaused })
        try both.laptop.put("from the laptop", at: "a")
        try both.vm.put("from the vm", at: "a")
        try both.vm.put("other", at: "b")
        live.live.resume()

        #expect(live.wait { both.laptop.text("b") == "other" })
        #expect(live.wait { live.live.status.conflicts.count == 1 })
        #expect(both.laptop.text("a") == "from the laptop")
        #expect(both.vm.text("a") == "from the vm")
        #expect(live.wait { live.live.status.verdict == .attention })
        let vm = try live.live.contents(
            of: Self.path("a"),
            on: .vm,
            limit: 1 << 20,
            until: .now() + LiveFixture.patience
        )
        #expect(vm == Array("from the vm".utf8))
    }

    @Test func `a conflict tells when the vm's value was modified, and its next one anew`() throws {
        let both = try PairFixture()
        try both.laptop.put("l", at: "d/a")
        try both.vm.put("v", at: "d/a")
        try both.vm.setModified("d/a", Self.longAgo)
        let live = LiveFixture(both)
        let modified = { live.live.status.conflicts.first?.vmModified }
        #expect(live.wait { modified() == Self.longAgo })
        #expect(live.wait { live.events.contains { $0.hasPrefix("conflictTimes") } })

        let later = Self.longAgo + 1_000_000_000
        let edited = try TemporaryDirectory()
        try edited.put("v, edited", at: "a")
        try edited.setModified("a", later)
        #expect(rename(edited.path("a"), both.vm.path("d/a")) == 0)
        #expect(live.wait { modified() == later })
        // Another link is another session, which asks anew; what was known is shown meanwhile.
        live.cut()
        #expect(live.wait { live.events.filter { $0.hasPrefix("linkUp") }.count == 2 })
        #expect(modified() == later)
    }

    @Test func `the time of a link in conflict is the link's own`() throws {
        let both = try PairFixture()
        try both.laptop.put("l", at: "a")
        let target = try TemporaryDirectory()
        try target.put("t", at: "t")
        try target.setModified("t", Self.longAgo)
        try both.vm.link("a", to: target.path("t"))
        let live = LiveFixture(both)
        #expect(live.wait { live.live.status.conflicts.first?.vmModified != nil })
        #expect(live.live.status.conflicts.first?.vmModified ?? 0 > Self.longAgo)
    }

    @Test func `a receiver that cannot tell times is asked for none, and all else goes on`() throws
    {
        let both = try PairFixture(capabilities: [.zstd, .live])
        try both.laptop.put("l", at: "a")
        try both.vm.put("v", at: "a")
        let live = LiveFixture(both)
        #expect(live.wait { live.live.status.conflicts.count == 1 })
        try both.laptop.put("other", at: "b")
        #expect(live.wait { both.vm.text("b") == "other" })
        #expect(live.live.status.conflicts.first?.vmModified == nil)
        #expect(!live.events.contains { $0.hasPrefix("linkDown") }, "\(live.events)")
    }

    /// 2001, in nanoseconds since 1970.
    private static let longAgo: Int64 = 1_000_000_000_000_000_000

    @Test(arguments: [Resolution.Keep.laptop, .vm, .both])
    func `a conflict is settled as it was said, and what loses is on a shelf`(
        keep: Resolution.Keep
    ) throws {
        let both = try PairFixture()
        try both.laptop.put("l", at: "a")
        try both.vm.put("v", at: "a")
        let live = LiveFixture(both)
        #expect(live.wait { live.live.status.conflicts.count == 1 })
        let conflict = try #require(live.live.status.conflicts.first?.conflict)

        try live.live.resolve(
            [
                Resolution(
                    path: conflict.path,
                    laptop: conflict.laptop,
                    vm: conflict.vm,
                    keep: keep
                )
            ],
            until: .now() + LiveFixture.patience
        )

        #expect(try live.differencesAfterFlush() == "")
        #expect(both.laptop.text("a") == (keep == .vm ? "v" : "l"))
        if keep == .both {
            let others = try both.laptop.names().filter { $0 != "a" && $0 != ".tandem" }
            #expect(others.map { both.laptop.text($0) } == ["v"])
        }
    }

    @Test func `a resolution of what was not shown settles nothing`() throws {
        let both = try PairFixture()
        try both.laptop.put("l", at: "a")
        try both.vm.put("v", at: "a")
        let live = LiveFixture(both)
        #expect(live.wait { live.live.status.conflicts.count == 1 })
        let shown = try #require(live.live.status.conflicts.first?.conflict)
        try both.vm.put("v, changed after it was shown", at: "a")
        #expect(live.wait { live.live.status.conflicts.first?.conflict.vm != shown.vm })

        #expect(throws: SyncError.self) {
            try live.live.resolve(
                [Resolution(path: shown.path, laptop: shown.laptop, vm: shown.vm, keep: .laptop)],
                until: .now() + LiveFixture.patience
            )
        }
        #expect(both.vm.text("a") == "v, changed after it was shown")
    }

    @Test func `a cut link is made again and nothing is missed`() throws {
        let both = try PairFixture()
        try both.laptop.put("one", at: "a")
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")

        for number in 0..<5 {
            live.cut()
            try both.laptop.put("laptop \(number)", at: "l\(number)")
            try both.vm.put("vm \(number)", at: "v\(number)")
            #expect(
                live.wait {
                    both.vm.text("l\(number)") != nil && both.laptop.text("v\(number)") != nil
                }
            )
        }
        #expect(try live.differencesAfterFlush() == "")
    }

    @Test func `an agent that starts again goes on where it was`() throws {
        let both = try PairFixture()
        try both.laptop.put("one", at: "a")
        do {
            let live = LiveFixture(both)
            #expect(try live.differencesAfterFlush() == "")
            #expect(live.live.stop(until: .now() + .seconds(10)))
        }
        try both.laptop.put("two", at: "a")
        try both.vm.put("b", at: "b")
        try both.vm.put("v", at: "dir/c")

        let live = LiveFixture(both)

        #expect(try live.differencesAfterFlush() == "")
        #expect(both.vm.text("a") == "two")
        #expect(both.laptop.text("dir/c") == "v")
    }

    @Test(arguments: [Side.laptop, .vm])
    func `a side that is emptied halts the pair, and the other keeps all`(side: Side) throws {
        let both = try PairFixture()
        for number in 0..<30 { try both.laptop.put("\(number)", at: "f\(number)") }
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")
        let emptied = side == .laptop ? both.laptop : both.vm
        let other = side == .laptop ? both.vm : both.laptop
        live.live.pause()
        #expect(live.wait { live.isPaused })

        for number in 0..<30 { try emptied.remove("f\(number)") }
        live.live.resume()

        #expect(live.wait { live.isHalted })
        for number in 0..<30 { #expect(other.text("f\(number)") == "\(number)") }
        live.live.accept(deletions: 30)
        #expect(live.wait { !other.exists("f29") && !other.exists("f0") })
        #expect(try live.differencesAfterFlush() == "")
    }

    @Test func `a plan says what would be done, also after a reset, and does nothing`() throws {
        let both = try PairFixture()
        for number in 0..<30 { try both.laptop.put("\(number)", at: "f\(number)") }
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")
        let soon = DispatchTime.now() + LiveFixture.patience
        #expect(try live.live.plan(isReset: false, until: soon).plan.changesNothing)
        live.live.pause()
        #expect(live.wait { live.isPaused })
        #expect(throws: SyncError.self) { try live.live.plan(isReset: false, until: soon) }

        for number in 1..<30 { try both.laptop.remove("f\(number)") }
        try both.laptop.put("laptop", at: "f0")
        try both.vm.put("vm", at: "f0")
        live.live.resume()
        #expect(live.wait { live.isHalted })

        let plan = try live.live.plan(isReset: false, until: soon).plan
        #expect(plan.toVM.count == 29 && plan.toVM.allSatisfy { $0.new == nil })
        #expect(plan.toLaptop.isEmpty && plan.conflicts.map(\.path) == [Self.path("f0")])
        let reset = try live.live.plan(isReset: true, until: soon)
        #expect(reset.plan.toLaptop.count == 29 && reset.plan.toVM.isEmpty)
        #expect(reset.plan.conflicts.map(\.path) == [Self.path("f0")])
        #expect(reset.laptopEntries == 1 && reset.vmEntries == 30)
        #expect(live.isHalted && both.vm.exists("f29") && !both.laptop.exists("f29"))
    }

    @Test func `a rule that is added ignores, and deletes nothing`() throws {
        let both = try PairFixture()
        try both.laptop.put("1", at: "build/out.o")
        try both.laptop.put("2", at: "src/a.c")
        let live = LiveFixture(both)
        #expect(try live.differencesAfterFlush() == "")

        try both.laptop.put("build/\n", at: ".gitignore")
        #expect(live.wait { both.vm.text(".gitignore") != nil })
        _ = live.flush()
        try both.laptop.put("changed", at: "build/out.o")
        try both.laptop.put("3", at: "src/b.c")
        #expect(live.wait { both.vm.text("src/b.c") == "3" })

        #expect(both.vm.text("build/out.o") == "1")
        #expect(both.laptop.text("build/out.o") == "changed")
    }

    @Test func `in push mode the laptop is never written to`() throws {
        let both = try PairFixture()
        try both.laptop.put("one", at: "a")
        let live = LiveFixture(both, settings: LiveSettings(modes: ModeMap(.push)))
        _ = live.flush()
        try both.vm.put("vm", at: "b")
        try both.laptop.put("two", at: "a")
        #expect(live.wait { both.vm.text("a") == "two" })
        #expect(live.wait { live.live.status.vmOnly == 1 })
        #expect(try both.laptop.names() == ["a"])
    }

    @Test func `a laptop root that is put back to an older copy is noticed`() throws {
        let both = try PairFixture()
        try both.laptop.put("one", at: "a")
        do {
            let live = LiveFixture(both)
            #expect(try live.differencesAfterFlush() == "")
            #expect(live.live.stop(until: .now() + .seconds(10)))
        }
        let copy = try TemporaryDirectory()
        try both.laptop.copyContents(to: copy)
        do {
            let live = LiveFixture(both)
            try both.laptop.put("two", at: "a")
            #expect(try live.differencesAfterFlush() == "")
            #expect(live.live.stop(until: .now() + .seconds(10)))
        }
        try both.laptop.removeContents()
        try copy.copyContents(to: both.laptop)

        let live = LiveFixture(both)

        #expect(live.wait { live.isHalted })
        #expect(both.vm.text("a") == "two")
        #expect(both.laptop.text("a") == "one")
    }
}
