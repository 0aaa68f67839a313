import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// A pair over a real sshd that the real agent keeps in sync.
final class AgentOnSSH: Sendable {
    let pair: LivePair
    private let agent: Locked<RunningProgram?>

    /// Starts an agent for a pair; nil makes one.
    init(_ pair: LivePair? = nil) throws {
        self.pair = try pair ?? LivePair()
        agent = Locked(nil)
        try startAgent()
    }

    deinit { agent.value = nil }

    /// Whether an agent runs.
    var hasAgent: Bool { agent.value?.process.isRunning ?? false }

    var agentProcess: RunningProgram { get throws { try #require(agent.value) } }

    /// Starts an agent and waits until it answers; the one before must have ended.
    func startAgent() throws {
        let program = try launchAgent()
        let socket = "\(pair.home)/run/sock"
        try program.wait { (try? UnixSocket.connect(to: socket)).map { close($0) } != nil }
    }

    /// Starts an agent that kills itself at a point of its way, and waits for its death.
    func runAgent(dyingAt point: String) throws {
        let program = try launchAgent(dyingAt: point)
        let exit = program.process.wait(until: .now() + .seconds(90))
        #expect(exit == .signal(SIGKILL), "\(point) was not reached: \(program.errors)")
    }

    /// Starts an agent, without waiting for anything.
    ///
    /// - Parameter point: where it kills itself, for `CrashPoint`.
    /// - Returns: the running program.
    /// - Throws: `CommandFailure`, `SystemError`.
    @discardableResult
    func launchAgent(dyingAt point: String? = nil) throws -> RunningProgram {
        var environment = ["TANDEM_HOME": pair.home]
        if let point { environment["TANDEM_CRASH_AT"] = point }
        let program = try RunningProgram(
            BuiltProgram.path("tandem-agent"),
            ["--foreground"],
            environment: environment
        )
        agent.value = program
        return program
    }

    /// Kills the agent, if one runs.
    func killAgent() {
        agent.value?.kill()
        agent.value = nil
    }

    func tandem(_ arguments: String...) throws -> CommandEnd {
        try pair.tandem(arguments)
    }

    /// Flushes, which has to end with this code.
    @discardableResult
    func flush(
        _ code: Int32 = 0,
        _ location: SourceLocation = #_sourceLocation
    ) throws -> CommandEnd {
        let end = try tandem("flush", "--wait", "60s", "-C", pair.laptop)
        #expect(end.code == code, "\(end.said)", sourceLocation: location)
        return end
    }

    func write(_ text: String, to name: String, on side: String) throws {
        let file = URL(filePath: "\(side)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: file)
    }

    func read(_ name: String, on side: String) -> String? {
        try? String(contentsOf: URL(filePath: "\(side)/\(name)"), encoding: .utf8)
    }

    /// Waits for something that the agent does by itself.
    func wait(within seconds: Double = 60, until condition: () throws -> Bool) throws {
        try agentProcess.wait(within: seconds, until: condition)
    }

    /// Waits for words in the agent's log.
    func waitForDiary(_ words: String) throws {
        try wait { read("logs/agent.log", on: pair.home)?.contains(words) ?? false }
    }

    /// Asks for the journal until it holds something so often.
    func waitForJournal(_ what: String, times: Int = 1) throws -> String {
        let deadline = Date().addingTimeInterval(60)
        while true {
            let end = try tandem("log", "-C", pair.laptop)
            if end.output.components(separatedBy: what).count > times { return end.output }
            guard Date() < deadline else {
                throw CommandFailure("the journal never said \(what): \(end.said)")
            }
        }
    }

    /// Asks for the status until it holds what is wanted.
    func waitForStatus(_ what: String, within seconds: Double = 30) throws -> CommandEnd {
        try waitForStatus(what, within: seconds) { $0.contains(what) }
    }

    /// Asks for the status until a condition holds of its JSON.
    @discardableResult
    func waitForStatus(
        _ what: String,
        within seconds: Double = 60,
        where condition: (String) -> Bool
    ) throws -> CommandEnd {
        let deadline = Date().addingTimeInterval(seconds)
        while true {
            let end = try tandem("status", "--json")
            if condition(end.output) { return end }
            guard Date() < deadline else {
                throw CommandFailure("the status never said \(what): \(end.said)")
            }
        }
    }
}
