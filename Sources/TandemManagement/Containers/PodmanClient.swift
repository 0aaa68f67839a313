import Dispatch
import TandemHTTP

/// What answers calls about containers: Podman's service, or a test's own.
package protocol ContainerEngine: Sendable {
    /// Makes a call and waits for its answer.
    ///
    /// - Returns: the body of an answer that says the call succeeded.
    /// - Throws: `PodmanError`
    func send(_ call: PodmanCall) throws(PodmanError) -> [UInt8]
}

/// Podman's REST service on its UNIX socket.
package struct PodmanClient: ContainerEngine {
    /// More than the longest log that is asked for.
    private static let longestAnswer = 32 << 20
    private let socket: String

    /// Names the socket; nothing is connected before a call is made.
    package init(socket: String) {
        self.socket = socket
    }

    package func send(_ call: PodmanCall) throws(PodmanError) -> [UInt8] {
        let answer: HTTPAnswer
        do {
            answer = try HTTPClientOnce.send(
                call.method,
                call.target,
                to: .unix(path: socket),
                by: .now() + .seconds(call.seconds),
                limit: Self.longestAnswer
            )
        } catch {
            throw PodmanError(.unreachable, "could not \(call.what): \(error.message)")
        }
        switch answer.status {
        // 304: it is so already. 409 of a health check: it has none, or does not run.
        case 200..<300, 304: return answer.body
        case 404: throw PodmanError(.absent, refusal(call, answer))
        default: throw PodmanError(.refused, refusal(call, answer))
        }
    }

    private func refusal(_ call: PodmanCall, _ answer: HTTPAnswer) -> String {
        let said = PodmanReader.message(answer.body) ?? "status \(answer.status)"
        return "could not \(call.what): \(said)"
    }
}

/// Why a call to Podman did not succeed.
package struct PodmanError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// Podman's service does not answer.
        case unreachable
        /// There is no such container or image.
        case absent
        /// Podman says no.
        case refused
        /// The answer was not understood.
        case notUnderstood
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
