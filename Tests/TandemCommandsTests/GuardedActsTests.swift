import Foundation
import TandemControl
import TandemSystem
import Testing

@testable import TandemCommands

/// Snapshots before dangerous acts, with a snapshot service and a receiver in this process.
struct GuardedActsTests {
    private let playground: Playground
    private let daemons: TwoDaemons
    private let laptop: String

    init() throws {
        playground = try Playground()
        laptop = try playground.make("shop")
        daemons = try TwoDaemons(in: playground)
        try write("one", to: "a.txt")
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(laptop)/\(name)"))
    }

    private func configure(_ rest: String) throws {
        try write("version: 1\nvm: devvm\nsync: [{from: ., to: /app}]\n\(rest)", to: "tandem.yml")
    }

    private func tandem(
        _ arguments: String...,
        dialer: (any Dialer)? = nil,
        agent: any AgentReach = NoAgent()
    ) -> Playground.End {
        playground.tandem(arguments, dialer: dialer ?? daemons, agent: agent)
    }

    @Test func `the first push takes one, the second does not`() throws {
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        let first = tandem("push")
        #expect(first.code == .done, "\(first)")
        #expect(first.errors.contains("of the vm was taken before the first sync"))
        try write("two", to: "a.txt")
        #expect(tandem("plan").code == .done)
        #expect(!tandem("push").errors.contains("snapshot"))
        #expect(try daemons.labels() == ["before the first sync"])
    }

    @Test func `only the acts that the file names are guarded`() throws {
        try configure("snapshots: {before: [mass-deletion]}\n")
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        #expect(tandem("push").code == .done)
        #expect(try daemons.labels().isEmpty)
        #expect(tandem("push", "--accept-delete", "3").code == .done)
        #expect(try daemons.labels() == ["before accepting 3 deletions"])
    }

    @Test func `where one is required and cannot be taken, nothing is done`() throws {
        try configure("snapshots: {before-acts: required}\n")
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        let alone = AloneReceiver(daemons)
        let push = tandem("push", dialer: alone)
        #expect(push.code == .halted, "\(push)")
        #expect(push.errors.contains("tandem.yml requires one"))
        #expect(!FileManager.default.fileExists(atPath: "\(daemons.vm)/a.txt"))
        #expect(tandem("adopt", "--yes", dialer: alone).code == .halted)
        #expect(tandem("garbage", "--both", "--clean", dialer: alone).code == .halted)
        #expect(tandem("push").code == .done)
    }

    @Test func `where one is wanted and cannot be taken, the act says so and goes on`() throws {
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        let push = tandem("push", dialer: AloneReceiver(daemons))
        #expect(push.code == .done)
        #expect(push.errors.contains("no snapshot was taken before the first sync: "))
    }

    @Test func `a cleaning of the vm takes one`() throws {
        #expect(tandem("pair", laptop, "devvm:/app").code == .done)
        #expect(tandem("push").code == .done)
        // There is no shell in this test, so the cleaning itself fails.
        _ = tandem("garbage", "--both", "--clean")
        _ = tandem("garbage", "--both")
        _ = tandem("garbage", "--clean")
        #expect(try daemons.labels().dropFirst() == ["before shelving garbage"])
    }
}

/// A vm whose snapshot daemon does not run.
private struct AloneReceiver: LinksOnly {
    private let daemons: TwoDaemons

    init(_ daemons: TwoDaemons) { self.daemons = daemons }

    func connector(
        to destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> @Sendable () throws -> any ByteLink {
        guard !settings.execCommand.contains("tandem-snapshot") else {
            return { throw LinkError(.closed, "nothing listens there") }
        }
        return try daemons.connector(to: destination, settings, trust: trust)
    }
}
