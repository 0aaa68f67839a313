import Dispatch
import Foundation
import TandemProject
import TandemSync
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemAgent

/// Telling the snapshot daemon, with the mark that outlives the agent.
struct SnapshotTellerTests {
    private struct NoAnswer: Error {}

    private let directory: TemporaryDirectory
    private let told = Monitor<[SnapshotWish]>([])
    private let said = Monitor<[String]>([])
    private let fails = Monitor(false)

    init() throws { directory = try TemporaryDirectory() }

    private func teller() throws -> SnapshotTeller {
        let pair = LaptopPair(
            id: Array(repeating: 1, count: 16),
            root: directory.path("root"),
            stateDirectory: directory.path(".")
        )
        let setup = LivePair.Setup(
            pair: pair,
            connect: { throw NoAnswer() },
            shell: { throw NoAnswer() },
            tellSnapshots: { [told, fails] wish, _ in
                told.change { $0.append(wish) }
                if fails.look({ $0 }) { throw NoAnswer() }
            },
            environment: []
        )
        return SnapshotTeller(setup) { [said] news in
            if case .settings(let sentences) = news { said.change { $0 += sentences } }
        }
    }

    /// Waits until so many sentences were said.
    private func sentences(_ count: Int) throws -> [String] {
        let all = said.wait(until: .now() + .seconds(30)) { $0.count >= count ? $0 : nil }
        return try #require(all)
    }

    private var isMarked: Bool {
        FileManager.default.fileExists(atPath: directory.path("snapshots-told"))
    }

    @Test func `a wish that was taken out while no agent ran is taken back by the next one`() throws
    {
        let wish = SnapshotWish(every: 60)
        try teller().look(wish, isConnected: true)
        #expect(try sentences(1).count == 1)
        #expect(isMarked)
        try teller().look(SnapshotWish(), isConnected: true)
        #expect(try sentences(2).count == 2)
        #expect(!isMarked)
        let third = try teller()
        third.look(SnapshotWish(), isConnected: true)
        third.look(wish, isConnected: true)
        #expect(try sentences(3).last?.contains("every 1m") == true)
        #expect(told.look { $0 } == [wish, SnapshotWish(), wish])
    }

    @Test func `a wish that was not taken is marked all the same`() throws {
        fails.change { $0 = true }
        try teller().look(SnapshotWish(every: 60), isConnected: true)
        #expect(try sentences(1).first?.contains("not told yet") == true)
        #expect(isMarked)
    }
}
