package import Foundation

/// A container that a `PodmanHost` started.
package struct PodmanContainer: Sendable {
    /// The host it runs on.
    package let host: PodmanHost
    package let id: String
    /// The port of this machine's loopback that leads to the container's 8080.
    package let port: UInt16
    /// This machine's directories by where they are mounted.
    package let mounts: [String: URL]

    /// What `podman inspect` prints for a format.
    package func inspect(_ format: String) throws -> String {
        try host.podman(["inspect", "--format", format, id])
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Runs a command in the container with `input` on its standard input (nil: open and silent).
    package func exec(_ command: [String], input: [UInt8]? = []) throws -> [UInt8] {
        try host.podmanBytes(["exec", "--interactive", id] + command, input: input)
    }

    /// The fields of /proc/PID/status of the container's first process, as this machine sees it.
    package func processStatus() throws -> [String: String] {
        let pid = try inspect("{{.State.Pid}}")
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.split(separator: ":", maxSplits: 1) }
        return Dictionary(
            lines.filter { $0.count == 2 }.map {
                (String($0[0]), $0[1].trimmingCharacters(in: .whitespaces))
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// What the container wrote to its output and error streams.
    package func logs() throws -> String { try host.podman(["logs", id]) }
}
