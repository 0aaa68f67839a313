package import TandemTree

/// Which hooks a batch triggers, and when they run: a value that is told what happens.
///
/// On each side one hook runs at a time, in the order of the file. While it runs, what comes is
/// gathered into one run after it. What a side changes while hooks run there, or before the pair
/// came to rest once they had settled, is taken for theirs: it triggers neither them nor those whose
/// work led to them, so that no chain of hooks comes round again, however long its work takes to
/// travel. What the other side changes meanwhile triggers them as ever.
package struct HookPlan: Sendable {
    /// More paths than this are counted, not listed.
    package static let listed = 50_000
    /// How long after a hook its work may go unnoticed: the longest that a watched tree is left to
    /// settle, and some of the way.
    package static let settleNanoseconds: UInt64 = 3_000_000_000

    private struct Wish {
        var generation: UInt64
        var tree: Digest
        var changed: Set<RelativePath>
        var changedCount: Int
        /// The hooks whose work this is.
        var causes: Set<Int>
    }

    private struct Running {
        var hook: Int
        /// The hook, and those whose work led to it.
        var causes: Set<Int>
        /// Nil while it runs.
        var settlesAt: UInt64?
    }

    private var hooks: [Hook]
    private var filters: [HookFilter]
    private var wishes: [Int: Wish] = [:]
    private var running: [Side: [Running]] = [:]

    package init(_ hooks: [Hook]) {
        self.hooks = hooks
        filters = hooks.map(HookFilter.init)
    }

    /// Takes over another configuration's hooks; what waits under the old one is forgotten.
    package mutating func replace(_ hooks: [Hook]) {
        guard hooks != self.hooks else { return }
        self.hooks = hooks
        filters = hooks.map(HookFilter.init)
        wishes = [:]
        // A run under an old number must hold no new hook back.
        for side in Side.allCases {
            running[side] = running[side, default: []].filter { $0.settlesAt == nil }.map {
                Running(hook: -1, causes: [], settlesAt: $0.settlesAt)
            }
        }
    }

    /// Takes a batch that is done on both sides.
    package mutating func batch(_ batch: HookBatch) {
        forgetSettled(before: batch.since)
        for side in Side.allCases {
            let paths = batch.changed[side, default: []]
            guard !paths.isEmpty else { continue }
            let causes = running[side, default: []].reduce(into: Set()) { $0.formUnion($1.causes) }
            for index in hooks.indices where !causes.contains(index) {
                let concerned = paths.filter(filters[index].takes)
                if !concerned.isEmpty { wish(for: index, batch, concerned, causes) }
            }
        }
    }

    private mutating func wish(
        for index: Int,
        _ batch: HookBatch,
        _ paths: [RelativePath],
        _ causes: Set<Int>
    ) {
        var wish =
            wishes[index]
            ?? Wish(
                generation: batch.generation,
                tree: batch.tree,
                changed: [],
                changedCount: 0,
                causes: []
            )
        (wish.generation, wish.tree) = (batch.generation, batch.tree)
        wish.causes.formUnion(causes)
        for path in paths where !wish.changed.contains(path) {
            wish.changedCount += 1
            if wish.changed.count < Self.listed { wish.changed.insert(path) }
        }
        wishes[index] = wish
    }

    /// The run that may begin on a side now; nil while one is under way there, or none is due.
    package mutating func start(on side: Side) -> HookRun? {
        guard !running[side, default: []].contains(where: { $0.settlesAt == nil }) else {
            return nil
        }
        guard
            let index = hooks.indices.first(where: { index in
                hooks[index].side == side && wishes[index] != nil
            }), let wish = wishes.removeValue(forKey: index)
        else { return nil }
        let mine = Running(hook: index, causes: wish.causes.union([index]), settlesAt: nil)
        running[side, default: []].append(mine)
        return HookRun(
            hook: hooks[index],
            generation: wish.generation,
            tree: wish.tree,
            changed: wish.changed.sorted(),
            changedCount: wish.changedCount
        )
    }

    /// The run on a side has ended.
    package mutating func ended(on side: Side, now: UInt64) {
        guard let index = running[side]?.firstIndex(where: { $0.settlesAt == nil }) else { return }
        running[side]?[index].settlesAt = now &+ Self.settleNanoseconds
    }

    /// What came about after this cannot be the work of a hook that had settled by then.
    private mutating func forgetSettled(before since: UInt64) {
        for side in Side.allCases {
            running[side]?.removeAll { run in run.settlesAt.map { $0 <= since } ?? false }
        }
    }
}
