import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// Hooks and `tandem.yml` under the real agent, over a real sshd; Podman is played.
@Suite(.tags(.live))
struct AgentProjectTests {
    private let agent: AgentOnSSH
    private let bin: TemporaryDirectory
    private let outside: TemporaryDirectory
    private var laptop: String { agent.pair.laptop }
    private var vm: String { agent.pair.root }

    init() throws {
        bin = try TemporaryDirectory()
        outside = try TemporaryDirectory()
        let script = try bin.write("#!/bin/sh\n" + PlayedPodman.script, to: "podman.sh")
        try Command.run("install", ["-m", "755", script, bin.path("podman")])
        let path = "\(bin.url.path):/usr/local/bin:/usr/bin:/bin"
        agent = try AgentOnSSH(LivePair(server: SSHServer(["SetEnv \"PATH=\(path)\""])))
        try agent.write("one", to: "src/a.txt", on: agent.pair.laptop)
        try agent.write(Self.project(), to: "tandem.yml", on: agent.pair.laptop)
        try agent.pair.tandem(["config", "approve", "--yes", "-C", agent.pair.laptop])
            .expectSuccess()
        try agent.tandem("up", "--all").expectSuccess()
    }

    private static func project(_ rest: String = "") -> String {
        "version: 1\nvm: v\nsync: [{from: ., to: /app}]\n\(rest)"
    }

    /// A hook of the laptop's that says outside the root that it ran, and what it was told.
    private func followLaptop(_ rest: String = "") throws {
        let log = outside.path("ran")
        try agent.write(
            "hooks:\n  - on: laptop\n    when: [\"in/\"]\n    run: |\n"
                + "      { printf '%s;' \"$TANDEM_CHANGED_COUNT\"\n"
                + "      tr '\\0' , <\"$TANDEM_CHANGED_FILE\"; echo; } >>\(log)\n\(rest)",
            to: "tandem.local.yml",
            on: laptop
        )
        try agent.waitForDiary("hook added: on the laptop")
    }

    private var runs: [String] {
        (agent.read("ran", on: outside.url.path) ?? "").split(separator: "\n").map(String.init)
    }

    @Test func `a hook runs once for a batch of a hundred files, with their list`() throws {
        try agent.flush()
        try followLaptop()
        try agent.tandem("pause", "--all").expectSuccess()
        _ = try agent.waitForStatus(#""phase" : "paused""#)
        let names = (100..<200).map { "in/f\($0)" }
        for name in names { try agent.write("x", to: name, on: laptop) }
        try agent.tandem("resume", "--all").expectSuccess()
        try agent.flush()
        try agent.wait { !runs.isEmpty }
        let log = try agent.waitForJournal("hook ")
        #expect(log.contains("on the laptop: ok"), "\(log)")
        #expect(runs.count == 1)
        let list = try #require(runs.first).split(separator: ";")
        let listed = list.last?.split(separator: ",").map(String.init) ?? []
        #expect(Set(names).isSubset(of: Set(listed)) && listed.count == Set(listed).count)
        #expect(list.first.flatMap { Int($0) } == listed.count)
    }

    @Test func `a hook on the vm runs in the workload container once the batch is there`() throws {
        try agent.flush()
        let script = "cat in/x >>\(outside.path("saw")); echo in $PLAYED_CONTAINER, $TANDEM_ROOT"
        try agent.write(
            Self.project(
                "workload: {container: app, directory: \(vm)}\n"
                    + "hooks: [{on: vm, name: look, when: [in/x], run: '\(script)'}]\n"
            ),
            to: "tandem.yml",
            on: laptop
        )
        try agent.waitForDiary("hook added: on the vm")
        try agent.write("fresh", to: "in/x", on: laptop)
        let log = try agent.waitForJournal("hook look on the vm: ok")
        #expect(agent.read("saw", on: outside.url.path) == "fresh", "\(log)")
        try agent.waitForDiary("hook look wrote: in app, ")
    }

    @Test func `an edit of tandem_yml on the laptop takes effect at once, and deletes nothing`()
        throws
    {
        try agent.write("build", to: "out/b.o", on: laptop)
        try agent.write("build", to: "out/v.o", on: vm)
        try agent.flush()
        #expect(agent.read("out/b.o", on: vm) == "build")
        try agent.write(Self.project("ignore: {patterns: [out/]}\n"), to: "tandem.yml", on: laptop)
        // In force once what lies there does not travel any more.
        var count = 0
        try agent.wait {
            count += 1
            try agent.write("\(count)", to: "out/n\(count)", on: laptop)
            try agent.write("\(count)", to: "src/n\(count)", on: laptop)
            try agent.flush()
            return agent.read("out/n\(count)", on: vm) == nil
        }
        #expect(agent.read("src/n\(count)", on: vm) == "\(count)")
        try FileManager.default.removeItem(atPath: "\(laptop)/out/v.o")
        try agent.flush()
        #expect(agent.read("out/b.o", on: vm) == "build")
        #expect(agent.read("out/b.o", on: laptop) == "build")
        #expect(agent.read("out/v.o", on: vm) == "build", "what is ignored is not deleted")
        let status = try agent.tandem("status")
        #expect(status.code == 0, "nothing waits: \(status.said)")
    }

    @Test func `a tandem_yml from the vm waits, and the status names it until it is approved`()
        throws
    {
        try agent.flush()
        let touched = outside.path("touched")
        let text = Self.project(
            "workload: {container: app, directory: \(vm)}\n"
                + "hooks: [{on: vm, run: 'touch \(touched)'}]\nignore: {patterns: [\"*.x\"]}\n"
        )
        try agent.write(text, to: "tandem.yml", on: vm)
        try agent.wait { agent.read("tandem.yml", on: laptop) == text }
        let status = try agent.waitForStatus("tandem.yml came from the vm")
        #expect(status.output.contains("tandem config approve"))
        #expect(try agent.tandem("status").code == 1)
        try agent.write("travels", to: "a.x", on: laptop)
        try agent.flush()
        #expect(agent.read("a.x", on: vm) == "travels", "the old one holds")
        // An edit on top of it approves nothing unseen.
        try agent.write(text + "# mine\n", to: "tandem.yml", on: laptop)
        try agent.flush()
        _ = try agent.waitForStatus("waits for approval")
        #expect(FileManager.default.fileExists(atPath: touched) == false)
        try agent.tandem("config", "approve", "--yes", "-C", laptop).expectSuccess()
        try agent.wait { try agent.tandem("status").code == 0 }
        try agent.write("go", to: "b.txt", on: laptop)
        try agent.wait { FileManager.default.fileExists(atPath: touched) }
    }

    @Test(.tags(.regression))
    func `git push sends git's directory to the vm, and takes nothing back`() throws {
        // Only an agent that has looked once knows whose the next edit is.
        try agent.flush()
        try agent.write("ref", to: ".git/HEAD", on: laptop)
        try agent.write(Self.project("ignore: {git: push}\n"), to: "tandem.yml", on: laptop)
        try agent.wait { agent.read(".git/HEAD", on: vm) == "ref" }
        try agent.write("a hook of git's", to: ".git/hooks/post-checkout", on: vm)
        try agent.write("seen", to: "src/v.txt", on: vm)
        try agent.flush()
        #expect(agent.read("src/v.txt", on: laptop) == "seen")
        #expect(agent.read(".git/hooks/post-checkout", on: laptop) == nil)
    }

    @Test func `what waits still waits after the agent was killed`() throws {
        try agent.flush()
        let text = Self.project("ignore: {patterns: [\"*.x\"]}\n")
        try agent.write(text, to: "tandem.yml", on: vm)
        try agent.wait { agent.read("tandem.yml", on: laptop) == text }
        agent.killAgent()
        try agent.startAgent()
        _ = try agent.waitForStatus("tandem.yml came from the vm")
    }

    @Test func `a hook that writes into the tree does not call itself`() throws {
        try agent.flush()
        try followLaptop("      cat in/x >in/stamp\n")
        try agent.write("1", to: "in/x", on: laptop)
        try agent.wait { agent.read("in/stamp", on: vm) == "1" }
        try agent.flush()
        // A change of the other side calls it again, at any time.
        try agent.write("2", to: "in/x", on: vm)
        try agent.wait { agent.read("in/stamp", on: vm) == "2" }
        try agent.flush()
        _ = try agent.waitForJournal("on the laptop: ok", times: 2)
        #expect(runs.count == 2, "\(runs)")
        #expect(agent.read("in/stamp", on: laptop) == "2")
        #expect(agent.read("tandem.local.yml", on: vm) == nil, "it never travels")
    }

    @Test func `the log has the exit code of a hook that fails, and what it said last`() throws {
        try agent.flush()
        try followLaptop("      echo no such luck >&2\n      exit 7\n")
        try agent.write("1", to: "in/x", on: laptop)
        let log = try agent.waitForJournal("hook-failed")
        #expect(log.contains("exit code 7") && log.contains("no such luck"), "\(log)")
        let only = try agent.tandem("log", "--action", "hook-failed", "--json", "-C", laptop)
        #expect(only.output.contains("exit code 7"), "\(only.said)")
    }
}
