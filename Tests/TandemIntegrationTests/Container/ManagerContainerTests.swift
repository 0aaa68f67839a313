import Foundation
import TandemTestSupport
import Testing

/// The real manager on the socket of a real Podman: what it starts again, and what it may not touch.
@Suite(.serialized, .enabled(if: ContainerFixture.isWanted, "\(ContainerFixture.obstacle ?? "")"))
struct ManagerContainerTests {
    /// Failing once is enough, and only the manager checks.
    private static let health = [
        "--health-cmd", #"["/tandem-receiver","health","--http","127.0.0.1:8080"]"#,
        "--health-retries", "1", "--health-interval", "disable",
    ]

    @Test func `what is unhealthy is started again, and its neighbour is out of reach`() throws {
        if let obstacle = ContainerFixture.obstacle { throw CommandFailure(obstacle) }
        let host = try PodmanHost(project: ContainerFixture.project)
        defer { host.remove() }
        let image = try host.buildImage(around: ContainerFixture.binary)
        let watched = try Self.start("tandem-receiver", image, host)
        let neighbour = try Self.start("tandem-neighbour", image, host)
        let begin = try watched.inspect("{{.State.StartedAt}}")
        let beside = try neighbour.inspect("{{.State.StartedAt}} {{.State.Pid}}")

        // Both live on and answer nobody.
        for container in [watched, neighbour] {
            let process = try #require(pid_t(container.inspect("{{.State.Pid}}")))
            #expect(kill(process, SIGSTOP) == 0)
        }
        let podman = try WatchedPodman(host, watching: "tandem-receiver")
        try podman.wait("a restart") { try watched.inspect("{{.State.StartedAt}}") != begin }
        try podman.wait("health") { try podman.state() == "healthy" }
        #expect(try podman.log().contains("restarting: it is unhealthy"))

        for path in ["/v1/restart/tandem-neighbour", "/v1/restart/neighbour"] {
            #expect(try podman.answer("POST", path) == "404", "\(path)")
        }
        #expect(try podman.answer("GET", "/v1/logs/tandem-neighbour") == "404")
        #expect(try podman.log().contains("refused: POST /v1/restart/tandem-neighbour"))
        #expect(try neighbour.inspect("{{.State.StartedAt}} {{.State.Pid}}") == beside)

        let again = try watched.inspect("{{.State.StartedAt}}")
        #expect(try podman.answer("POST", "/v1/restart/receiver") == "202")
        try podman.wait("the restart that was asked for") {
            try watched.inspect("{{.State.StartedAt}}") != again
        }
        try podman.wait("health again") { try podman.state() == "healthy" }
    }

    private static func start(
        _ name: String,
        _ image: String,
        _ host: PodmanHost
    ) throws -> PodmanContainer {
        let uid = ContainerFixture.uid
        let container = try host.run(image: image, uid: uid, name: name, extra: health)
        try ContainerFixture.waitUntilHealthy(container)
        return container
    }
}
