import Dispatch
import Foundation
import Logging
import Synchronization
import TandemControl
import TandemDaemon
import TandemStore
import TandemSystem
import TandemTestSupport

@testable import TandemAgent

/// An agent in this process, with pairs that a test makes, and a client of it.
final class AgentHarness: Sendable {
    let directory: TemporaryDirectory
    let places: StateDirectories
    let pairs: [PairIdentity]
    let links = FakeLinks()
    private let parts = Mutex<AgentParts?>(nil)
    private let opened = Monitor<[String: [FakePair]]>([:])
    /// What opening a pair of this name fails with.
    private let failures = Mutex<[String: ControlFailure]>([:])

    init(pairs names: [String] = ["shop", "notes"]) throws {
        directory = try TemporaryDirectory()
        places = StateDirectories(
            environment: ["TANDEM_HOME": directory.path("h")],
            home: "/",
            uid: geteuid()
        )
        pairs = names.enumerated().map { number, name in
            let id =
                String(repeating: "0", count: 30) + (number < 16 ? "0" : "")
                + String(number, radix: 16)
            return PairIdentity(id: id, name: name, root: "/home/me/\(name)", vm: "vm:/\(name)")
        }
        try places.prepare()
        let store = try openStore()
        for pair in pairs {
            try store.keep(
                PairRecord(
                    id: pair.idBytes,
                    name: pair.name,
                    laptopRoot: Array(pair.root.utf8),
                    destination: "vm",
                    vmRoot: "/",
                    created: 1
                )
            )
        }
        try store.close()
        try start()
    }

    deinit { stop() }

    func openStore() throws -> Store { try Store(at: "\(places.state)/\(Store.fileName)") }

    /// Starts an agent as the program does, without its lock and signals.
    func start() throws {
        let source = PairSource(
            pairs: { [pairs] in pairs },
            open: { [weak self] identity, news in
                guard let self else { throw ControlFailure(.failed, "the test is over") }
                if let failure = failures.withLock({ $0[identity.name] }) { throw failure }
                let pair = FakePair(identity, news: news)
                opened.change { $0[identity.name, default: []].append(pair) }
                return pair
            }
        )
        let daemon = AgentDaemon(
            places: places,
            source: source,
            program: "test agent",
            environment: [:],
            isInForeground: false,
            links: links
        )
        let logger = DaemonLog(file: nil, mirror: nil).logger("test")
        let agent = try AgentParts(daemon, logger: logger)
        agent.start(links: links)
        parts.withLock { $0 = agent }
    }

    @discardableResult
    func stop() -> Bool {
        let agent = parts.withLock { parts in
            defer { parts = nil }
            return parts
        }
        links.tell(.network)
        return agent?.stop(until: .now() + .seconds(30), desk: .now() + .seconds(5)) ?? true
    }

    func fail(_ name: String, _ failure: ControlFailure?) {
        failures.withLock { $0[name] = failure }
    }

    func client() throws -> ControlClient {
        try ControlClient(socket: places.controlSocket, program: "test")
    }

    /// The session that was opened last for a pair; waits for the n-th to be opened.
    func live(_ name: String, opening number: Int = 1) throws -> FakePair {
        let deadline = DispatchTime.now() + .seconds(10)
        let found = opened.wait(until: deadline) { opened -> FakePair? in
            let all = opened[name] ?? []
            return all.count >= number ? all.last : nil
        }
        guard let found else { throw CommandFailure("\(name) was not opened \(number) times") }
        // Opened first, and held by its runner a moment later: only then the agent asks it.
        while DispatchTime.now() < deadline, !isHeld(found, name) { usleep(1_000) }
        return found
    }

    private func isHeld(_ pair: FakePair, _ name: String) -> Bool {
        let supervisor = parts.withLock { $0?.supervisor }
        return (try? supervisor?.runner(name).live as? FakePair) === pair
    }

    func opens(of name: String) -> Int { opened.look { $0[name]?.count ?? 0 } }

    /// Asks until the answer is as wanted.
    func wait(
        for what: String,
        _ client: ControlClient,
        until condition: (AgentStatus) -> Bool
    ) throws {
        let deadline = Date().addingTimeInterval(10)
        while Date() < deadline {
            guard case .status(let status) = try client.ask(.status) else { continue }
            if condition(status) { return }
        }
        throw CommandFailure("it did not come to: \(what)")
    }
}

extension ControlClient {
    func statuses() throws -> [PairStatus] {
        guard case .status(let status) = try ask(.status) else { return [] }
        return status.pairs
    }
}

extension AgentStatus {
    func pair(_ name: String) -> PairStatus? { pairs.first { $0.pair.name == name } }
}
