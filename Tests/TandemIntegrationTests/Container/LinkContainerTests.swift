import Foundation
import Glibc
import TandemTestSupport
import Testing

/// A pair that the agent keeps in sync with a receiver in a container, which stops, dies, and is
/// made anew around the same volumes.
@Suite(.serialized, .enabled(if: ContainerFixture.isWanted, "\(ContainerFixture.obstacle ?? "")"))
struct LinkContainerTests {
    @Test(.tags(.live, .crash))
    func `a receiver's container that is restarted, killed or made anew needs nobody`() throws {
        try ContainerFixture.withImage { host, image in
            var link = try ContainerLink(host, image)
            try link.writeAndExpectAgreement("the first sync")
            try host.podman(["stop", "--time", "20", link.container.id])
            try link.write("stopped")
            try host.podman(["start", link.container.id])
            try link.writeAndExpectAgreement("after a restart")
            try host.podman(["kill", "--signal", "KILL", link.container.id])
            try link.write("killed")
            try host.podman(["start", link.container.id])
            try link.writeAndExpectAgreement("after a kill")
            try host.podman(["rm", "--force", "--time", "1", link.container.id])
            try link.write("removed")
            try link.makeContainer(image)
            try link.writeAndExpectAgreement("after it was made anew")
        }
    }
}

/// An agent's pair whose receiver is reached by `podman exec` in the container there is now.
private struct ContainerLink {
    private let host: PodmanHost
    private let scripts: TemporaryDirectory
    private let agent: AgentOnSSH
    private(set) var container: PodmanContainer
    private var serial = 0

    init(_ host: PodmanHost, _ image: String) throws {
        self.host = host
        scripts = try TemporaryDirectory()
        container = try host.run(image: image, uid: ContainerFixture.uid)
        let command = host.command.map { "'\($0)'" }.joined(separator: " ")
        let script = try scripts.write(
            """
            #!/bin/sh
            exec \(command) exec --interactive "$(cat '\(scripts.path("id"))')" \\
                tandem-receiver connect --socket /run/tandem/receiver.sock

            """,
            to: "connect",
            mode: 0o700
        )
        try scripts.write(container.id, to: "id")
        try ContainerFixture.waitUntilHealthy(container)
        let pair = try LivePair(pairs: false)
        let paired = try pair.tandem([
            "pair", pair.laptop, "\(SSHServer.alias):/app",
            "--ssh-config", pair.server.configuration, "--command", script,
        ])
        try #require(paired.code == 0, "\(paired.said)")
        agent = try AgentOnSSH(pair)
        let up = try agent.tandem("up", "--all")
        try #require(up.code == 0, "\(up.said)")
    }

    /// Makes a container around the volumes of the one before.
    mutating func makeContainer(_ image: String) throws {
        container = try host.run(image: image, uid: ContainerFixture.uid)
        try scripts.write(container.id, to: "id")
    }

    /// Writes a new file and a new value of a known one on each side.
    mutating func write(_ what: String) throws {
        serial += 1
        for side in [agent.pair.laptop, try root] {
            let name = side == agent.pair.laptop ? "laptop" : "vm"
            for file in ["\(name)-\(serial)", "\(name)-always"] {
                try agent.write("\(what) \(serial)", to: file, on: side)
                // What stands on the vm belongs to those who work there.
                if name == "vm" {
                    chown("\(side)/\(file)", ContainerFixture.uid, ContainerFixture.uid)
                }
            }
        }
    }

    /// Writes, waits until both sides agree, and compares them.
    mutating func writeAndExpectAgreement(_ what: String) throws {
        try write(what)
        try agent.flush()
        #expect(try agent.pair.differences(to: root) == "", "\(what)")
        #expect(agent.read("vm-always", on: agent.pair.laptop) == "\(what) \(serial)")
    }

    private var root: String { get throws { try #require(container.mounts["/app"]).path } }
}
