import TandemTestSupport
import TandemTree
import Testing

struct ReconcilePropertyTests {
    /// One seed is a few hundred plans.
    private static let rounds = 100

    @Test(.tags(.property), arguments: 0..<20 as Range<UInt64>)
    func `two-way makes both sides equal outside conflicts and loses nothing`(seed: UInt64) throws {
        try Self.eachCase(seed: seed, others: seed % 2 == 1) { trees in
            let plan = reconcile(
                archive: trees.archive,
                laptop: trees.laptop,
                vm: trees.vm,
                mode: .twoWay
            )
            let after = try trees.applying(plan)
            let open = plan.conflicts.map(\.path)
            let apart = open + plan.problems.map(\.path)
            trees.expectEqual(after.laptop, after.vm, outside: apart)
            trees.expectEqual(after.archive, after.laptop, outside: apart)
            trees.expectNothingLost(in: after)
            let second = reconcile(
                archive: after.archive,
                laptop: after.laptop,
                vm: after.vm,
                mode: .twoWay
            )
            #expect(second.changesNothing, "\(trees.label): \(second)")
            #expect(second.conflicts.map(\.path) == open)
        }
    }

    @Test(.tags(.property), arguments: 100..<110 as Range<UInt64>)
    func `two-way gives the mirrored plan when the sides are exchanged`(seed: UInt64) throws {
        try Self.eachCase(seed: seed) { trees in
            let plan = reconcile(
                archive: trees.archive,
                laptop: trees.laptop,
                vm: trees.vm,
                mode: .twoWay
            )
            let mirrored = reconcile(
                archive: trees.archive,
                laptop: trees.vm,
                vm: trees.laptop,
                mode: .twoWay
            )
            #expect(plan.toVM == mirrored.toLaptop)
            #expect(plan.toLaptop == mirrored.toVM)
            #expect(plan.agreed == mirrored.agreed)
            let exchanged = mirrored.conflicts.map { conflict in
                Conflict(
                    path: conflict.path,
                    base: conflict.base,
                    laptop: conflict.vm,
                    vm: conflict.laptop,
                    reason: conflict.reason
                )
            }
            #expect(plan.conflicts == exchanged)
        }
    }

    @Test(.tags(.property), arguments: 200..<210 as Range<UInt64>)
    func `push never writes the laptop nor anything only the vm has`(seed: UInt64) throws {
        try Self.eachCase(seed: seed, others: seed % 2 == 1) { trees in
            let plan = reconcile(
                archive: trees.archive,
                laptop: trees.laptop,
                vm: trees.vm,
                mode: .push
            )
            #expect(plan.toLaptop.isEmpty && plan.laptopOnly.isEmpty)
            let after = try trees.applying(plan)
            let open = plan.conflicts.map(\.path) + plan.vmOnly.map(\.path)
            let apart = open + plan.problems.map(\.path)
            trees.expectEqual(after.laptop, after.vm, outside: apart)
            // What only the vm wrote is still there, unless the laptop never touched its old value.
            for (path, state) in trees.vm.listing where state.kind != .directory {
                if trees.archive.state(at: path) != state, after.laptop.state(at: path) != state {
                    #expect(after.vm.state(at: path) == state, "\(path)")
                }
            }
            let second = reconcile(
                archive: after.archive,
                laptop: after.laptop,
                vm: after.vm,
                mode: .push
            )
            #expect(second.changesNothing, "\(trees.label): \(second)")
        }
    }

    @Test(.tags(.property), arguments: 300..<310 as Range<UInt64>)
    func `mirror makes the vm the laptop`(seed: UInt64) throws {
        try Self.eachCase(seed: seed) { trees in
            let plan = reconcile(
                archive: trees.archive,
                laptop: trees.laptop,
                vm: trees.vm,
                mode: .mirror
            )
            #expect(plan.toLaptop.isEmpty && plan.conflicts.isEmpty && plan.vmOnly.isEmpty)
            let after = try trees.applying(plan)
            #expect(after.vm.rootDigest == trees.laptop.rootDigest)
            #expect(after.archive.rootDigest == trees.laptop.rootDigest)
        }
    }

    @Test(.tags(.property), arguments: 400..<405 as Range<UInt64>)
    func `pull is push with the sides exchanged`(seed: UInt64) throws {
        try Self.eachCase(seed: seed) { trees in
            let pull = reconcile(
                archive: trees.archive,
                laptop: trees.laptop,
                vm: trees.vm,
                mode: .pull
            )
            let push = reconcile(
                archive: trees.archive,
                laptop: trees.vm,
                vm: trees.laptop,
                mode: .push
            )
            #expect(pull.toLaptop == push.toVM && pull.toVM.isEmpty)
            #expect(pull.laptopOnly == push.vmOnly && pull.vmOnly.isEmpty)
            #expect(pull.conflicts.map(\.path) == push.conflicts.map(\.path))
        }
    }

    @Test(.tags(.property), arguments: 500..<510 as Range<UInt64>)
    func `first contact deletes and overwrites nothing`(seed: UInt64) throws {
        try Self.eachCase(seed: seed) { trees in
            let plan = reconcile(
                archive: Tree(),
                laptop: trees.laptop,
                vm: trees.vm,
                mode: .twoWay
            )
            #expect((plan.toVM + plan.toLaptop).allSatisfy { $0.expected == nil })
            #expect((plan.toVM + plan.toLaptop).allSatisfy { $0.new != nil })
        }
    }

    @Test(.tags(.property), arguments: 600..<610 as Range<UInt64>)
    func `differences applied to the older tree give the newer one`(seed: UInt64) throws {
        try Self.eachCase(seed: seed) { trees in
            let found = differences(from: trees.laptop, to: trees.vm)
            var copy = trees.laptop
            try copy.apply(found)
            copy.rehash()
            #expect(copy.rootDigest == trees.vm.rootDigest)
            #expect(found.map(\.path) == found.map(\.path).sorted())
        }
    }

    private static func eachCase(
        seed: UInt64,
        others: Bool = false,
        _ body: (ThreeTrees) throws -> Void
    ) throws {
        for round in 0..<rounds {
            var generator = SeededGenerator(seed: seed &* 1_000 &+ UInt64(round))
            let trees = try ThreeTrees.correlated(
                using: &generator,
                others: others,
                label: "seed \(seed), round \(round)"
            )
            try body(trees)
        }
    }
}
