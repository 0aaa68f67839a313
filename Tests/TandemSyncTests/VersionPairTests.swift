import Dispatch
import TandemProtocol
import TandemSync
import TandemTestSupport
import TandemTree
import Testing

/// Sides of different protocol versions, joined by a socket pair and served by the real sessions.
@Suite(.serialized)
struct VersionPairTests {
    struct Sides: Sendable, CustomTestStringConvertible {
        var laptop: [UInt8]
        var vm: [UInt8]
        /// The version they speak; nil where they share none.
        var common: Int?
        var laptopIsOlder = false

        var testDescription: String { "laptop \(laptop), vm \(vm)" }

        func fixture() throws -> PairFixture {
            try PairFixture(
                laptop: range(laptop[0], laptop[1]),
                vm: range(vm[0], vm[1])
            )
        }
    }

    private static let sharing = [
        Sides(laptop: [1, 2], vm: [1, 1], common: 1),
        Sides(laptop: [1, 1], vm: [1, 2], common: 1),
        Sides(laptop: [1, 2], vm: [1, 2], common: 2),
        Sides(laptop: [2, 3], vm: [1, 2], common: 2),
    ]
    private static let strangers = [
        Sides(laptop: [2, 2], vm: [1, 1]), Sides(laptop: [1, 1], vm: [2, 2], laptopIsOlder: true),
        Sides(laptop: [1, 2], vm: [3, 4], laptopIsOlder: true),
    ]

    @Test(arguments: sharing)
    func `sides that share a version speak the highest they share, and sync`(sides: Sides) throws {
        let both = try sides.fixture()
        #expect(try both.requests.info().protocolVersion == sides.common)
        try both.laptop.put("pushed", at: "a")
        #expect(try both.push().appliedCount == 1)
        #expect(both.vm.text("a") == "pushed")

        let live = LiveFixture(both)
        try both.laptop.put("from the laptop", at: "b")
        #expect(live.wait { both.vm.text("b") == "from the laptop" })
        try both.vm.put("from the vm", at: "c")
        #expect(live.wait { both.laptop.text("c") == "from the vm" })
        #expect(try live.differencesAfterFlush() == "")
    }

    @Test(arguments: strangers)
    func
        `bad input 93: sides that share none refuse, say who is behind and what to do, and touch nothing`(
            sides: Sides
        ) throws
    {
        let both = try sides.fixture()
        try both.laptop.put("l", at: "a")
        try both.vm.put("v", at: "b")
        let behind = sides.laptopIsOlder ? "laptop" : "vm"
        let refusals = [
            #expect(throws: SyncError.self) { try both.push() },
            #expect(throws: SyncError.self) { _ = try both.requests.info() },
            #expect(throws: SyncError.self) { _ = try both.requests.shelf(prefix: .root) },
        ]
        for error in refusals {
            #expect(error?.code == .version)
            #expect(error?.message.hasSuffix("upgrade Tandem on the \(behind)") == true)
            #expect(
                error?.hint?.contains("on the \(behind)") == true,
                "\(error?.hint ?? "no hint")"
            )
        }
        #expect(!both.vm.exists("a") && !both.laptop.exists("b"))
    }

    @Test(arguments: strangers)
    func `a pair kept in sync is broken by a side of another version, and mends when it is updated`(
        sides: Sides
    ) throws {
        let both = try sides.fixture()
        try both.laptop.put("l", at: "a")
        let live = LiveFixture(both)
        #expect(live.wait { live.live.status.verdict == .broken })
        guard case .waiting(let error, _) = live.live.status.phase else {
            Issue.record("the pair is \(live.live.status.phase)")
            return
        }
        #expect(error.code == .version && error.hint != nil)
        #expect(!both.vm.exists("a"))
        #expect(live.live.stop(until: .now() + LiveFixture.patience))

        var pair = both.pair
        pair.versions = try range(1, 4)
        let updated = LiveFixture(both, pair: pair)
        #expect(updated.wait { both.vm.text("a") == "l" })
    }
}

private func range(_ lowest: UInt8, _ highest: UInt8) throws -> VersionRange {
    try #require(VersionRange(lowest: lowest, highest: highest))
}
