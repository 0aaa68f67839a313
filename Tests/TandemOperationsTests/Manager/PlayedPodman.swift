import Dispatch
import Foundation
import Synchronization
import TandemHTTP
import TandemTestSupport

/// Podman's service played on a UNIX socket: one container under a unit, and two images.
///
/// It notes every request; what it knows of a container is what a test sets.
final class PlayedPodman: Sendable {
    struct Container: Sendable {
        var image: String
        var health = "healthy"
        var start = 1
        /// The health of a container that is started from an image.
        var healthOfImage: [String: String] = [:]
    }

    private struct State: Sendable {
        var container: Container
        var latest: String
        var requests: [String] = []
    }

    let socket: String
    private let directory: TemporaryDirectory
    private let state: Mutex<State>
    private let service = Mutex<HTTPService?>(nil)

    init(image: String) throws {
        directory = try TemporaryDirectory()
        socket = directory.path("podman.sock")
        state = Mutex(State(container: Container(image: image), latest: image))
        let responder = HTTPResponder(admits: { $0 == geteuid() }) { [weak self] request, reply in
            reply(self?.answer(request) ?? .notFound)
        }
        let running = try HTTPService.start(at: .unix(path: socket), responder: responder)
        service.withLock { $0 = running }
    }

    deinit { stop() }

    func stop() {
        service.withLock { service in
            service?.stop(by: .now() + .milliseconds(100))
            service = nil
        }
    }

    func change(_ body: @Sendable (inout Container) -> Void) {
        state.withLock { body(&$0.container) }
    }

    var container: Container { state.withLock { $0.container } }

    /// What was asked for, without the version in front.
    var requests: [String] { state.withLock { $0.requests } }

    private func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let path = String(request.path.drop { $0 != "l" }.dropFirst("libpod".count))
        let verb = request.method == .post ? "POST" : "GET"
        return state.withLock { state in
            state.requests.append("\(verb) \(path)")
            switch (verb, path) {
            case ("GET", "/containers/tandem-receiver/json"): return inspected(state.container)
            case ("GET", "/containers/tandem-receiver/healthcheck"): return .json(Array("{}".utf8))
            case ("POST", "/containers/tandem-receiver/stop"):
                // Its unit starts it again, from the image of that name.
                state.container.image = state.latest
                state.container.start += 1
                state.container.health = state.container.healthOfImage[state.latest] ?? "healthy"
                return HTTPAnswer(status: 204, contentType: "", body: [])
            case ("GET", "/images/json"):
                let images = Set([state.latest, state.container.image])
                    .union(state.container.healthOfImage.keys)
                let list = images.map { #"{"Id":"\#($0)"}"# }.joined(separator: ",")
                return .json(Array("[\(list)]".utf8))
            case ("GET", "/containers/tandem-receiver/logs"):
                return HTTPAnswer(
                    contentType: "",
                    body: [1, 0, 0, 0, 0, 0, 0, 3, 0x68, 0x69, 0x0A]
                )
            default: return tagged(path, request, &state)
            }
        }
    }

    private func tagged(
        _ path: String,
        _ request: HTTPRequest,
        _ state: inout State
    ) -> HTTPAnswer {
        let parts = path.split(separator: "/")
        guard parts.count == 3, parts[0] == "images", parts[2] == "tag",
            request.query["repo"] == "localhost/tandem-receiver"
        else { return .json(Array(#"{"message":"no such container"}"#.utf8), status: 404) }
        if request.query["tag"] == "latest" { state.latest = String(parts[1]) }
        return HTTPAnswer(status: 201, contentType: "", body: [])
    }

    private func inspected(_ container: Container) -> HTTPAnswer {
        .json(
            Array(
                """
                {"Id":"c\(container.start)","Image":"\(container.image)",
                 "State":{"Status":"running","StartedAt":"\(container.start)",
                 "Health":{"Status":"\(container.health)"}},
                 "Config":{"Labels":{"PODMAN_SYSTEMD_UNIT":"tandem-receiver.service"}}}
                """.utf8
            )
        )
    }
}
