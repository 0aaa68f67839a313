import TandemTestSupport
import TandemTree
import Testing

struct ResolutionTests {
    private static func trees(_ o: TestNode, _ l: TestNode, _ v: TestNode) -> ThreeTrees {
        ThreeTrees(archive: Tree(o), laptop: Tree(l), vm: Tree(v))
    }

    private static func clash(_ name: [UInt8]) -> ThreeTrees {
        trees([:], .directory([(name, .file("1"))]), .directory([(name, .file("2"))]))
    }

    private static func plan(
        _ trees: ThreeTrees,
        _ resolutions: [Resolution] = [],
        mode: SyncMode = .twoWay
    ) -> Plan {
        reconcile(
            archive: trees.archive,
            laptop: trees.laptop,
            vm: trees.vm,
            modes: ModeMap(mode),
            resolutions: resolutions
        )
    }

    /// Resolves the first conflict as told; what both sides hold when nothing is left to do.
    private static func settle(
        _ trees: ThreeTrees,
        _ keep: Resolution.Keep
    ) throws -> ThreeTrees {
        let listed = try #require(plan(trees).conflicts.first)
        let first = plan(trees, [Resolution(listed, keep: keep)])
        #expect(first.conflicts.isEmpty && first.resolved == [listed.path])
        var after = try trees.applying(first)
        for _ in 0..<2 { after = try after.applying(plan(after)) }
        #expect(after.laptop.rootDigest == after.vm.rootDigest)
        #expect(after.archive.rootDigest == after.vm.rootDigest)
        return after
    }

    @Test func `keep the laptop's value makes it stand on the vm`() throws {
        let after = try Self.settle(Self.trees(["p": "o"], ["p": "1"], ["p": "2"]), .laptop)
        #expect(after.vm.listing == ["p": .content("1")])
    }

    @Test func `keep the vm's value makes it stand on the laptop`() throws {
        let trees = Self.trees(["p": "o"], ["p": ["x": "1"]], ["p": "2"])
        let after = try Self.settle(trees, .vm)
        #expect(after.laptop.listing == ["p": .content("2")])
    }

    @Test func `a whole directory is kept with all that is in it`() throws {
        let trees = Self.trees(["p": "o"], ["p": "1"], ["p": ["x": "2", "s": ["y": "3"]]])
        let after = try Self.settle(trees, .vm)
        #expect(after.laptop.find("p/s/y") != nil)
    }

    @Test func `keep both puts the vm's file beside`() throws {
        let trees = Self.trees([:], ["plan.md": "mine"], ["plan.md": "theirs"])
        let after = try Self.settle(trees, .both)
        #expect(
            after.vm.listing == [
                "plan.md": .content("mine"), "plan (vm conflict).md": .content("theirs"),
            ]
        )
    }

    @Test func `keep both puts the vm's directory beside and tells where its content is`() throws {
        let trees = Self.trees([:], ["p.d": "mine"], ["p.d": ["x": "1", "l": .link("t")]])
        let listed = try #require(Self.plan(trees).conflicts.first)
        let plan = Self.plan(trees, [Resolution(listed, keep: .both)])
        #expect(plan.origins["p.d (vm conflict)/x"] == "p.d/x")
        #expect(
            plan.toVM.first { $0.path == "p.d (vm conflict)/x" }?.source == .copy("p.d/x")
        )
        let after = try Self.settle(trees, .both)
        #expect(after.laptop.find("p.d (vm conflict)/l") != nil)
    }

    @Test func `a second conflict gets a name of its own, and one half done its first`() throws {
        let taken: TestNode = ["p": "1", "p (vm conflict)": "x"]
        let after = try Self.settle(
            Self.trees([:], taken, ["p": "2", "p (vm conflict)": "x"]),
            .both
        )
        #expect(after.vm.state(at: "p (vm conflict 2)") == .content("2"))
        let half = Self.trees([:], ["p": "1", "p (vm conflict)": "2"], ["p": "2"])
        #expect(try Self.settle(half, .both).vm.count == 2)
    }

    @Test func `an answer to other states than those that stand does nothing`() throws {
        var trees = Self.trees(["p": "o"], ["p": "1"], ["p": "2"])
        let shown = try #require(Self.plan(trees).conflicts.first)
        try trees.vm.put("p", .content("3"))
        for keep in Resolution.Keep.allCases {
            let plan = Self.plan(trees, [Resolution(shown, keep: keep)])
            #expect(plan.conflicts.count == 1 && plan.resolved.isEmpty && plan.changesNothing)
        }
    }

    @Test func `an answer never writes the side that a mode protects`() throws {
        let trees = Self.trees(["p": "o"], ["p": "1"], ["p": "2"])
        let shown = try #require(Self.plan(trees, mode: .push).conflicts.first)
        for keep in [Resolution.Keep.vm, .both] {
            let plan = Self.plan(trees, [Resolution(shown, keep: keep)], mode: .push)
            #expect(plan.conflicts.count == 1 && plan.changesNothing)
        }
        let plan = Self.plan(trees, [Resolution(shown, keep: .laptop)], mode: .push)
        #expect(plan.toVM.map(\.new) == [.content("1")] && plan.toLaptop.isEmpty)
    }

    @Test func `an answer never removes what no digest covers`() throws {
        let trees = Self.trees(["d": ["x": "1"]], [:], ["d": ["x": "1", "pipe": .other]])
        let shown = try #require(Self.plan(trees).conflicts.first)
        #expect(shown.reason == .holdsUnsyncable)
        #expect(Self.plan(trees, [Resolution(shown, keep: .laptop)]).conflicts.count == 1)
        let kept = Self.plan(trees, [Resolution(shown, keep: .vm)])
        #expect(kept.toLaptop.map(\.path) == ["d", "d/x"] && kept.toVM.isEmpty)
    }

    @Test func `a name beside fits, keeps its ending and cuts no character`() throws {
        let names: [(String, String)] = [
            ("a.txt", "a (vm conflict).txt"), (".bashrc", ".bashrc (vm conflict)"),
            ("Makefile", "Makefile (vm conflict)"), ("x.tar.gz", "x.tar (vm conflict).gz"),
        ]
        for (name, beside) in names {
            let after = try Self.settle(Self.clash(Array(name.utf8)), .both)
            #expect(after.vm.find(RelativePath(trusted: Array(beside.utf8))) != nil, "\(name)")
        }
        let long = Array(String(repeating: "é", count: 127).utf8)
        let after = try Self.settle(Self.clash(long), .both)
        let made = try #require(after.vm.listing.keys.first { $0.name != long })
        #expect(made.name.count <= 255)
        #expect(String(validating: made.name, as: UTF8.self) != nil)
    }
}
