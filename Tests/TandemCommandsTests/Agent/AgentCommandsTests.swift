import Foundation
import Synchronization
import TandemControl
import TandemStore
import TandemTree
import Testing

@testable import TandemCommands

struct AgentCommandsTests {
    private let playground: Playground
    private let shop: PairEntry
    private let notes: PairEntry
    private let catalogue: MemoryCatalogue
    private let time = ManualTime()

    init() throws {
        playground = try Playground()
        shop = try playground.entry("shop")
        notes = try playground.entry("notes")
        catalogue = MemoryCatalogue([shop, notes])
    }

    private func tandem(
        _ arguments: String...,
        agent: FakeAgent,
        answers: [String] = [],
        traits: Console.Traits = Console.Traits()
    ) -> (code: ExitCode, output: String, errors: String) {
        let record = ConsoleRecord(answers: answers)
        let context = playground.context(
            record,
            catalogue: catalogue,
            agent: agent,
            traits: traits,
            time: time
        )
        let code = CommandProgram.run(arguments, in: context)
        return (code, record.output, record.errors)
    }

    private var sample: PairStatus { .sample(shop, now: time.wall) }

    private func needy() -> PairStatus {
        var status = PairStatus.sample(notes, now: time.wall)
        status.verdict = .attention
        status.phase = .waiting
        status.headline = "cannot connect"
        status.needs = "the passphrase of ~/.ssh/id_ed25519: ssh-add ~/.ssh/id_ed25519"
        status.conflicts = 2
        status.retryAt = time.wall + 9_000_000_000
        let fifo = RelativePath(trusted: Array("run/fi\u{1B}fo".utf8))
        status.problems = [.init(path: WirePath(fifo), reason: "a FIFO")]
        status.problemCount = 5
        return status
    }

    // MARK: status

    @Test func `the status begins with the verdict, and says what is needed`() throws {
        let agent = FakeAgent([needy(), sample])
        let status = tandem("status", agent: agent)
        let text = status.output.replacing(playground.directory, with: "/home/me")
        try Golden.check(text, "agent-status.txt")
        #expect(status.code == .attention)
    }

    @Test(arguments: Verdict.allCases)
    func `the status ends with the worst verdict's code`(_ verdict: Verdict) {
        var status = sample
        status.verdict = verdict
        let agent = FakeAgent([PairStatus.sample(notes, now: 0), status])
        #expect(tandem("status", agent: agent).code.rawValue == verdict.exitStatus)
        #expect(tandem("status", "notes", agent: agent).code == .done)
    }

    @Test func `pairs that are up and no agent are unreachable, not well`() {
        let agent = FakeAgent(isRunning: false)
        #expect(tandem("status", agent: agent).code == .done)
        catalogue.want(up: true, shop)
        let status = tandem("status", agent: agent)
        #expect(status.code == .unreachable)
        #expect(status.errors.contains("no agent runs"))
        #expect(tandem("status", "notes", agent: agent).code == .done)
    }

    @Test func `the status as JSON has one verdict over all`() throws {
        struct Document: Decodable {
            struct Pair: Decodable {
                struct Live: Decodable {
                    var phase: String
                    var lagMilliseconds: Double?
                }

                var verdict: String
                var live: Live?
            }

            var verdict: String
            var pairs: [Pair]
        }
        let agent = FakeAgent([needy(), sample])
        let output = tandem("status", "--json", agent: agent).output
        let document = try JSONDecoder().decode(Document.self, from: Data(output.utf8))
        #expect(document.verdict == "attention")
        #expect(document.pairs.map(\.verdict) == ["attention", "ok"])
        #expect(document.pairs.last?.live?.lagMilliseconds == 74)
        #expect(!output.contains("\u{1B}"))
    }

    // MARK: up, down, pause, resume

    @Test func `up starts the agent where none runs, and asks for the pairs`() {
        let agent = FakeAgent([sample], isRunning: false)
        let up = tandem("up", "shop", agent: agent)
        #expect(up.code == .done, "\(up.errors)")
        #expect(up.output.hasPrefix("● shop  ok         in sync"))
        #expect(agent.state.withLock(\.starts) == 1)
        #expect(agent.asked == [.up(pairs: [shop.hexID])])
    }

    @Test func `up with two pairs and none chosen asks which`() {
        let up = tandem("up", agent: FakeAgent())
        #expect(up.code == .usage)
        #expect(tandem("up", "--all", "shop", agent: FakeAgent()).code == .usage)
        let all = FakeAgent()
        #expect(tandem("up", "--all", agent: all).code == .done)
        #expect(all.asked == [.up(pairs: [notes.hexID, shop.hexID])])
    }

    @Test func `down without an agent is remembered, and all of them end the agent`() {
        catalogue.want(up: true, shop)
        #expect(tandem("down", "shop", agent: FakeAgent(isRunning: false)).code == .done)
        #expect(catalogue.wantedUp().isEmpty)
        let agent = FakeAgent()
        #expect(tandem("down", "--all", agent: agent).output.contains("the agent ends"))
        #expect(agent.asked == [.down(pairs: [notes.hexID, shop.hexID]), .stop])
    }

    @Test(arguments: ["pause", "resume", "flush", "events", "top"])
    func `what needs the agent says so`(_ verb: String) {
        let said = tandem(verb, "shop", agent: FakeAgent(isRunning: false))
        #expect(said.code == .unreachable)
        #expect(said.errors.contains("next: tandem up"))
    }

    @Test func `pausing all pauses those that are up`() {
        var down = PairStatus.sample(notes, now: 0)
        down.phase = .down
        let agent = FakeAgent([down, sample])
        #expect(tandem("pause", "--all", agent: agent).code == .done)
        #expect(agent.asked.last == .pause(pairs: [shop.hexID]))
    }

    // MARK: flush and push

    private func flushing(_ result: FlushAnswer.Result) -> FakeAgent {
        let agent = FakeAgent([sample])
        let answer = FlushAnswer(
            result: result,
            tree: "7be1c04ff",
            remarks: result == .inSync ? [] : ["a.txt"],
            status: sample
        )
        agent.state.withLock { state in
            state.answers = { request in
                switch request {
                case .flush, .push: .flushed(answer)
                default: nil
                }
            }
        }
        return agent
    }

    @Test(
        arguments: [
            (FlushAnswer.Result.inSync, ExitCode.done), (.durable, .done), (.attention, .attention),
            (.timedOut, .timedOut), (.broken, .failed),
        ]
    )
    func `a flush ends with what came of it`(_ result: FlushAnswer.Result, _ code: ExitCode) {
        let agent = flushing(result)
        let flush = tandem("flush", "shop", "--wait", "10s", agent: agent)
        #expect(flush.code == code)
        #expect(agent.asked == [.flush(pair: shop.hexID, milliseconds: 10_000)])
        let push = tandem("push", "shop", "--accept-delete", "30", agent: agent)
        #expect(push.code == code)
        guard case .push(let pair, _, let accepted) = agent.asked.last else {
            Issue.record("push did not ask the agent")
            return
        }
        #expect(pair == shop.hexID)
        #expect(accepted == 30)
    }

    @Test func `a push of a pair that is not up does not ask the agent to do it`() {
        var down = sample
        down.phase = .down
        let agent = FakeAgent([down])
        #expect(tandem("push", "shop", agent: agent).code == .done)
        #expect(agent.asked == [.status])
    }

    /// An agent that would do something of each kind.
    private func planning() throws -> FakeAgent {
        let agent = flushing(.attention)
        var plan = PlanAnswer(laptopEntries: 3, vmEntries: 4, isComplete: true, status: sample)
        let (a, b) = (WireState(.text("a")), WireState(.text("bb")))
        plan.toVM.count = 30
        plan.toVM.bytes = 2
        plan.toVM.shelved = 1
        plan.toVM.items = [
            .init(path: WirePath(try path("new")), old: nil, new: b),
            .init(path: WirePath(try path("gone")), old: a, new: nil),
            .init(
                path: WirePath(try path("to")),
                old: nil,
                new: a,
                source: WirePath(try path("from"))
            ),
        ]
        plan.conflictCount = 1
        plan.heldByLaptop = 1
        plan.heldByVM = 1
        plan.conflicts = [
            .init(
                path: WirePath(try path("both")),
                reason: "both-created",
                base: nil,
                laptop: a,
                vm: b
            )
        ]
        let flush = agent.state.withLock(\.answers)
        agent.state.withLock { state in
            state.answers = { [plan] request in
                if case .plan = request { .plan(plan) } else { try flush(request) }
            }
        }
        return agent
    }

    @Test func `a plan of a pair that is up is the agent's`() throws {
        let agent = try planning()
        let plan = tandem("plan", "shop", agent: agent)
        #expect(plan.code == .attention)
        #expect(
            plan.output == """
                30 changes to make now: the agent keeps shop in sync (in sync)
                30 changes to the vm, 2 B; 1 kept on its shelf:
                  A  new
                  D  gone  (kept on the shelf)
                  R  from → to
                  … and 27 more (--all)
                1 conflict, left alone on both sides:
                  both  (laptop: file, 1 B; vm: file, 2 B)

                """
        )
        let json = tandem("plan", "shop", "--json", agent: agent).output
        #expect(json.contains(#""from" : "from""#) && json.contains(#""conflictCount" : 1"#))
        #expect(
            agent.asked.allSatisfy { request in
                switch request {
                case .status, .plan(shop.hexID, isReset: false, milliseconds: _): true
                default: false
                }
            }
        )
    }

    @Test func `a reset says what differs and what goes to a shelf before it asks`() throws {
        let agent = try planning()
        let plain = tandem("reset", "shop", agent: agent)
        #expect(plain.code == .usage)
        #expect(
            plain.errors.contains(
                """
                  compared afresh: 3 entries on the laptop, 4 entries on the vm
                  30 only on the laptop, 1 on both and different
                """
            ),
            "\(plain.errors)"
        )
        #expect(plain.errors.contains("  both  (laptop: file, 1 B; vm: file, 2 B)"))
        #expect(plain.errors.contains("become conflicts; both versions stay where they are."))
        let kept = tandem("reset", "shop", "--keep", "laptop", agent: agent)
        #expect(kept.errors.contains("the vm's goes to its shelf: 1 version."), "\(kept.errors)")
        #expect(!agent.asked.contains(.reset(pair: shop.hexID)))
    }

    @Test func `a reset that cannot compare says so, and asks all the same`() throws {
        let agent = flushing(.attention)
        let flush = agent.state.withLock(\.answers)
        agent.state.withLock { state in
            state.answers = { request in
                guard case .plan = request else { return try flush(request) }
                throw ControlFailure(.unreachable, "both sides cannot be compared now: halted")
            }
        }
        let end = tandem("reset", "shop", agent: agent)
        #expect(end.code == .usage)
        #expect(end.errors.contains("both sides cannot be compared now: halted"))
        #expect(end.errors.contains("Nothing is deleted."))
    }

    // MARK: reset, events, top, log

    @Test func `a reset needs a yes, and settles what differs as it was told`() throws {
        let agent = flushing(.attention)
        let conflict = OpenConflict(
            number: 1,
            path: WirePath(try path("a.txt")),
            reason: "both-created",
            base: nil,
            laptop: WireState(.text("a")),
            vm: WireState(.text("b")),
            firstSeen: 1,
            generation: 1
        )
        let flush = agent.state.withLock(\.answers)
        agent.state.withLock { state in
            state.answers = { request in
                switch request {
                case .conflicts: .conflicts([conflict])
                case .resolve: .conflicts([])
                default: try flush(request)
                }
            }
        }
        #expect(tandem("reset", "shop", agent: agent).code == .usage)
        #expect(!agent.asked.contains(.reset(pair: shop.hexID)))
        let terminal = Console.Traits(errorIsTerminal: true, inputIsTerminal: true)
        let no = tandem("reset", "shop", agent: agent, answers: ["no"], traits: terminal)
        #expect(no.code == .halted)
        #expect(no.errors.contains("Nothing is deleted."))
        #expect(!agent.asked.contains(.reset(pair: shop.hexID)))
        let yes = tandem("reset", "shop", "-y", "--keep", "vm", agent: agent)
        #expect(yes.code == .attention, "\(yes.errors)")
        #expect(yes.errors.contains("no snapshot was taken before a reset: "))
        #expect(!no.errors.contains("snapshot"))
        #expect(agent.asked.contains(.reset(pair: shop.hexID)))
        let settled = agent.asked.contains { request in
            guard case .resolve(_, let settlements, _) = request else { return false }
            return settlements.map(\.keep) == [.vm] && settlements.first?.vm == conflict.vm
        }
        #expect(settled)
    }

    @Test func `events are lines of JSON that a terminal only shows`() throws {
        let agent = FakeAgent([sample])
        let name = RelativePath(trusted: Array("a\u{1B}[2J\u{202E}".utf8))
        agent.state.withLock {
            $0.events = [
                AgentEvent(
                    time: 1,
                    kind: .change,
                    pair: shop.hexID,
                    path: WirePath(name),
                    text: "sent"
                ),
                AgentEvent(time: 2, kind: .dropped, count: 7),
            ]
        }
        let events = tandem("events", "shop", "--json", "--limit", "2", agent: agent)
        #expect(events.code == .done)
        let lines = events.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(!events.output.contains("\u{1B}") && !events.output.contains("\u{202E}"))
        #expect(lines.last?.contains(#""count":7,"event":"dropped""#) == true)
        #expect(tandem("events", "shop", agent: agent).code == .unreachable)
    }

    @Test func `top shows each pair, and the newest events at the bottom`() throws {
        var view = TopView()
        #expect(view.lines(rows: 10, now: 0).first?.plain == "connecting to the agent …")
        let status = AgentStatus(
            process: 7,
            program: "tandem-agent 0.1.0",
            started: 0,
            pairs: [needy(), sample]
        )
        view.take(status, of: [shop.hexID])
        for number in 0..<300 {
            view.take(AgentEvent(time: 0, kind: .batch, name: "shop", count: number))
            view.take(AgentEvent(time: 0, kind: .phase, name: "shop", text: "scanning"))
        }
        let lines = view.lines(rows: 12, now: time.wall).map(\.plain)
        #expect(lines.count <= 12)
        #expect(lines[0].hasPrefix("ok: 1 pair up"))
        #expect(lines[2] == "● shop  ok         in sync")
        #expect(lines[lines.count - 3].hasSuffix("shop  batch  299 changes"))
        #expect(lines.last == "q quits")
        #expect(!lines.contains { $0.contains("notes") || $0.contains("scanning") })
    }

    @Test func `a picture is cut at the terminal's width, escapes and wide letters counted`() {
        let text = StyledText("ab") + StyledText("\u{1B}[2J漢字", .bad)
        #expect(text.cut(to: 2).plain == "ab")
        #expect(text.cut(to: 9).plain == "ab\\x1b[2J")
        #expect(text.cut(to: 10).plain == "ab\\x1b[2J")
        #expect(text.cut(to: 11).plain == "ab\\x1b[2J漢")
        #expect(text.cut(to: 100).plain == "ab\\x1b[2J漢字")
    }

    @Test func `the log finds a path from where the user is`() throws {
        let root = LocalPath.resolved(shop.root)
        try FileManager.default.createDirectory(
            atPath: "\(root)/src",
            withIntermediateDirectories: true
        )
        let context = playground.context(ConsoleRecord(), catalogue: catalogue)
        let inside = PathInPair(shop, context, "\(root)/src")
        #expect(try inside.parse("a.txt").description == "src/a.txt")
        #expect(try inside.parse("../b").description == "b")
        #expect(try inside.parse("..").isRoot)
        #expect(try inside.parse("\(root)/x/y").description == "x/y")
        #expect(throws: CommandError.self) { try inside.parse("../../other") }
        #expect(throws: CommandError.self) { try inside.parse("/etc/passwd") }
        let outside = PathInPair(shop, context, nil)
        #expect(try outside.parse("src/a.txt").description == "src/a.txt")
    }

    @Test func `the log tells what happened, when and why`() throws {
        let record = ActivityRecord(
            time: time.wall,
            path: RelativePath(trusted: Array("a\u{1B}b".utf8)),
            action: .conflicted,
            reason: "both sides changed it",
            generation: 7
        )
        let line = JournalText([record]).lines[0].plain
        #expect(line.hasSuffix("  conflicted  a\\x1bb  both sides changed it  generation 7"))
        #expect(JournalText([]).lines.map(\.plain) == ["nothing happened"])
        #expect(
            tandem("log", "--pair", "shop", "--action", "moved", agent: FakeAgent()).code == .usage
        )
        let empty = tandem("log", "--pair", "shop", "--since", "1h", agent: FakeAgent())
        #expect(empty.output == "nothing happened\n")
    }
}
