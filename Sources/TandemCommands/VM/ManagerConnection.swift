import Dispatch
import Foundation
import TandemHTTP
import TandemManagement
import TandemSystem

/// Asks the manager of a pair's vm, by the pair's own way in.
struct ManagerConnection {
    /// What an exec channel runs.
    static let command = "podman exec -i tandem-manager tandem-manager connect"
    private static let seconds = 45
    private static let receiverSocket = "/tandem/receiver.sock"
    private static let managerSocket = "/tandem-manager/manager.sock"

    let entry: PairEntry
    let context: CommandContext
    /// The manager's socket on the vm, where a person named it.
    let socket: String?

    /// How the manager is reached: its socket lies beside the receiver's, or Podman joins it.
    static func settings(_ receiver: ConnectionSettings, socket: String?) -> ConnectionSettings {
        var settings = receiver
        settings.command = command
        guard receiver.transport == .streamlocal else {
            settings.socket = nil
            return settings
        }
        if let socket {
            settings.socket = socket
        } else if let known = receiver.socket, known.hasSuffix(receiverSocket) {
            settings.socket = known.dropLast(receiverSocket.count) + managerSocket
        } else {
            settings.transport = .exec
            settings.socket = nil
        }
        return settings
    }

    func status() throws -> ManagerStatus {
        try decoded(ManagerStatus.self, try ask(.get, "/status"))
    }

    func usage() throws -> [ContainerUsage] {
        try decoded([ContainerUsage].self, try ask(.get, "/v1/stats"))
    }

    /// Sends a request that has to succeed.
    ///
    /// - Throws: `CommandError` with the manager's reason.
    @discardableResult
    func ask(_ method: HTTPRequest.Method, _ target: String) throws -> HTTPAnswer {
        let answer: HTTPAnswer
        do {
            let link = try context.dialer.connector(
                to: entry.destination,
                Self.settings(entry.connection, socket: socket),
                trust: .knownHosts
            )()
            defer { link.close() }
            let deadline = DispatchTime.now() + .seconds(Self.seconds)
            answer = try HTTPOverLink.send(method, target, over: link, by: deadline)
        } catch let error as HTTPFailure {
            throw unreachable("the manager's answer: \(error)")
        } catch {
            var failure = CommandError(error, at: "\(entry.destination)")
            if failure.code == .unreachable || error is LinkError {
                failure = unreachable(failure.what)
            }
            throw failure
        }
        guard (200..<300).contains(answer.status) else { throw refusal(answer) }
        return answer
    }

    private func unreachable(_ what: String) -> CommandError {
        CommandError(
            .unreachable,
            what,
            at: "\(entry.destination)",
            next: "on the vm: systemctl --user status tandem-manager; "
                + "`make deploy HOST=` puts it there"
        )
    }

    private func refusal(_ answer: HTTPAnswer) -> CommandError {
        let problem = try? JSONDecoder().decode(ManagerProblem.self, from: Data(answer.body))
        let what = problem?.error ?? "the manager answered with status \(answer.status)"
        return CommandError(
            answer.status == 404 ? .usage : .failed,
            what,
            at: "\(entry.destination)",
            next: "tandem vm status \(entry.name)"
        )
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ answer: HTTPAnswer) throws -> Value
    {
        do {
            return try JSONDecoder().decode(type, from: Data(answer.body))
        } catch {
            throw CommandError(.failed, "the manager's answer was not understood: \(error)")
        }
    }
}
