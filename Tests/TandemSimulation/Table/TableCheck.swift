package import TandemTree

/// Runs `reconcile` on every triple of small trees and compares it with the reference.
package struct TableCheck: Sendable {
    /// One tree in both forms.
    private struct Sample: Sendable {
        var nodes: [UInt8: TableNode]
        var tree: Tree
    }

    /// What plans; `reconcile`, unless a test wants to see a mistake found.
    package typealias Planner = @Sendable (Tree, Tree, Tree, SyncMode) -> Plan

    private let archives: [Sample]
    private let sides: [Sample]

    /// How many triples there are.
    package var count: Int { archives.count * sides.count * sides.count }

    /// What went wrong first, and how much was looked at.
    package struct Report: Sendable {
        package var triples = 0
        package var plans = 0
        package var failures: [String] = []

        package init() {}
    }

    private init(_ trees: [[UInt8: TableNode]]) {
        let samples = trees.map { Sample(nodes: $0, tree: $0.tree) }
        sides = samples
        archives = samples.filter { !TableNode.directory($0.nodes).holdsOther }
    }

    private static let a = UInt8(ascii: "a")
    private static let b = UInt8(ascii: "b")
    private static let leaves: [TableNode?] = [nil, .file(1), .file(2), .file(3)]

    /// Every directory of at most two names and three contents, and of each other kind one.
    private static var directories: [TableNode] {
        var all: [TableNode] = []
        for first in leaves {
            for second in leaves {
                var children: [UInt8: TableNode] = [:]
                children[a] = first
                children[b] = second
                all.append(.directory(children))
            }
        }
        let odd: [TableNode] = [.other, .file(1, executable: true), .link, .directory([:])]
        return all + odd.map { .directory([a: $0, b: .file(1)]) } + [.directory([a: .other])]
    }

    /// One name with everything that can stand there: all triples of it are the whole table.
    package static let oneName: TableCheck = {
        let kinds: [TableNode?] = [
            .link, .other, .file(1, executable: true), .file(2, executable: true),
        ]
        return TableCheck((leaves + kinds + directories).map { $0.map { [a: $0] } ?? [:] })
    }()

    /// Two names with fewer things each, so that renames between them are met, too.
    package static let twoNames: TableCheck = {
        let some: [TableNode?] = [
            nil, .file(1), .file(2), .directory([:]), .directory([a: .file(1)]),
            .directory([a: .file(2)]), .directory([a: .file(1), b: .file(2)]),
            .directory([b: .file(3)]),
        ]
        return TableCheck(
            some.flatMap { first in
                some.map { second in
                    var children: [UInt8: TableNode] = [:]
                    children[a] = first
                    children[b] = second
                    return children
                }
            }
        )
    }()

    /// Looks at every `step`-th triple in every mode, starting at `first`.
    package func run(
        from first: Int = 0,
        step: Int = 1,
        planner: Planner = { reconcile(archive: $0, laptop: $1, vm: $2, mode: $3) }
    ) -> Report {
        var report = Report()
        for number in stride(from: first, to: count, by: max(step, 1)) {
            let archive = archives[number % archives.count]
            let rest = number / archives.count
            let (laptop, vm) = (sides[rest % sides.count], sides[rest / sides.count])
            report.triples += 1
            for mode in SyncMode.allCases {
                report.plans += 1
                if let failure = check(archive, laptop, vm, mode, planner),
                    report.failures.count < 10
                {
                    report.failures.append("triple \(number), \(mode.rawValue): \(failure)")
                }
            }
        }
        return report
    }

    private func check(
        _ o: Sample,
        _ l: Sample,
        _ v: Sample,
        _ mode: SyncMode,
        _ planner: Planner
    ) -> String? {
        var reference = TableReference(archive: o.nodes, laptop: l.nodes, vm: v.nodes, mode: mode)
        reference.run()
        let plan = planner(o.tree, l.tree, v.tree, mode)
        guard let after = AppliedPlan(plan, archive: o.tree, laptop: l.tree, vm: v.tree) else {
            return "a change does not find what it expects: \(plan)"
        }
        let same =
            after.archive.isSame(as: reference.archive.tree)
            && after.laptop.isSame(as: reference.laptop.tree)
            && after.vm.isSame(as: reference.vm.tree)
        guard same else {
            return "not what the table says: \(o.nodes) \(l.nodes) \(v.nodes) gave \(plan)"
        }
        guard Set(plan.conflicts.map(\.path.compact)) == reference.conflicts,
            Set((plan.vmOnly + plan.laptopOnly).map(\.path.compact)) == reference.own
        else { return "other paths are left alone than the table says: \(plan)" }
        let second = planner(after.archive, after.laptop, after.vm, mode)
        guard second.changesNothing, second.conflicts.map(\.path) == plan.conflicts.map(\.path)
        else { return "a second cycle is not quiet: \(second)" }
        return checkSymmetry(o, l, v, mode, plan, planner)
    }

    /// Exchanging the sides exchanges the plan.
    private func checkSymmetry(
        _ o: Sample,
        _ l: Sample,
        _ v: Sample,
        _ mode: SyncMode,
        _ plan: Plan,
        _ planner: Planner
    ) -> String? {
        let exchanged: SyncMode
        switch mode {
        case .twoWay: exchanged = .twoWay
        case .push: exchanged = .pull
        default: return nil
        }
        let mirrored = planner(o.tree, v.tree, l.tree, exchanged)
        let same =
            plan.toVM == mirrored.toLaptop && plan.toLaptop == mirrored.toVM
            && plan.agreed == mirrored.agreed && plan.vmOnly == mirrored.laptopOnly
            && plan.laptopOnly == mirrored.vmOnly
            && plan.conflicts.map(\.path) == mirrored.conflicts.map(\.path)
        return same ? nil : "not symmetric: \(plan) and \(mirrored)"
    }
}

extension RelativePath {
    /// The names without separators; each is one byte long in the table.
    fileprivate var compact: [UInt8] { bytes.filter { $0 != UInt8(ascii: "/") } }
}
