import Foundation
import Logging
import TandemHTTP
import TandemManagement
import TandemSystem

/// What the manager answers on its socket.
///
/// GET tells, POST asks for one of three things about one container of the list. Anything else is
/// refused and logged.
struct ManagerRoutes: Sendable {
    let list: WatchList
    let loop: ManagerLoop
    let engine: any ContainerEngine
    let logger: Logger
    private let workers = Monitor(0)

    /// Questions that ask Podman something, at once.
    private static let mostWorkers = 4
    private static let usualLines = 100

    init(list: WatchList, loop: ManagerLoop, engine: any ContainerEngine, logger: Logger) {
        self.list = list
        self.loop = loop
        self.engine = engine
        self.logger = logger
    }

    func answer(_ request: HTTPRequest, _ reply: @escaping @Sendable (HTTPAnswer) -> Void) {
        switch (request.method, request.path) {
        case (.get, "/healthz"): reply(.text("ok\n"))
        case (.get, "/readyz"): reply(ready)
        case (.get, "/status"): reply(json(loop.status))
        case (.get, "/metrics"): reply(.metrics(metrics))
        case (.get, "/v1/stats"): work(reply) { try stats() }
        default:
            guard let (verb, member) = words(request.path) else {
                refuse(request, reply, .notFound)
                return
            }
            answer(verb, member, request, reply)
        }
    }

    private func answer(
        _ verb: String,
        _ member: WatchList.Member,
        _ request: HTTPRequest,
        _ reply: @escaping @Sendable (HTTPAnswer) -> Void
    ) {
        switch (request.method, verb) {
        case (.get, "logs"):
            let lines = request.query["lines"].flatMap { Int($0) } ?? Self.usualLines
            work(reply) {
                .text(try log(member, lines))
            }
        case (.post, "restart"):
            reply(accepted { core, _ in try core.restart(member) })
        case (.post, "rollback"):
            reply(accepted { core, now in try core.rollBack(member, at: now) })
        case (.post, "roll"):
            guard let image = request.query["image"].flatMap({ ImageID($0) }) else {
                reply(problem(400, "name the image: ?image=sha256:…"))
                return
            }
            work(reply) { try roll(member, image) }
        default: refuse(request, reply, .notFound)
        }
    }

    /// `/v1/VERB/NAME` with a name of the list.
    private func words(_ path: String) -> (String, WatchList.Member)? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, parts[1] == "v1",
            let member = list.member(String(parts[3]))
        else { return nil }
        return (String(parts[2]), member)
    }

    private func refuse(
        _ request: HTTPRequest,
        _ reply: @Sendable (HTTPAnswer) -> Void,
        _ answer: HTTPAnswer
    ) {
        logger.warning("refused: \(request.method == .post ? "POST" : "GET") \(request.path)")
        reply(answer)
    }

    // MARK: - Answers

    private var ready: HTTPAnswer {
        if loop.isReady { return .text("ready\n") }
        return .text("\(loop.status.trouble ?? "nothing was looked at yet")\n", status: 503)
    }

    private func accepted(
        _ body: (inout ManagerCore, UInt64) throws -> [ManagerAction]
    ) -> HTTPAnswer {
        do {
            try loop.request(body)
            return json(loop.status, status: 202)
        } catch {
            return problem(409, "\(error)")
        }
    }

    private func roll(
        _ member: WatchList.Member,
        _ wanted: ImageID
    ) throws(PodmanError) -> HTTPAnswer {
        guard let image = try PodmanReader.image(wanted, in: try engine.send(.images)) else {
            return problem(404, "the vm has no image \(wanted); copy it there first")
        }
        return accepted { core, now in try core.roll(member, to: image, at: now) }
    }

    private func log(_ member: WatchList.Member, _ lines: Int) throws(PodmanError) -> String {
        let bytes = PodmanReader.log(try engine.send(.logs(member, lines: lines)))
        return String(decoding: bytes, as: UTF8.self)
    }

    private func stats() throws(PodmanError) -> HTTPAnswer {
        // Podman refuses the whole question where one container does not run.
        let running = list.members.filter { name in
            loop.status.components.contains { $0.name == name.name && $0.image != nil }
        }
        guard !running.isEmpty else { return json([ContainerUsage]()) }
        return json(try PodmanReader.usage(try engine.send(.stats(running))))
    }

    /// Answers from a thread of its own, because Podman takes its time.
    private func work(
        _ reply: @escaping @Sendable (HTTPAnswer) -> Void,
        _ body: @escaping @Sendable () throws -> HTTPAnswer
    ) {
        let isAdmitted = workers.change { count in
            guard count < Self.mostWorkers else { return false }
            count += 1
            return true
        }
        guard isAdmitted else {
            reply(problem(503, "too many questions at once"))
            return
        }
        WorkerThread.start("tandem-ask") {
            do {
                reply(try body())
            } catch {
                reply(problem(502, "\(error)"))
            }
            workers.change { $0 -= 1 }
        }
    }

    private func problem(_ status: Int, _ text: String) -> HTTPAnswer {
        json(ManagerProblem(error: text), status: status)
    }

    private func json(_ value: some Encodable, status: Int = 200) -> HTTPAnswer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {
            return .text("not representable\n", status: 500)
        }
        return .json(Array(data) + [UInt8(ascii: "\n")], status: status)
    }

    private var metrics: String {
        let counters = loop.counters
        let status = loop.status
        var text = ""
        func add(_ name: String, _ kind: String, _ value: UInt64) {
            text += "# TYPE tandem_manager_\(name) \(kind)\ntandem_manager_\(name) \(value)\n"
        }
        add("ready", "gauge", loop.isReady ? 1 : 0)
        add("components", "gauge", UInt64(status.components.count))
        add("components_fine", "gauge", UInt64(status.components.count { $0.isFine }))
        add("looks", "counter", counters.looks)
        add("restarts", "counter", counters.restarts)
        add("rollouts", "counter", counters.rollouts)
        add("rollbacks", "counter", counters.rollbacks)
        add("failed_calls", "counter", counters.failedCalls)
        return text
    }
}
