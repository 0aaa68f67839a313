package import Dispatch
import Glibc
import TandemSystem

/// A conversation with the agent: what the commands talk to.
package protocol AgentConversation: Sendable {
    /// Who answers.
    var agent: Greeting { get }

    /// Asks, and waits for the answer.
    ///
    /// - Throws: `ControlError`; `ControlFailure` where the agent refused.
    func ask(_ request: ControlRequest, until deadline: DispatchTime) throws -> ControlAnswer

    /// Waits for the next event, after `events` was asked; nil at the end of the conversation.
    ///
    /// - Throws: `ControlError`, `.timedOut` when none came before the deadline.
    func nextEvent(until deadline: DispatchTime) throws -> AgentEvent?

    /// Ends the conversation.
    func close()
}

extension AgentConversation {
    /// How long an agent that is well takes at most for what it answers at once.
    package static var patience: Int { 10 }

    /// Asks for something that is answered at once.
    package func ask(_ request: ControlRequest) throws -> ControlAnswer {
        try ask(request, until: .now() + .seconds(Self.patience))
    }
}

/// A conversation over the agent's socket.
package final class ControlClient: AgentConversation {
    /// How long an agent may take to greet.
    private static let greetingSeconds = 5

    private let channel: ControlChannel
    package let agent: Greeting

    /// Connects to the agent, and makes sure that both speak the same version.
    ///
    /// - Parameters:
    ///   - socket: the control socket.
    ///   - program: this program and its version.
    /// - Throws: `ControlError`; `.noAgent` where none listens.
    package init(socket: String, program: String) throws(ControlError) {
        let descriptor: Int32
        do {
            descriptor = try UnixSocket.connect(to: socket)
        } catch {
            throw ControlError(.noAgent, "no agent answers on \(socket)", hint: "tandem up")
        }
        let link = DescriptorLink(input: descriptor, output: descriptor)
        channel = ControlChannel(link, limit: ControlFrame.longestAnswer)
        guard let owner = UnixSocket.peerUID(of: descriptor), owner == geteuid() else {
            throw ControlError(.noAgent, "another user's process answers on \(socket)")
        }
        do throws(ControlError) {
            try channel.send(Greeting(program: program, process: getpid()))
            let deadline = DispatchTime.now() + .seconds(Self.greetingSeconds)
            guard let greeting = try channel.receive(Greeting.self, until: deadline) else {
                throw ControlError(.closed, "the agent ended the conversation at once")
            }
            agent = greeting
            try greeting.checkAgent()
        } catch {
            channel.close()
            throw error
        }
    }

    package func ask(
        _ request: ControlRequest,
        until deadline: DispatchTime
    ) throws -> ControlAnswer {
        try channel.send(request)
        guard let answer = try channel.receive(ControlAnswer.self, until: deadline) else {
            throw ControlError(.closed, "the agent ended the conversation")
        }
        if case .failed(let failure) = answer { throw failure }
        return answer
    }

    package func nextEvent(until deadline: DispatchTime) throws -> AgentEvent? {
        guard let answer = try channel.receive(ControlAnswer.self, until: deadline) else {
            return nil
        }
        switch answer {
        case .event(let event): return event
        case .failed(let failure): throw failure
        default: throw ControlError(.garbled, "the agent sent something else than an event")
        }
    }

    package func close() { channel.close() }
}
