import Dispatch
import Synchronization
import TandemControl
import TandemSystem

@testable import TandemCommands

/// An agent that answers what a test gave it, and remembers what it was asked.
final class FakeAgent: AgentReach {
    struct State {
        var isRunning = true
        var starts = 0
        var status = AgentStatus(
            process: 4711,
            program: "tandem-agent 0.1.0",
            started: 0,
            pairs: []
        )
        var asked: [ControlRequest] = []
        var answers: @Sendable (ControlRequest) throws -> ControlAnswer? = { _ in nil }
        var events: [AgentEvent] = []
    }

    let state: Mutex<State>

    init(_ pairs: [PairStatus] = [], isRunning: Bool = true) {
        var state = State()
        state.status.pairs = pairs
        state.isRunning = isRunning
        self.state = Mutex(state)
    }

    var asked: [ControlRequest] { state.withLock(\.asked) }

    func running() throws -> (any AgentConversation)? {
        state.withLock(\.isRunning) ? Conversation(agent: self) : nil
    }

    func started() throws -> any AgentConversation {
        state.withLock { state in
            if !state.isRunning { state.starts += 1 }
            state.isRunning = true
        }
        return Conversation(agent: self)
    }

    func become() throws(CommandError) {
        throw CommandError(.unreachable, "there is no program in this test")
    }

    private struct Conversation: AgentConversation {
        let fake: FakeAgent
        let agent = Greeting(program: "tandem-agent 0.1.0", process: 4711)

        init(agent fake: FakeAgent) { self.fake = fake }

        func ask(
            _ request: ControlRequest,
            until deadline: DispatchTime
        ) throws -> ControlAnswer {
            let (answers, status) = fake.state.withLock { state in
                state.asked.append(request)
                return (state.answers, state.status)
            }
            if let answer = try answers(request) { return answer }
            switch request {
            case .status, .up, .down, .pause, .resume: return .status(status)
            case .plan(let pair, _, _):
                guard let found = status.pairs.first(where: { $0.pair.id == pair }) else {
                    return .done
                }
                return .plan(
                    PlanAnswer(laptopEntries: 1, vmEntries: 1, isComplete: true, status: found)
                )
            default: return .done
            }
        }

        func nextEvent(until deadline: DispatchTime) throws -> AgentEvent? {
            fake.state.withLock { $0.events.isEmpty ? nil : $0.events.removeFirst() }
        }

        func close() {}
    }
}

extension PairStatus {
    /// A pair in sync.
    static func sample(_ entry: PairEntry, now: Int64) -> PairStatus {
        var status = PairStatus(
            pair: entry.identity,
            verdict: .ok,
            phase: .watching,
            headline: "in sync"
        )
        status.laptopEntries = 18_204
        status.vmEntries = 18_204
        status.tree = "7be1c04fffff"
        status.generation = 12
        status.lastSync = now - 4_000_000_000
        status.lag = 74_000_000
        return status
    }
}
