package import TandemHTTP

/// Everything the manager can ask of Podman: libpod's REST API, and of it these calls only.
///
/// There is none that makes a container, runs a command in one, mounts, pulls or removes.
package enum PodmanCall: Hashable, Sendable {
    case ping
    case inspect(WatchList.Member)
    /// Runs the container's own health check now, and notes the result in its state.
    case checkHealth(WatchList.Member)
    case stop(WatchList.Member)
    case start(WatchList.Member)
    case restart(WatchList.Member)
    case logs(WatchList.Member, lines: Int)
    case stats([WatchList.Member])
    case images
    /// Makes an image the one that the container's unit starts.
    case use(ImageID, WatchList.Member)
    /// Gives an image a second name, so that no clean-up takes it.
    case keep(ImageID, WatchList.Member)

    /// What a container may take to end before it is killed; the units say the same.
    package static let stopSeconds = 10
    /// The most lines of a log that are asked for.
    package static let mostLines = 10_000
    /// The name of the image that ran before.
    package static let previousTag = "previous"

    /// The oldest API that has all of these (Podman 4.0, February 2022).
    private static let base = "/v4.0.0/libpod"

    package var method: HTTPRequest.Method {
        switch self {
        case .ping, .inspect, .checkHealth, .logs, .stats, .images: .get
        case .stop, .start, .restart, .use, .keep: .post
        }
    }

    /// Path and query; every part is of characters that mean nothing in a URL.
    package var target: String {
        switch self {
        case .ping: "\(Self.base)/_ping"
        case .inspect(let member): "\(Self.base)/containers/\(member)/json"
        case .checkHealth(let member): "\(Self.base)/containers/\(member)/healthcheck"
        case .stop(let member): "\(Self.base)/containers/\(member)/stop?timeout=\(Self.stopSeconds)"
        case .start(let member): "\(Self.base)/containers/\(member)/start"
        case .restart(let member): "\(Self.base)/containers/\(member)/restart?t=\(Self.stopSeconds)"
        case .logs(let member, let lines):
            "\(Self.base)/containers/\(member)/logs?stdout=true&stderr=true&tail="
                + String(min(max(lines, 1), Self.mostLines))
        case .stats(let members):
            "\(Self.base)/containers/stats?stream=false"
                + members.map { "&containers=\($0)" }.joined()
        case .images: "\(Self.base)/images/json?all=true"
        case .use(let image, let member): Self.tag(image, member, "latest")
        case .keep(let image, let member): Self.tag(image, member, Self.previousTag)
        }
    }

    private static func tag(_ image: ImageID, _ member: WatchList.Member, _ tag: String) -> String {
        "\(base)/images/\(image.hex)/tag?repo=\(member.repository)&tag=\(tag)"
    }

    /// How long an answer may take.
    package var seconds: Int {
        switch self {
        case .ping, .inspect, .images, .use, .keep: 10
        case .checkHealth, .logs, .stats: 30
        case .stop, .restart: Self.stopSeconds + 20
        case .start: 30
        }
    }

    /// For the log: what is done.
    package var what: String {
        switch self {
        case .ping: "ping Podman"
        case .inspect(let member): "inspect \(member)"
        case .checkHealth(let member): "check the health of \(member)"
        case .stop(let member): "stop \(member)"
        case .start(let member): "start \(member)"
        case .restart(let member): "restart \(member)"
        case .logs(let member, _): "read the log of \(member)"
        case .stats: "read the statistics"
        case .images: "list the images"
        case .use(let image, let member): "make \(image.short) the image of \(member)"
        case .keep(let image, let member): "keep \(image.short) as the previous image of \(member)"
        }
    }
}
