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
        vm: [RelativePath] = []
    ) -> HookBatch {
        HookBatch(
            generation: generation,
            tree: ContentHasher.digest(of: [UInt8(truncatingIfNeeded: generation)]),
            changed: [.laptop: laptop, .vm: vm]
        )
    }

    @Test func `a batch starts the hooks it concerns, once`() {
        var plan = HookPlan([
            hook("npm ci", when: ["package.json"]), hook("all"), hook("docs", when: ["docs/"]),
        ])
        plan.batch(batch(1, laptop: ["web/package.json", "a.c"]), now: 0)
        let first = plan.start(on: .vm, now: 0)
        #expect(first?.hook.command == "npm ci" && first?.changed == ["web/package.json"])
        #expect(first?.generation == 1 && first?.changedCount == 1)
        #expect(plan.start(on: .vm, now: 0) == nil, "one at a time")
        plan.ended(on: .vm, now: 1)
        #expect(plan.start(on: .vm, now: 1)?.changed == ["a.c", "web/package.json"])
        plan.ended(on: .vm, now: 2)
        #expect(plan.start(on: .vm, now: 2) == nil)
    }

    @Test func `the sides do not wait for each other`() {
        var plan = HookPlan([hook("a"), hook("b", on: .laptop)])
        plan.batch(batch(1, laptop: ["x"]), now: 0)
        #expect(plan.start(on: .vm, now: 0)?.hook.command == "a")
        #expect(plan.start(on: .laptop, now: 0)?.hook.command == "b")
    }

    @Test func `what comes while a hook runs is one run after it`() {
        var plan = HookPlan([hook("a")])
        plan.batch(batch(1, laptop: ["x"]), now: 0)
        _ = plan.start(on: .vm, now: 0)
        plan.batch(batch(2, laptop: ["y"]), now: 1)
        plan.batch(batch(3, laptop: ["z", "y"]), now: 2)
        #expect(plan.start(on: .vm, now: 2) == nil)
        plan.ended(on: .vm, now: 3)
        let run = plan.start(on: .vm, now: 3)
        #expect(run?.changed == ["y", "z"] && run?.generation == 3 && run?.changedCount == 2)
        plan.ended(on: .vm, now: 4)
        #expect(plan.start(on: .vm, now: 4) == nil)
    }

    @Test func `what a hook writes does not start it again, during its run or shortly after`() {
        var plan = HookPlan([hook("a")])
        plan.batch(batch(1, laptop: ["x"]), now: 0)
        _ = plan.start(on: .vm, now: 0)
        plan.batch(batch(2, vm: ["node_modules/m"]), now: 10)
        plan.ended(on: .vm, now: 20)
        plan.batch(batch(3, vm: ["node_modules/n"]), now: 20 + settle - 1)
        #expect(plan.start(on: .vm, now: 20 + settle - 1) == nil)
        plan.batch(batch(4, vm: ["own"]), now: 20 + settle)
        #expect(plan.start(on: .vm, now: 20 + settle)?.changed == ["own"])
    }

    @Test func `what the other side changes meanwhile starts it as ever`() {
        var plan = HookPlan([hook("a")])
        plan.batch(batch(1, laptop: ["x"]), now: 0)
        _ = plan.start(on: .vm, now: 0)
        plan.batch(batch(2, laptop: ["y"], vm: ["out"]), now: 1)
        plan.ended(on: .vm, now: 2)
        #expect(plan.start(on: .vm, now: 2)?.changed == ["y"])
    }

    @Test func `hooks that answer each other come to an end`() {
        var plan = HookPlan([hook("ping", when: ["ping"]), hook("pong", when: ["pong"])])
        plan.batch(batch(1, laptop: ["ping"]), now: 0)
        var (runs, now, generation) = ([String](), UInt64(0), UInt64(1))
        while let run = plan.start(on: .vm, now: now), runs.count < 10 {
            runs.append(run.hook.command)
            generation += 1
            now += 1
            let answer: RelativePath = run.hook.command == "ping" ? "pong" : "ping"
            plan.batch(batch(generation, vm: [answer]), now: now)
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
                batch(1, laptop: names.map { RelativePath(trusted: Array($0.utf8)) }),
                now: 0
            )
            var (runs, now, generation) = (0, UInt64(0), UInt64(1))
            var progress = true
            while progress, runs < 1000 {
                progress = false
                for side in Side.allCases {
                    guard plan.start(on: side, now: now) != nil else { continue }
                    (runs, progress) = (runs + 1, true)
                    now += 1
                    generation += 1
                    let written = names.filter { _ in generator.below(2) == 0 }
                        .map { RelativePath(trusted: Array($0.utf8)) }
                    let work =
                        side == .vm
                        ? batch(generation, vm: written)
                        : batch(generation, laptop: written)
                    plan.batch(work, now: now)
                    plan.ended(on: side, now: now)
                }
            }
            #expect(runs < 200, "seed \(seed)")
        }
    }

    @Test func `other hooks forget what waited under the old ones`() {
        var plan = HookPlan([hook("a")])
        plan.batch(batch(1, laptop: ["x"]), now: 0)
        plan.replace([hook("b")])
        #expect(plan.start(on: .vm, now: 0) == nil)
        plan.batch(batch(2, laptop: ["x"]), now: 0)
        #expect(plan.start(on: .vm, now: 0)?.hook.command == "b")
    }

    @Test func `patterns are gitignore's, and .git is a path like others`() {
        let filter = HookFilter(hook("a", when: ["*.swift", "!Generated.swift", "/top", ".git/"]))
        #expect(filter.takes("Sources/A.swift") && filter.takes("top") && filter.takes(".git/HEAD"))
        #expect(!filter.takes("Sources/Generated.swift") && !filter.takes("sub/top"))
        #expect(HookFilter(hook("a")).takes("anything"))
    }
}
