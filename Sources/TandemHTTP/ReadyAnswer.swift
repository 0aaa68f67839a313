import Dispatch

/// What a daemon answers its own health check.
package enum ReadyAnswer: Hashable, Sendable {
    /// It can work, and says so.
    case ready(String)
    /// It answers, and cannot work for this reason.
    case notReady(String)
    case silent(HTTPFailure)

    private static let path = "/readyz"
    private static let ok: Int = 200

    /// Asks once.
    ///
    /// - Parameters:
    ///   - address: where the daemon's HTTP answers.
    ///   - seconds: how long to wait, one at least.
    /// - Returns: what came of it.
    package static func ask(_ address: HTTPAddress, seconds: Int) -> ReadyAnswer {
        do throws(HTTPFailure) {
            let deadline = DispatchTime.now() + .seconds(max(1, seconds))
            let answer = try HTTPClientOnce.get(path, from: address, by: deadline)
            let text = String(decoding: answer.body, as: UTF8.self)
            return answer.status == ok ? .ready(text) : .notReady(text)
        } catch {
            return .silent(error)
        }
    }
}
