import Dispatch
import Foundation
import TandemControl
import TandemStore
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemAgent

struct AgentTests {
    private let agent: AgentHarness
    private let client: ControlClient

    init() throws {
        agent = try AgentHarness()
        client = try agent.client()
    }

    private func failure(_ request: ControlRequest) -> ControlFailure? {
        do {
            _ = try client.ask(request)
            return nil
        } catch {
            return error as? ControlFailure
        }
    }

    // MARK: Up and down

    @Test func `a pair that is up is up again after a restart, and one that is down is not`() throws
    {
        _ = try client.ask(.up(pairs: ["shop", "notes"]))
        _ = try agent.live("shop")
        _ = try client.ask(.down(pairs: ["notes"]))
        #expect(agent.stop())
        try agent.start()
        let again = try agent.client()
        _ = try agent.live("shop", opening: 2)
        let statuses = try again.statuses()
        #expect(statuses.map(\.pair.name) == ["notes", "shop"])
        #expect(statuses.first?.phase == .down)
        #expect(agent.opens(of: "notes") <= 1)
    }

    @Test func `up is idempotent, and takes names and ids`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        _ = try client.ask(.up(pairs: [agent.pairs[0].id, "shop"]))
        try agent.wait(for: "shop ok", client) { $0.pair("shop")?.headline == "in sync" }
        #expect(agent.opens(of: "shop") == 1)
        #expect(live.isRunning)
        #expect(failure(.up(pairs: ["nobody"]))?.code == .noSuchPair)
    }

    @Test func `down waits until the pair has stopped`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        live.state.change { $0.stopMilliseconds = 300 }
        _ = try client.ask(.down(pairs: ["shop"]))
        #expect(!live.isRunning)
        #expect(try client.statuses().last?.phase == PairStatus.Phase.down)
        #expect(failure(.pause(pairs: ["shop"]))?.code == .notUp)
        #expect(failure(.flush(pair: "shop", milliseconds: 10))?.code == .notUp)
    }

    @Test func `one pair that cannot be opened touches no other, and is tried again`() throws {
        agent.fail("notes", ControlFailure(.permission, "no key", next: "ssh-add"))
        _ = try client.ask(.up(pairs: ["notes", "shop"]))
        try agent.wait(for: "shop ok, notes broken", client) { status in
            status.pair("shop")?.verdict == .ok && status.pair("notes")?.verdict == .broken
        }
        let notes = try #require(try client.statuses().first)
        #expect(notes.headline == "no key")
        #expect(notes.needs == "ssh-add")
        #expect(notes.retryAt != nil)
        agent.fail("notes", nil)
        _ = try agent.live("notes")
        try agent.wait(for: "notes ok", client) { $0.pair("notes")?.verdict == .ok }
        #expect(agent.opens(of: "shop") == 1)
    }

    @Test func `a pause outlives a restart, and up again does not end it`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        _ = try client.ask(.pause(pairs: ["shop"]))
        #expect(live.state.wait(until: .now() + .seconds(30)) { $0.isPaused ? true : nil } == true)
        _ = try client.ask(.up(pairs: ["shop"]))
        agent.stop()
        try agent.start()
        let again = try agent.live("shop", opening: 2)
        #expect(again.state.wait(until: .now() + .seconds(30)) { $0.isPaused ? true : nil } == true)
        let other = try agent.client()
        _ = try other.ask(.resume(pairs: ["shop"]))
        let resumed = again.state.wait(until: .now() + .seconds(30)) { $0.isPaused ? nil : true }
        #expect(resumed == true)
    }

    @Test func `a pair that is lent holds still until the borrower leaves`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        let borrower = try agent.client()
        _ = try borrower.ask(.lend(pair: "shop"))
        #expect(live.state.look(\.isPaused) == true)
        guard case .status(let status) = try client.ask(.status) else { return }
        #expect(status.pair("shop")?.phase == .paused)
        borrower.close()
        let resumed = live.state.wait(until: .now() + .seconds(30)) { $0.isPaused ? nil : true }
        #expect(resumed == true)
        #expect(failure(.lend(pair: "notes"))?.code == .notUp)
    }

    @Test func `when the network changes every pair tries at once`() throws {
        agent.fail("notes", ControlFailure(.unreachable, "no route"))
        _ = try client.ask(.up(pairs: ["shop", "notes"]))
        let live = try agent.live("shop")
        // The waits grow beyond what this test would wait for.
        let before = live.state.look(\.reconnects)
        for _ in 0..<8 { agent.links.tell(.network) }
        let reconnects = live.state.wait(until: .now() + .seconds(30)) { state in
            state.reconnects >= before + 8 ? true : nil
        }
        #expect(reconnects == true)
        agent.fail("notes", nil)
        agent.links.tell(.woke(60_000_000_000))
        _ = try agent.live("notes")
    }

    // MARK: Requests about one pair

    @Test func `a flush tells how it ended, and what is left`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        let digest = ContentHasher.digest(of: [1])
        live.state.change { $0.flush = FlushOutcome(.attention, tree: digest, remarks: ["a.txt"]) }
        guard case .flushed(let answer) = try client.ask(.flush(pair: "shop", milliseconds: 10))
        else {
            Issue.record("no answer to a flush")
            return
        }
        #expect(answer.result == .attention)
        #expect(answer.tree == digest.hex)
        #expect(answer.remarks == ["a.txt"])
        #expect(live.state.look(\.accepted).isEmpty)
        _ = try client.ask(.push(pair: "shop", milliseconds: 10, acceptedDeletions: 30))
        #expect(live.state.look(\.accepted) == [30])
        _ = try client.ask(.reset(pair: "shop"))
        #expect(live.state.look(\.adoptions) == 1)
        _ = try client.ask(.reload)
        #expect(live.state.look(\.reloads) == 1)
    }

    @Test func `what happened is in the store, by path`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        live.tell(
            .batch(
                generation: 7,
                [
                    PairChange(path: path("a"), action: .sent, bytes: 5),
                    PairChange(path: path("b"), action: .removedOnLaptop, bytes: 0),
                    PairChange(path: path("same"), action: nil, bytes: 0),
                ]
            )
        )
        live.tell(.problem(path("fifo"), reason: "a FIFO"))
        agent.stop()
        let store = try agent.openStore()
        let found = try store.activity(of: agent.pairs[0].idBytes, limit: 10)
        #expect(found.map(\.path.description) == ["fifo", "b", "a"])
        #expect(found.map(\.action) == [.problem, .removedOnLaptop, .sent])
        #expect(found.map(\.generation) == [0, 7, 7])
        #expect(found.first?.reason == "a FIFO")
    }

    // MARK: Conflicts

    private func conflict(_ name: String, _ laptop: UInt8 = 1) -> FoundConflict {
        FoundConflict(
            Conflict(
                path: path(name),
                base: nil,
                laptop: .file(ContentHasher.digest(of: [laptop]), size: 1),
                vm: .file(ContentHasher.digest(of: [2]), size: 1),
                reason: .bothCreated
            ),
            laptopModified: 5,
            vmModified: 6
        )
    }

    private func openConflicts() throws -> [OpenConflict] {
        guard case .conflicts(let open) = try client.ask(.conflicts(pair: "shop")) else {
            return []
        }
        return open
    }

    private func settlement(_ conflict: OpenConflict) -> Settlement {
        Settlement(path: conflict.path, laptop: conflict.laptop, vm: conflict.vm, keep: .vm)
    }

    @Test func `a conflict keeps its number through changes and restarts`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        live.state.change { $0.conflicts = [conflict("b"), conflict("c")] }
        #expect(try openConflicts().map(\.number) == [1, 2])
        live.state.change { $0.conflicts = [conflict("a"), conflict("c", 9)] }
        #expect(try openConflicts().map(\.number) == [3, 2])
        agent.stop()
        try agent.start()
        let again = try agent.live("shop", opening: 2)
        again.state.change { $0.conflicts = [conflict("a"), conflict("c", 9)] }
        let other = try agent.client()
        guard case .conflicts(let open) = try other.ask(.conflicts(pair: "shop")) else { return }
        #expect(open.map(\.number) == [3, 2])
        #expect(open.first?.laptopModified == 5)
        #expect(open.first?.vmModified == 6)
    }

    @Test(.tags(.regression))
    func `conflicts are listed as they were until both sides are compared again`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        live.state.change { $0.conflicts = [conflict("a"), conflict("b")] }
        #expect(try openConflicts().map(\.number) == [1, 2])
        live.state.change { $0.conflicts = nil }
        let shown = try openConflicts()
        #expect(shown.map(\.number) == [1, 2])
        let refused = failure(
            .resolve(pair: "shop", settlements: shown.map(settlement), milliseconds: 100)
        )
        #expect(refused?.message.contains("not compared yet") == true)
        live.state.change { $0.conflicts = [conflict("b")] }
        #expect(try openConflicts().map(\.number) == [2])
    }

    @Test func `a resolution is refused when a side changed since, and all of it`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        live.state.change { $0.conflicts = [conflict("a"), conflict("b")] }
        let shown = try openConflicts()
        live.state.change { $0.conflicts = [conflict("a"), conflict("b", 9)] }
        let refused = failure(
            .resolve(pair: "shop", settlements: shown.map(settlement), milliseconds: 100)
        )
        #expect(refused?.code == .changed)
        #expect(refused?.message == "b changed since it was shown")
        #expect(live.state.look(\.resolved).isEmpty)
        let fresh = try openConflicts()
        let done = ControlRequest.resolve(
            pair: "shop",
            settlements: fresh.map(settlement),
            milliseconds: 100
        )
        #expect(failure(done) == nil)
        #expect(live.state.look(\.resolved).map(\.keep) == [.vm, .vm])
        #expect(try openConflicts().isEmpty)
        #expect(failure(done)?.code == .changed)
    }

    @Test func `contents come from the side that is asked for, up to the bound`() throws {
        _ = try client.ask(.up(pairs: ["shop"]))
        let live = try agent.live("shop")
        live.state.change { $0.contents = ["vm:a": [0, 255, 10], "laptop:a": [1]] }
        func contents(_ side: String, _ limit: Int) throws -> ControlAnswer {
            let path = WirePath(path("a"))
            return try client.ask(.contents(pair: "shop", path: path, side: side, limit: limit))
        }
        #expect(try contents("vm", 9) == .contents(ContentAnswer(base64: "AP8K")))
        #expect(try contents("vm", -1) == .contents(ContentAnswer(base64: "")))
        #expect(try contents("laptop", .max) == .contents(ContentAnswer(base64: "AQ==")))
        #expect(throws: ControlFailure.self) { try contents("moon", 1) }
    }

    private func path(_ text: String) -> RelativePath {
        RelativePath(trusted: Array(text.utf8))
    }
}
