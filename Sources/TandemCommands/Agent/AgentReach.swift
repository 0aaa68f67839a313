import Dispatch
package import TandemControl
package import TandemDaemon
import TandemSystem

/// How commands come to the agent.
package protocol AgentReach: Sendable {
    /// A conversation with the agent; nil where none runs.
    ///
    /// - Throws: `ControlError` where one runs and cannot be talked to.
    func running() throws -> (any AgentConversation)?

    /// A conversation with the agent, which is started where none runs.
    ///
    /// - Throws: `CommandError`, `ControlError`
    func started() throws -> any AgentConversation

    /// Becomes the agent, at this terminal; returns only where that fails.
    func become() throws(CommandError)
}

/// A place without an agent.
package struct NoAgent: AgentReach {
    package init() {}

    package func running() -> (any AgentConversation)? { nil }

    package func started() throws -> any AgentConversation {
        throw CommandError(.unreachable, "there is no agent here")
    }

    package func become() throws(CommandError) {
        throw CommandError(.unreachable, "there is no agent here")
    }
}

/// The agent of this user on this machine.
package struct UserAgent: AgentReach {
    /// The program's name.
    static let name = "tandem-agent"
    /// The variable that forbids to start it.
    static let noAutostart = "TANDEM_NO_AUTOSTART"
    /// What an agent takes to open its socket, many times over.
    private static let startSeconds = 10

    private let directories: StateDirectories
    private let environment: [String: String]
    /// The program to start: beside `tandem`, else on PATH.
    private let agent: String

    package init(directories: StateDirectories, environment: [String: String], program: String) {
        self.directories = directories
        self.environment = environment
        agent = Self.program(beside: program)
    }

    /// The agent's program beside another, else its name alone, for PATH.
    static func program(beside program: String) -> String {
        let folder = program.split(separator: "/").dropLast().joined(separator: "/")
        let beside = "/\(folder)/\(name)"
        return LocalPath.exists(beside) ? beside : name
    }

    package func running() throws -> (any AgentConversation)? {
        do {
            return try connect()
        } catch let error as ControlError where error.code == .noAgent {
            return nil
        }
    }

    package func started() throws -> any AgentConversation {
        if let running = try running() { return running }
        guard environment[Self.noAutostart].map({ $0.isEmpty || $0 == "0" }) ?? true else {
            throw CommandError(
                .unreachable,
                "no agent runs, and \(Self.noAutostart) is set",
                next: "start \(Self.name), or unset the variable"
            )
        }
        return try start()
    }

    private func connect() throws -> ControlClient {
        try ControlClient(
            socket: directories.controlSocket,
            program: "tandem \(TandemVersion.text)"
        )
    }

    private func start() throws -> any AgentConversation {
        let said = try Pipe()
        let child: ChildProcess
        do {
            child = try ChildProcess.start(
                agent,
                [],
                descriptors: .init(error: said.writing.raw),
                inNewSession: true
            )
        } catch {
            throw CommandError(
                .unreachable,
                "the agent cannot be started: \(error)",
                next: "install \(Self.name) beside tandem"
            )
        }
        let errors = said.keepReading()
        let link = DescriptorLink(input: errors, output: errors)
        let deadline = DispatchTime.now() + .seconds(Self.startSeconds)
        while DispatchTime.now() < deadline {
            if let running = try running() { return running }
            // One that finds another agent started meanwhile ends, and that one answers.
            if child.wait(until: .now() + .milliseconds(20)) != nil {
                if let running = try running() { return running }
                throw Self.refusal(link)
            }
        }
        throw CommandError(
            .unreachable,
            "the agent was started and does not answer",
            next: "look into \(directories.logs)/agent.log"
        )
    }

    /// What an agent that ended at once has said.
    private static func refusal(_ link: DescriptorLink) -> CommandError {
        let longest = 4096
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: longest, alignment: 1)
        defer { unsafe buffer.deallocate() }
        let count = (try? unsafe link.read(into: buffer, until: .now() + .seconds(1))) ?? 0
        let text = unsafe String(decoding: buffer[..<count], as: UTF8.self)
        let lines = text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }
        let what = lines.first.map { $0.trimmingPrefix("\(name): ") } ?? "no reason was given"
        let next = lines.dropFirst().first.map { String($0.trimmingPrefix("next: ")) }
        return CommandError(.unreachable, "the agent did not start: \(what)", next: next)
    }

    package func become() throws(CommandError) {
        let error = ProcessReplacement.become(agent, ["--foreground"])
        throw CommandError(.unreachable, "\(error)", next: "install \(Self.name) beside tandem")
    }
}

extension CommandContext {
    /// A conversation with the agent that has to run already.
    func runningAgent() throws -> any AgentConversation {
        guard let agent = try agent.running() else {
            throw CommandError(.unreachable, "no agent runs", next: "tandem up")
        }
        return agent
    }

    /// Runs `body` while the agent, where it keeps this pair in sync, holds it still.
    ///
    /// The receiver serves one session of a pair at a time.
    func aside<Result>(_ entry: PairEntry, _ body: () throws -> Result) throws -> Result {
        let agent = try owner(of: entry)?.agent
        // The end of the conversation, also by kill -9, lets the agent go on.
        defer { agent?.close() }
        if let agent {
            let deadline = DispatchTime.now() + .seconds(Self.lendSeconds)
            _ = try agent.ask(.lend(pair: entry.hexID), until: deadline)
        }
        return try body()
    }

    /// What a pair may need to come to rest, and some more.
    private static let lendSeconds = 20

    /// The agent, where one runs and keeps this pair in sync.
    func owner(of entry: PairEntry) throws -> (agent: any AgentConversation, status: PairStatus)? {
        guard let agent = try agent.running() else { return nil }
        let found = try agent.statuses().pairs.first { $0.pair.id == entry.hexID }
        guard let found, found.phase != .down else {
            agent.close()
            return nil
        }
        return (agent, found)
    }
}

extension AgentConversation {
    /// What the agent would do about a pair now, or after a reset.
    func plan(_ entry: PairEntry, isReset: Bool = false) throws -> PlanAnswer {
        // A first comparison of a large tree may be under way.
        let seconds = 60
        let request = ControlRequest.plan(
            pair: entry.hexID,
            isReset: isReset,
            milliseconds: seconds * 1000
        )
        return try ask(request, until: .now() + .seconds(seconds + 5)).plan()
    }

    /// What the agent knows of its pairs.
    func statuses() throws -> AgentStatus { try ask(.status).status() }
}

extension ControlAnswer {
    /// The status in the answer.
    func status() throws(ControlError) -> AgentStatus {
        guard case .status(let status) = self else { throw Self.unexpected }
        return status
    }

    /// What a flush came to.
    func flushed() throws(ControlError) -> FlushAnswer {
        guard case .flushed(let answer) = self else { throw Self.unexpected }
        return answer
    }

    /// What would be done.
    func plan() throws(ControlError) -> PlanAnswer {
        guard case .plan(let plan) = self else { throw Self.unexpected }
        return plan
    }

    /// The conflicts in the answer.
    func conflicts() throws(ControlError) -> [OpenConflict] {
        guard case .conflicts(let conflicts) = self else { throw Self.unexpected }
        return conflicts
    }

    private static var unexpected: ControlError {
        ControlError(.garbled, "the agent answered something else than it was asked")
    }
}

extension AgentConversation {
    /// Those of the pairs that are up.
    func up(among entries: [PairEntry]) throws -> [PairEntry] {
        let up = Set(try statuses().pairs.filter { $0.phase != .down }.map(\.pair.id))
        return entries.filter { up.contains($0.hexID) }
    }
}
