import Foundation
import TandemSystem
import TandemTestSupport

/// A Podman that listens on its socket, and a manager that watches one of its containers by it.
final class WatchedPodman: Sendable {
    private static let patience = 60.0

    private let directory: TemporaryDirectory
    private let service: RunningProgram
    private let manager: RunningProgram

    /// Starts both, and waits until the manager has seen Podman answer.
    ///
    /// - Parameters:
    ///   - host: whose containers.
    ///   - name: the container it watches.
    /// - Throws: `CommandFailure` where one of them does not come up.
    init(_ host: PodmanHost, watching name: String) throws {
        directory = try TemporaryDirectory()
        let podman = directory.path("podman.sock")
        let words = host.command + ["system", "service", "--time", "0", "unix://\(podman)"]
        service = try RunningProgram(words[0], Array(words.dropFirst()))
        try Self.wait("Podman's socket") { FileManager.default.fileExists(atPath: podman) }
        manager = try RunningProgram(
            // As it is deployed: optimised and static.
            ContainerFixture.project.appendingPathComponent("dist/tandem-manager").path,
            [
                "serve", "--podman-socket", podman, "--socket", directory.path("manager.sock"),
                "--state", directory.path("state"), "--logs", directory.path("logs"),
                "--interval", "200", "--first-delay", "100", "--watch", name,
            ]
        )
        try wait("a ready manager") { (try? answer("GET", "/readyz")) == "200" }
    }

    /// The HTTP status of an answer, as its three digits.
    func answer(_ method: String, _ target: String) throws -> String {
        let format = "%{http_code}"
        return try curl(
            ["--output", "/dev/null", "--write-out", format, "--request", method],
            target
        )
    }

    /// What the manager says of its one container: the word for its state.
    func state() throws -> String {
        struct Status: Decodable {
            struct Component: Decodable { var state: String }
            var components: [Component]
        }
        let text = try curl(["--fail"], "/status")
        let status = try JSONDecoder().decode(Status.self, from: Data(text.utf8))
        return status.components.first?.state ?? "none"
    }

    func log() throws -> String { try directory.read("logs/manager.log") }

    func wait(_ what: String, _ condition: () throws -> Bool) throws {
        do {
            try Self.wait(what, condition)
        } catch {
            throw CommandFailure("\(error)\n\((try? log()) ?? "")\n\(service.errors)")
        }
    }

    private static func wait(_ what: String, _ condition: () throws -> Bool) throws {
        let end = Date.now.addingTimeInterval(patience)
        let pause = DispatchSemaphore(value: 0)
        while try !condition() {
            guard Date.now < end else { throw CommandFailure("waited in vain for \(what)") }
            _ = pause.wait(timeout: .now() + .milliseconds(50))
        }
    }

    private func curl(_ options: [String], _ target: String) throws -> String {
        let socket = directory.path("manager.sock")
        let always = ["--silent", "--max-time", "20", "--unix-socket", socket]
        let output = try Command.run("curl", always + options + ["http://localhost\(target)"])
        return String(decoding: output, as: UTF8.self)
    }
}
