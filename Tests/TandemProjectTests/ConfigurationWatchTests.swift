import Foundation
import TandemConfiguration
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemProject

struct ConfigurationWatchTests {
    private let root: TemporaryDirectory
    private let state: TemporaryDirectory

    init() throws {
        root = try TemporaryDirectory()
        state = try TemporaryDirectory()
    }

    private func text(_ rest: String = "") -> String {
        "version: 1\nvm: v\nsync: [{from: ., to: /app}]\n\(rest)"
    }

    private func digest(_ text: String) -> Digest { Configuration.digest(of: Array(text.utf8)) }

    private func watch(_ mode: SyncMode = .twoWay) -> ConfigurationWatch {
        ConfigurationWatch(root: root.url.path, stateDirectory: state.url.path, mode: mode)
    }

    private func approve(_ text: String) throws {
        let store = TrustStore(stateDirectory: state.url.path)
        var trust = store.load()?.trust ?? ConfigurationTrust()
        trust.approve(digest(text))
        try store.save(trust, content: Array(text.utf8))
    }

    /// How the agent uses it, from the start over a batch of the vm's to the approval.
    @Test func `a file of the vm's has no effect until it is approved`() throws {
        let mine = text("ignore: {patterns: [a]}\n")
        try root.write(mine, to: "tandem.yml")
        try approve(mine)
        let watch = watch()
        #expect(try watch.start().changed?.ignore.patterns == ["a"])
        #expect(watch.poll() == .unchanged)

        let theirs = text("ignore: {patterns: [b]}\nworkload: {container: x}\n")
        // The agent says so before the batch is applied.
        _ = try watch.applied(from: .vm, digest(theirs))
        try root.write(theirs, to: "tandem.yml")
        #expect(watch.poll() == .waiting(.init(digest: digest(theirs), origin: .vm)))
        #expect(watch.poll() == .unchanged)
        #expect(watch.settings.ignore.patterns == ["a"] && watch.settings.workload == nil)

        // Not after a restart either, though the file alone would say something else.
        let second = self.watch()
        #expect(try second.start() == .waiting(.init(digest: digest(theirs), origin: .vm)))
        #expect(second.settings.ignore.patterns == ["a"])

        try approve(theirs)
        guard case .changed(let settings, let change) = watch.poll() else {
            Issue.record("the approval was not seen")
            return
        }
        #expect(settings.ignore.patterns == ["b"] && settings.workload?.container == "x")
        #expect(
            change.sentences == [
                "pattern added: b", "pattern gone: a", "commands run in the container x",
            ]
        )
    }

    @Test func `the user's own edit takes effect when the agent says whose it was`() throws {
        try root.write(text(), to: "tandem.yml")
        try approve(text())
        let watch = watch()
        _ = try watch.start()
        let edited = text("ignore: {gitignore: false}\n")
        try root.write(edited, to: "tandem.yml")
        #expect(watch.poll() == .waiting(.init(digest: digest(edited), origin: .unknown)))
        let outcome = try watch.edited(on: .laptop, digest(edited))
        #expect(outcome.changed?.ignore.usesGitignore == false)
        #expect(try self.watch().start().changed?.ignore.usesGitignore == false)
    }

    @Test func `an edit that has been overwritten meanwhile approves nothing`() throws {
        try root.write(text(), to: "tandem.yml")
        try approve(text())
        let watch = watch()
        _ = try watch.start()
        let theirs = text("workload: {container: evil}\n")
        try root.write(theirs, to: "tandem.yml")
        _ = try watch.edited(on: .laptop, digest(text("# mine\n")))
        #expect(watch.settings.workload == nil && !watch.trust.allows(digest(theirs)))
    }

    @Test func `what changed while nobody looked waits where the vm could have written it`() throws
    {
        try root.write(text(), to: "tandem.yml")
        try approve(text())
        let other = text("ignore: {garbage: false}\n")
        try root.write(other, to: "tandem.yml")
        #expect(try watch().start() == .waiting(.init(digest: digest(other), origin: .unknown)))
    }

    @Test func `where nothing of the vm's can arrive the file is the user's own`() throws {
        let push = "version: 1\nvm: v\nsync: [{from: ., to: /app, mode: push}]\n"
        try root.write(push, to: "tandem.yml")
        let first = watch(.push)
        #expect(try first.start().changed?.rootMode == .push)
        let next = push + "ignore: {garbage: false}\n"
        try root.write(next, to: "tandem.yml")
        #expect(try watch(.push).start(isAgent: false).changed?.ignore.leavesGarbage == false)
        // A two-way line in it would let the vm's changes in, from then on.
        try root.write(text(), to: "tandem.yml")
        #expect(try watch(.push).start().changed?.rootMode == .twoWay)
        try root.write(next, to: "tandem.yml")
        #expect(try watch(.push).start().changed == nil)
    }

    @Test func `a process that only looks leaves it to the agent to say whose a change is`() throws
    {
        try root.write(text(), to: "tandem.yml")
        try approve(text())
        let edited = text("ignore: {garbage: false}\n")
        let agent = watch()
        _ = try agent.start()
        try root.write(edited, to: "tandem.yml")
        #expect(try watch().start(isAgent: false).changed == nil)
        _ = agent.poll()
        #expect(try agent.edited(on: .laptop, digest(edited)).changed != nil)
    }

    @Test func `a wrong file changes nothing, and is said once`() throws {
        let mine = text("ignore: {patterns: [a]}\n")
        try root.write(mine, to: "tandem.yml")
        try approve(mine)
        let watch = watch()
        _ = try watch.start()
        let wrong = text("ignroe: {}\n")
        try root.write(wrong, to: "tandem.yml")
        guard case .wrong(let error) = try watch.edited(on: .laptop, digest(wrong)) else {
            Issue.record("a wrong file passed")
            return
        }
        #expect(error.problems.first?.position.line == 4)
        #expect(watch.poll() == .unchanged)
        #expect(watch.settings.ignore.patterns == ["a"])
        // Mended, it is the user's own edit as ever.
        let right = text("ignore: {patterns: [b]}\n")
        try root.write(right, to: "tandem.yml")
        #expect(try watch.edited(on: .laptop, digest(right)).changed?.ignore.patterns == ["b"])
    }

    @Test func `the local file takes effect at once, a wrong one not`() throws {
        let mine = text("workload: {container: x}\n")
        try root.write(mine, to: "tandem.yml")
        try approve(mine)
        let watch = watch()
        _ = try watch.start()
        try root.write("hooks: [{on: laptop, run: one}]\n", to: "tandem.local.yml")
        #expect(watch.poll().changed?.hooks.map(\.command) == ["one"])
        try root.write("hooks: [{on: laptop}]\n", to: "tandem.local.yml")
        guard case .wrong = watch.poll() else {
            Issue.record("a wrong file passed")
            return
        }
        #expect(watch.settings.hooks.map(\.command) == ["one"])
        try FileManager.default.removeItem(atPath: root.path("tandem.local.yml"))
        #expect(watch.poll().changed?.hooks == [])
    }

    @Test func `an agent that cannot tell what is in force does not begin`() throws {
        let shared = text("ignore: {patterns: [\"a\"]}\n")
        try root.write(shared, to: "tandem.yml")
        try approve(shared)
        _ = try watch().start()
        try root.write("hooks: [{on: laptop}]\n", to: "tandem.local.yml")
        #expect(throws: ConfigurationError.self) { try watch().start() }
        guard case .wrong = try watch().start(isAgent: false) else {
            Issue.record("one who only looks is told")
            return
        }
        try root.write("hooks: [{on: laptop, run: one}]\n", to: "tandem.local.yml")
        #expect(try watch().start().changed?.ignore.patterns == ["a"])
    }

    @Test func `a first file that is wrong is not taken for no file`() throws {
        try root.write(text("mode: psuh\n"), to: "tandem.yml")
        #expect(throws: ConfigurationError.self) { try watch().start() }
    }

    @Test func `a hook in a file of the vm's reaches no one, not even after a lost trust`() throws {
        let theirs = text("workload: {container: x}\nhooks: [{on: vm, run: touch canary}]\n")
        try root.write(text(), to: "tandem.yml")
        try approve(text())
        let watch = watch()
        _ = try watch.start()
        _ = try watch.applied(from: .vm, digest(theirs))
        try root.write(theirs, to: "tandem.yml")
        _ = watch.poll()
        #expect(watch.settings.hooks.isEmpty)
        for name in [TrustStore.fileName, TrustStore.contentName] {
            try state.write("garbage", to: name)
            let fresh = self.watch()
            _ = try fresh.start()
            #expect(fresh.settings.hooks.isEmpty, "\(name)")
        }
    }

    @Test func `a file that is gone waits where the vm took it away`() throws {
        let mine = text("ignore: {patterns: [a]}\n")
        try root.write(mine, to: "tandem.yml")
        try approve(mine)
        let watch = watch()
        _ = try watch.start()
        _ = try watch.applied(from: .vm, nil)
        try FileManager.default.removeItem(atPath: root.path("tandem.yml"))
        #expect(watch.poll() == .waiting(.init(digest: nil, origin: .vm)))
        #expect(watch.settings.ignore.patterns == ["a"])
    }
}
