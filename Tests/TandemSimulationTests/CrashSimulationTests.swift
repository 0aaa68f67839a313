import TandemFiles
import TandemSimulation
import TandemTestSupport
import Testing

/// The real stores and the real batch, ended at every call on a disk that forgets what it may.
@Suite(.tags(.crash))
struct CrashSimulationTests {
    private static let batches = setting("BATCHES", default: 6)

    @Test(arguments: 0..<batches)
    func `a batch that ends at any call tears and loses nothing, and the next one finishes`(
        seed: Int
    ) throws {
        let scenario = try BatchScenario(seed: UInt64(seed))
        try #require(scenario.count > 0)
        var sweep = CrashSweep(try scenario.image())
        sweep.seed = UInt64(seed)
        sweep.cuts = 2
        sweep.stride = 3
        try sweep.run(
            act: { try scenario.apply(on: $0) },
            check: { try scenario.check($0, $1) }
        )
        #expect(sweep.crashes > 20)
    }

    @Test func `an archive that ends at any call is the last acknowledged one or the next`() throws
    {
        let scenario = StateScenario()
        var sweep = CrashSweep(try scenario.image())
        sweep.cuts = 8
        var acknowledged: UInt64 = 0
        try sweep.run(
            act: { fileSystem in
                acknowledged = 0
                try scenario.keepArchive(on: fileSystem) { acknowledged = $0 }
            },
            check: { fileSystem, crash in
                let found = try? scenario.loadArchive(on: fileSystem)
                #expect([acknowledged, acknowledged + 1].contains(found), "\(crash)")
            }
        )
        #expect(sweep.crashes > 200)
    }

    @Test func `a lineage that ends at any call is the last acknowledged one or the next`() throws {
        let scenario = StateScenario()
        var sweep = CrashSweep(try scenario.image())
        sweep.cuts = 8
        var acknowledged: Int?
        try sweep.run(
            act: { fileSystem in
                acknowledged = nil
                try scenario.keepLineage(on: fileSystem) { acknowledged = $0 }
            },
            check: { fileSystem, crash in
                let found = try scenario.loadLineage(on: fileSystem)
                let next = acknowledged.map { $0 + 1 } ?? 0
                #expect(found == acknowledged || found == next, "\(crash)")
            }
        )
        #expect(sweep.crashes > 200)
    }
}
