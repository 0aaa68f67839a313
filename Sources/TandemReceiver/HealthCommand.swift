package import ArgumentParser
import Dispatch
import TandemHTTP

/// Asks a running receiver whether it can work; what a container's health check runs.
package struct HealthCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the receiver whether it is ready; exit 0 when it is.",
        discussion: """
            Example:
              tandem-receiver health --http 127.0.0.1:8080
            """
    )

    @Option(help: "Where the receiver's HTTP answers, ADDRESS:PORT.")
    package var http = "127.0.0.1:8080"

    @Option(help: "How long to wait, in seconds.")
    package var timeout = 3

    package init() {}

    package func run() throws {
        let address = try HTTPEndpoint.parse(http)
        do {
            let deadline = DispatchTime.now() + .seconds(max(1, timeout))
            let answer = try HTTPClientOnce.get("/readyz", from: address, by: deadline)
            let text = String(decoding: answer.body, as: UTF8.self)
            guard answer.status == 200 else {
                ReceiverOutput.complain(
                    "not ready: \(text)",
                    next: "see the receiver's log, and whether its root is mounted"
                )
                throw ExitCode(ReceiverExit.failed)
            }
            print("ready")
        } catch let failure as HTTPFailure {
            ReceiverOutput.complain(
                "no answer from \(address): \(failure)",
                next: "start the receiver, or give --http ADDRESS:PORT"
            )
            throw ExitCode(ReceiverExit.unreachable)
        }
    }
}

/// `ADDRESS:PORT` of the command line.
enum HTTPEndpoint {
    static func parse(_ text: String) throws -> HTTPAddress {
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
        else {
            throw ValidationError(
                "--http takes ADDRESS:PORT, such as 127.0.0.1:8080, not '\(text)'"
            )
        }
        var host = String(text[..<colon])
        if host.hasPrefix("[") && host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return .tcp(host: host.isEmpty ? "0.0.0.0" : host, port: port)
    }
}
