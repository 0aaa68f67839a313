import Glibc
import TandemSimulation
import TandemTestSupport
import TandemTree
import Testing

/// A number that a long run sets in the environment.
func setting(_ name: String, default value: Int) -> Int {
    getenv(name).flatMap { Int(String(cString: $0)) } ?? value
}

struct TableTests {
    /// How many threads share the triples.
    private static let shares = 2
    /// Every so many triples are looked at; 1 in a long run.
    private static let step = setting("TABLE_STEP", default: 13)

    @Test(.tags(.property), arguments: 0..<shares)
    func `every triple of trees of one name does what the table says`(share: Int) {
        check(.oneName, share, step: Self.step)
    }

    @Test(.tags(.property), arguments: 0..<shares)
    func `triples of trees of two names do what the table says`(share: Int) {
        check(.twoNames, share, step: Self.step == 1 ? 1 : Self.step * 31)
    }

    @Test func `a planner that settles conflicts by itself is not what the table says`() {
        let report = TableCheck.oneName.run(step: 211) { archive, laptop, vm, mode in
            let plan = reconcile(archive: archive, laptop: laptop, vm: vm, mode: mode)
            return reconcile(
                archive: archive,
                laptop: laptop,
                vm: vm,
                modes: ModeMap(mode),
                resolutions: plan.conflicts.map { Resolution($0, keep: .laptop) }
            )
        }
        #expect(!report.failures.isEmpty)
    }

    private func check(_ table: TableCheck, _ share: Int, step: Int) {
        let report = table.run(from: share * step, step: step * Self.shares)
        #expect(report.triples > 100)
        #expect(report.failures.isEmpty)
        print(
            "table: \(report.triples) triples, \(report.plans) plans,",
            "\(report.failures.count) failures"
        )
    }
}
