import Dispatch
import Foundation
import TandemHTTP
import TandemManagement
import TandemSystem
import TandemTestSupport

/// Where one manager of a test lives, and how it is asked.
struct ManagerPlace {
    private static let patience = 20.0

    let socket: String
    private let directory: TemporaryDirectory
    private let podman: String
    private let names: [String]

    init(podman: String, watching names: [String]) throws {
        directory = try TemporaryDirectory()
        socket = directory.path("manager.sock")
        self.podman = podman
        self.names = names
    }

    func start(_ options: [String] = []) throws -> RunningProgram {
        try RunningProgram(
            BuiltProgram.path("tandem-manager"),
            [
                "serve", "--podman-socket", podman, "--socket", socket,
                "--state", directory.path("state"), "--logs", directory.path("logs"),
                "--interval", "50",
            ] + names.flatMap { ["--watch", $0] } + options
        )
    }

    /// Asks over the socket as a laptop does: a link, and HTTP over it.
    func ask(_ method: HTTPRequest.Method, _ target: String) throws -> HTTPAnswer {
        let descriptor = try UnixSocket.connect(to: socket)
        let link = DescriptorLink(input: descriptor, output: descriptor)
        defer { link.close() }
        return try HTTPOverLink.send(method, target, over: link, by: .now() + .seconds(20))
    }

    func status() throws -> ManagerStatus {
        try JSONDecoder().decode(ManagerStatus.self, from: Data(try ask(.get, "/status").body))
    }

    func log() throws -> String { try directory.read("logs/manager.log") }

    func waitUntilReady() throws {
        try wait { (try? ask(.get, "/readyz").status) == 200 }
    }

    /// Looks until a condition holds; the pause is a wait for the manager's next look.
    func wait(_ condition: () throws -> Bool) throws {
        let end = Date.now.addingTimeInterval(Self.patience)
        let pause = DispatchSemaphore(value: 0)
        while try !condition() {
            guard Date.now < end else {
                throw CommandFailure("did not come about: \((try? log()) ?? "no log")")
            }
            _ = pause.wait(timeout: .now() + .milliseconds(20))
        }
    }
}
