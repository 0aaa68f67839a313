import TandemTestSupport
import TandemTree
import Testing

@testable import TandemProject

struct HookPlanTests {
    private let settle = HookPlan.settleNanoseconds

    private func hook(
        _ command: String,
        on side: Side = .vm,
        when patterns: [String] = []
    ) -> Hook {
        Hook(patterns: patterns, side: side, command: command)
    }

    private func batch(
        _ generation: UInt64,
        laptop: [RelativePath] = [],
        vm: [RelativePath] = [],
        since: UInt64
    ) -> HookBatch {
        HookBatch(
            generation: generation,
            tree: ContentHasher.digest(of: [UInt8(truncatingIfNeeded: generation)]),
            since: since,
            changed: [.laptop: laptop, .vm: vm]
        )
    }

    @Test func `a batch starts the hooks it concerns, once`() {
        var plan = HookPlan([
            hook("npm ci", when: ["package.json"]), hook("all"), hook("docs", when: ["docs/"]),
        ])
        plan.batch(batch(1, laptop: ["web/package.json", "a.c"], since: 0))
        let first = plan.start(on: .vm)
        #expect(first?.hook.command == "npm ci" && first?.changed == ["web/package.json"])
        #expect(first?.generation == 1 && first?.changedCount == 1)
        #expect(plan.start(on: .vm) == nil, "one at a time")
        plan.ended(on: .vm, now: 1)
        #expect(plan.start(on: .vm)?.changed == ["a.c", "web/package.json"])
        plan.ended(on: .vm, now: 2)
        #expect(plan.start(on: .vm) == nil)
    }

    @Test func `the sides do not wait for each other`() {
        var plan = HookPlan([hook("a"), hook("b", on: .laptop)])
        plan.batch(batch(1, laptop: ["x"], since: 0))
        #expect(plan.start(on: .vm)?.hook.command == "a")
        #expect(plan.start(on: .laptop)?.hook.command == "b")
    }

    @Test func `what comes while a hook runs is one run after it`() {
        var plan = HookPlan([hook("a")])
        plan.batch(batch(1, laptop: ["x"], since: 0))
        _ = plan.start(on: .vm)
        plan.batch(batch(2, laptop: ["y"], since: 1))
        plan.batch(batch(3, laptop: ["z", "y"], since: 2))
        #expect(plan.start(on: .vm) == nil)
        plan.ended(on: .vm, now: 3)
        let run = plan.start(on: .vm)
        #expect(run?.changed == ["y", "z"] && run?.generation == 3 && run?.changedCount == 2)
        plan.ended(on: .vm, now: 4)
        #expect(plan.start(on: .vm) == nil)
    }

    @Test func `what a hook writes does not start it again, during its run or shortly after`() {
        var plan = HookPlan([hook("a")])
        plan.batch(batch(1, laptop: ["x"], since: 0))
        _ = plan.start(on: .vm)
        plan.batch(batch(2, vm: ["node_modules/m"], since: 10))
        plan.ended(on: .vm, now: 20)
        plan.batch(batch(3, vm: ["node_modules/n"], since: 20 + settle - 1))
        #expect(plan.start(on: .vm) == nil)
        plan.batch(batch(4, vm: ["own"], since: 20 + settle))
        #expect(plan.start(on: .vm)?.changed == ["own"])
    }

    @Test(.tags(.regression))
    func `what a hook writes does not start it again, however long that takes to travel`() {
        var plan = HookPlan([hook("a")])
        plan.batch(batch(1, laptop: ["x"], since: 0))
        _ = plan.start(on: .vm)
        plan.ended(on: .vm, now: 20)
        // The pair did not rest between the hook and the end of its work's way.
        for generation in 2..<10 as Range<UInt64> {
            plan.batch(batch(generation, vm: ["large"], since: 15))
            #expect(plan.start(on: .vm) == nil)
        }
        plan.batch(batch(10, vm: ["own"], since: 20 + settle))
        #expect(plan.start(on: .vm)?.changed == ["own"])
    }

    @Test func `what the other side changes meanwhile starts it as ever`() {
        var plan = HookPlan([hook("a")])
        plan.batch(batch(1, laptop: ["x"], since: 0))
        _ = plan.start(on: .vm)
        plan.batch(batch(2, laptop: ["y"], vm: ["out"], since: 1))
        plan.ended(on: .vm, now: 2)
        #expect(plan.start(on: .vm)?.changed == ["y"])
    }

    @Test func `hooks that answer each other come to an end`() {
        var plan = HookPlan([hook("ping", when: ["ping"]), hook("pong", when: ["pong"])])
        plan.batch(batch(1, laptop: ["ping"], since: 0))
        var (runs, now, generation) = ([String](), UInt64(0), UInt64(1))
        while let run = plan.start(on: .vm), runs.count < 10 {
            runs.append(run.hook.command)
            generation += 1
            now += 1
            let answer: RelativePath = run.hook.command == "ping" ? "pong" : "ping"
            plan.batch(batch(generation, vm: [answer], since: now))
            plan.ended(on: .vm, now: now)
        }
        #expect(runs == ["ping", "pong"])
    }

    @Test(.tags(.property))
    func `whatever hooks write, one change of the user's is a bounded number of runs`() {
        for seed in 0..<300 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let names = (0..<4).map { "f\($0)" }
            let hooks = (0..<4).map { number in
                hook(
                    "h\(number)",
                    on: generator.below(2) == 0 ? .vm : .laptop,
                    when: names.filter { _ in generator.below(2) == 0 } + ["never"]
                )
            }
            var plan = HookPlan(hooks)
            plan.batch(
                batch(1, laptop: names.map { RelativePath(trusted: Array($0.utf8)) }, since: 0)
            )
            var (runs, now, generation) = (0, UInt64(0), UInt64(1))
            var progress = true
            while progress, runs < 1000 {
                progress = false
                for side in Side.allCases {
                    guard plan.start(on: side) != nil else { continue }
                    (runs, progress) = (runs + 1, true)
                    now += 1
                    generation += 1
                    let written = names.filter { _ in generator.below(2) == 0 }
                        .map { RelativePath(trusted: Array($0.utf8)) }
                    let work =
                        side == .vm
                        ? batch(generation, vm: written, since: now)
                        : batch(generation, laptop: written, since: now)
                    plan.batch(work)
                    plan.ended(on: side, now: now)
                }
            }
            #expect(runs < 200, "seed \(seed)")
        }
    }

    @Test func `other hooks forget what waited under the old ones`() {
        var plan = HookPlan([hook("a")])
        plan.batch(batch(1, laptop: ["x"], since: 0))
        plan.replace([hook("b")])
        #expect(plan.start(on: .vm) == nil)
        plan.batch(batch(2, laptop: ["x"], since: 0))
        #expect(plan.start(on: .vm)?.hook.command == "b")
    }

    @Test func `patterns are gitignore's, and .git is a path like others`() {
        let filter = HookFilter(hook("a", when: ["*.swift", "!Generated.swift", "/top", ".git/"]))
        #expect(filter.takes("Sources/A.swift") && filter.takes("top") && filter.takes(".git/HEAD"))
        #expect(!filter.takes("Sources/Generated.swift") && !filter.takes("sub/top"))
        #expect(HookFilter(hook("a")).takes("anything"))
    }
}
