import Dispatch
import Foundation
import TandemHTTP
import TandemManagement
import TandemSystem
import TandemTestSupport
import Testing

/// The real program over a played Podman: its socket, its book, its log and its end.
struct ManagerProgramTests {
    private let podman: PlayedPodman
    private let place: ManagerPlace

    init() throws {
        podman = try PlayedPodman(image: Situation.old.hex)
        place = try ManagerPlace(podman: podman.socket, watching: ["tandem-receiver"])
    }

    @Test func `it tells what it sees, to its own user on its own socket`() throws {
        let manager = try place.start()
        try place.waitUntilReady()
        let status = try place.status()
        let component = try #require(status.components.first)
        #expect(component.name == "tandem-receiver" && component.state == "healthy")
        #expect(component.image == Situation.old.description && component.isFine)
        var info = stat()
        #expect(stat(place.socket, &info) == 0 && info.st_mode & 0o777 == 0o600)
        let metrics = String(decoding: try place.ask(.get, "/metrics").body, as: UTF8.self)
        #expect(metrics.contains("tandem_manager_ready 1\n"))
        #expect(try place.ask(.get, "/v1/logs/receiver?lines=5").body == Array("hi\n".utf8))
        withExtendedLifetime(manager) {}
    }

    @Test func `it ends within two seconds of SIGTERM and takes its socket away`() throws {
        let manager = try place.start()
        try place.waitUntilReady()
        let begin = DispatchTime.now()
        manager.process.signal(SIGTERM)
        #expect(try manager.wait(.seconds(5)) == .status(0))
        #expect(DispatchTime.now().uptimeNanoseconds - begin.uptimeNanoseconds < 2_000_000_000)
        #expect(!FileManager.default.fileExists(atPath: place.socket))
        #expect(try place.log().contains(#""message":"stopped""#))
    }

    @Test func `what is not on the list is refused and logged, and Podman is not asked`() throws {
        let manager = try place.start()
        try place.waitUntilReady()
        for path in [
            "/v1/restart/other", "/v1/restart/tandem-receiver/x", "/v1/exec/receiver",
            "/v1/restart/..", "/containers/json", "/v1/remove/receiver",
        ] {
            #expect(try place.ask(.post, path).status == 404, "\(path)")
        }
        #expect(try place.ask(.get, "/v1/restart/receiver").status == 404)
        #expect(try place.ask(.post, "/v1/roll/receiver?image=latest").status == 400)
        #expect(!podman.requests.contains { $0.hasPrefix("POST") })
        #expect(try place.log().contains("refused: POST /v1/exec/receiver"))
        withExtendedLifetime(manager) {}
    }

    @Test func `an unhealthy container is restarted with ever longer waits, up to the cap`() throws
    {
        podman.change { container in
            container.health = "unhealthy"
            container.healthOfImage = [Situation.old.hex: "unhealthy"]
        }
        let manager = try place.start(["--first-delay", "50", "--attempts", "3"])
        try place.waitUntilReady()
        try place.wait { try place.status().components[0].note == "left alone after 3 restarts" }
        #expect(podman.requests.count { $0 == "POST /containers/tandem-receiver/stop" } == 3)
        #expect(try place.log().contains("it is left alone until somebody restarts it"))
        podman.change { $0.healthOfImage = [:] }
        #expect(try place.ask(.post, "/v1/restart/receiver").status == 202)
        try place.wait { try place.status().components[0].state == "healthy" }
        withExtendedLifetime(manager) {}
    }

    @Test func `an image that is healthy is kept, and the one before comes back on request`() throws
    {
        podman.change { $0.healthOfImage = [Situation.new.hex: "healthy"] }
        let manager = try place.start()
        try place.waitUntilReady()
        let asked = try place.ask(.post, "/v1/roll/receiver?image=\(Situation.new)")
        #expect(asked.status == 202)
        try place.wait { try place.status().components[0].last?.word == .done }
        #expect(podman.container.image == Situation.new.hex)
        #expect(try place.status().components[0].previous == Situation.old.description)
        #expect(try place.ask(.post, "/v1/rollback/receiver").status == 202)
        try place.wait { podman.container.image == Situation.old.hex }
        try place.wait { try !place.status().components[0].isRolling }
        withExtendedLifetime(manager) {}
    }

    @Test func `an image that is not healthy is rolled back by itself`() throws {
        podman.change { $0.healthOfImage = [Situation.new.hex: "unhealthy"] }
        let manager = try place.start()
        try place.waitUntilReady()
        #expect(
            try place.ask(.post, "/v1/roll/receiver?image=\(Situation.new)").status == 202
        )
        try place.wait { try place.status().components[0].last?.word == .rolledBack }
        #expect(podman.container.image == Situation.old.hex)
        #expect(try place.status().components[0].last?.reason == "it is unhealthy")
        withExtendedLifetime(manager) {}
    }

    @Test func `a manager that is killed within a rollout goes on with it`() throws {
        podman.change { $0.healthOfImage = [Situation.new.hex: "starting"] }
        let manager = try place.start()
        try place.waitUntilReady()
        #expect(
            try place.ask(.post, "/v1/roll/receiver?image=\(Situation.new)").status == 202
        )
        try place.wait { podman.container.image == Situation.new.hex }
        manager.kill()
        let again = try place.start()
        try place.waitUntilReady()
        #expect(try place.status().components[0].isRolling)
        podman.change { $0.health = "healthy" }
        try place.wait { try place.status().components[0].last?.word == .done }
        #expect(try place.status().components[0].previous == Situation.old.description)
        withExtendedLifetime(again) {}
    }

    @Test func `an image that the vm does not have is refused`() throws {
        let manager = try place.start()
        try place.waitUntilReady()
        let answer = try place.ask(.post, "/v1/roll/receiver?image=\(Situation.image("d"))")
        #expect(answer.status == 404)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("copy it there first"))
        withExtendedLifetime(manager) {}
    }

    @Test func `while Podman does not answer it is not ready, and says so once`() throws {
        let manager = try place.start()
        try place.waitUntilReady()
        podman.stop()
        try place.wait { try place.ask(.get, "/readyz").status == 503 }
        try place.wait { try place.log().contains("Podman does not answer") }
        let lines = try place.log().split(separator: "\n")
        #expect(lines.count { $0.contains("Podman does not answer") } == 1)
        withExtendedLifetime(manager) {}
    }

    @Test func `connect joins a stream to the socket`() throws {
        let manager = try place.start()
        try place.waitUntilReady()
        let request = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        let output = try Command.run(
            "sh",
            [
                "-c", #"exec "$0" connect --socket "$1""#, BuiltProgram.path("tandem-manager"),
                place.socket,
            ],
            input: Array(request.utf8)
        )
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.hasSuffix("ok\n"))
        withExtendedLifetime(manager) {}
    }
}
