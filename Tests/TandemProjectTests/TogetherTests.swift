import Dispatch
import Foundation
import TandemConfiguration
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemProject

/// How an agent joins the pieces, and that nothing the vm writes runs on the laptop.
struct TogetherTests {
    /// What an agent does with one pair's events, without the session.
    private final class PlayedAgent: Sendable {
        let watch: ConfigurationWatch
        let hooks: HookRunner
        let log = Monitor<[HookEvent]>([])
        private let root: TemporaryDirectory
        private let generation = Monitor<UInt64>(0)

        init(root: TemporaryDirectory, state: TemporaryDirectory) throws {
            self.root = root
            watch = ConfigurationWatch(
                root: root.url.path,
                stateDirectory: state.url.path,
                mode: .twoWay
            )
            _ = try watch.start()
            let log = log
            hooks = HookRunner(
                watch.settings,
                root: root.url.path,
                stateDirectory: state.url.path,
                environment: ["PATH=/usr/bin:/bin"],
                connect: { throw LinkError(.failed, "no vm in this test") },
                log: { event in log.change { $0.append(event) } }
            )
        }

        /// A batch of the vm's: told of before it is applied, hooks run after it.
        func receive(_ text: String, at name: String) throws {
            let digest = Configuration.digest(of: Array(text.utf8))
            if name == Configuration.fileName { try use(watch.applied(from: .vm, digest)) }
            try root.write(text, to: name)
            look()
            batch([.vm: [RelativePath(trusted: Array(name.utf8))]])
        }

        /// The user's own edit, told of when it has gone to the vm.
        func edit(_ text: String, at name: String) throws {
            try root.write(text, to: name)
            let digest = Configuration.digest(of: Array(text.utf8))
            if name == Configuration.fileName { try use(watch.edited(on: .laptop, digest)) }
            look()
            batch([.laptop: [RelativePath(trusted: Array(name.utf8))]])
        }

        /// What the agent does every second or two.
        func look() { use(watch.poll()) }

        private func use(_ outcome: ConfigurationWatch.Outcome) {
            // Here the session gets its modes and rules: settings.modeMap, settings.ignore.base.
            if let settings = outcome.changed { hooks.update(settings) }
        }

        private func batch(_ changed: [Side: [RelativePath]]) {
            let number = generation.change { number in
                number += 1
                return number
            }
            hooks.batch(HookBatch(generation: number, tree: .zero, since: 0, changed: changed))
        }
    }

    private let root: TemporaryDirectory
    private let state: TemporaryDirectory
    private let outside: TemporaryDirectory

    init() throws {
        root = try TemporaryDirectory()
        state = try TemporaryDirectory()
        outside = try TemporaryDirectory()
    }

    private var canary: String { outside.path("canary") }
    private var isTouched: Bool { FileManager.default.fileExists(atPath: canary) }

    private func file(_ rest: String = "") -> String {
        "version: 1\nvm: v\nsync: [{from: ., to: /app}]\n\(rest)"
    }

    private func approvedAgent() throws -> PlayedAgent {
        try root.write(file(), to: "tandem.yml")
        var trust = ConfigurationTrust()
        trust.approve(Configuration.digest(of: Array(file().utf8)))
        try TrustStore(stateDirectory: state.url.path).save(trust, content: Array(file().utf8))
        return try PlayedAgent(root: root, state: state)
    }

    private let soon: DispatchTime = .now() + .seconds(30)

    @Test func `nothing that the vm writes runs on the laptop`() throws {
        let agent = try approvedAgent()
        let touch = "touch \(canary)"
        for side in ["laptop", "vm"] {
            try agent.receive(
                file("workload: {container: x}\nhooks: [{on: \(side), run: \"\(touch)\"}]\n"),
                at: "tandem.yml"
            )
        }
        try agent.receive("[core]\n\tfsmonitor = \(touch)\n", at: "config")
        try agent.receive("* filter=x\n", at: ".gitattributes")
        try agent.receive("x", at: "file")
        #expect(agent.hooks.waitUntilIdle(until: soon))
        #expect(!isTouched && agent.log.look { $0 }.isEmpty)
        // Nor when the user edits on top of it without having seen it.
        try agent.edit(
            file("workload: {container: x}\nhooks: [{on: laptop, run: \"\(touch)\"}]\n# mine\n"),
            at: "tandem.yml"
        )
        #expect(agent.hooks.waitUntilIdle(until: soon))
        #expect(!isTouched && agent.watch.settings.hooks.isEmpty)
    }

    /// The same, the other way round: what the test above shows would be seen if it happened.
    @Test func `the user's own hook runs after a batch`() throws {
        let agent = try approvedAgent()
        try root.write("hooks: [{on: laptop, run: \"touch \(canary)\"}]\n", to: "tandem.local.yml")
        agent.look()
        try agent.receive("x", at: "file")
        #expect(agent.hooks.waitUntilIdle(until: soon))
        #expect(isTouched)
        #expect(agent.log.look { $0 }.count == 2)
    }

    @Test func `an approved hook for the vm is tried there, and never on the laptop`() throws {
        let agent = try approvedAgent()
        try agent.edit(
            file("workload: {container: x}\nhooks: [{on: vm, run: \"touch \(canary)\"}]\n"),
            at: "tandem.yml"
        )
        try agent.edit("x", at: "file")
        #expect(agent.hooks.waitUntilIdle(until: soon))
        let ends = agent.log.look { $0 }.compactMap { event -> HookResult? in
            if case .ended(let result) = event { result } else { nil }
        }
        #expect(!ends.isEmpty && !ends.contains { $0.isGood } && !isTouched)
    }
}
