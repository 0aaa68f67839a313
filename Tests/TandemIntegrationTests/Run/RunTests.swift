import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// `tandem run` by the real program over a real sshd; Podman is played on the session's PATH.
@Suite(.serialized) struct RunTests {
    private let live: LivePair
    private let bin: TemporaryDirectory

    init() throws {
        bin = try TemporaryDirectory()
        let script = try bin.write("#!/bin/sh\n" + PlayedPodman.script, to: "podman.sh")
        try Command.run("install", ["-m", "755", script, bin.path("podman")])
        let path = "\(bin.url.path):/usr/local/bin:/usr/bin:/bin"
        live = try LivePair(server: SSHServer(["SetEnv \"PATH=\(path)\""]))
        try configure(container: "app")
    }

    private func configure(container: String?) throws {
        let workload = container.map { "workload: {container: \($0), directory: \(live.root)}\n" }
        try live.write(
            "version: 1\nvm: v\nsync: [{from: ., to: /app, mode: push}]\n\(workload ?? "")",
            to: "tandem.yml"
        )
        try Self.approve(live)
    }

    private static func approve(_ live: LivePair) throws {
        let end = try live.tandem(["config", "approve", "--yes", "-C", live.laptop])
        #expect(end.code == 0, "\(end.said)")
    }

    private func run(_ arguments: String...) throws -> CommandEnd {
        try CommandEnd(live.start(["run"] + arguments))
    }

    @Test(.tags(.live), arguments: ["streamlocal", "openssh"])
    func `the tree is there before the command, which ends as itself`(transport: String) throws {
        if transport == "openssh" {
            let live = try LivePair(server: live.server, pairs: false)
            try live.pair(["--transport", "openssh", "--command", live.connectCommand])
            try live.write(
                "version: 1\nvm: v\nsync: [{from: ., to: /app, mode: push}]\n"
                    + "workload: {container: app, directory: \(live.root)}\n",
                to: "tandem.yml"
            )
            try Self.approve(live)
            try live.write("fresh", to: "src/new")
            try expectRun(CommandEnd(live.start(["run", "-C", live.laptop] + Self.command)))
            return
        }
        try live.write("fresh", to: "src/new")
        try expectRun(run("-C", live.laptop, "--", "sh", "-c", Self.command[3]))
    }

    private static let command = [
        "--", "sh", "-c", #"cat src/new; echo "in $PLAYED_CONTAINER" >&2; exit 7"#,
    ]

    private func expectRun(_ end: CommandEnd) {
        #expect(end.code == 7, "\(end.said)")
        #expect(end.output == "fresh")
        let lines = end.errors.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("tree ") == true, "\(end.said)")
        #expect(lines.last == "in app")
    }

    @Test(.tags(.live)) func `both outputs come whole, whatever they hold`() throws {
        let script =
            "head -c 3000000 /dev/zero | tr '\\000' '\\233'; "
            + "head -c 3000000 /dev/zero | tr '\\000' '\\033' >&2"
        let sums = try Command.run(
            "sh",
            [
                "-c", #"{ "$@" 2>&3 | cksum >&4; } 3>"$0" 4>&1; grep -v '^tree' "$0" | cksum"#,
                live.directory.path("errors"), try BuiltProgram.path("tandem"), "run", "-C",
                live.laptop, "--", "sh", "-c", script,
            ],
            environment: live.environment
        )
        let expected = try Command.run(
            "sh",
            [
                "-c",
                "head -c 3000000 /dev/zero | tr '\\000' '\\233' | cksum; "
                    + "{ head -c 3000000 /dev/zero | tr '\\000' '\\033'; echo; } | cksum",
            ]
        )
        #expect(String(decoding: sums, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
    }

    @Test(.tags(.live)) func `standard input goes to the command where asked`() throws {
        let words = ["sh", "-c", #"printf 'one\ntwo' | "$@""#, "sh"]
        let end = try CommandEnd(
            live.start(["run", "-C", live.laptop, "--stdin", "--", "wc", "-l"], through: words)
        )
        #expect(
            end.code == 0 && end.output.trimmingCharacters(in: .whitespaces) == "1\n",
            "\(end.said)"
        )
        let without = try CommandEnd(
            live.start(["run", "-C", live.laptop, "--", "wc", "-c"], through: words)
        )
        #expect(without.output.trimmingCharacters(in: .whitespaces) == "0\n", "\(without.said)")
    }

    @Test(.tags(.live)) func `Ctrl-C goes to the command and all it started`() throws {
        let place = live.directory.path("pids")
        // Not in the background: there a shell lets its commands ignore the signal.
        let script =
            "trap 'echo caught >&2; exit 42' INT; echo $$ >\(place); "
            + "sh -c 'echo $$ >\(place).child; exec sleep 600'"
        let program = try live.start(["run", "-C", live.laptop, "--", "sh", "-c", script])
        try program.wait {
            ["", ".child"].allSatisfy { Self.pid(place + $0) != nil }
        }
        kill(program.process.pid, SIGINT)
        let end = try CommandEnd(program)
        #expect(end.code == 42, "\(end.said)")
        #expect(end.errors.contains("caught"))
        for name in ["", ".child"] {
            let pid = try #require(Self.pid(place + name))
            #expect(Self.isGone(pid), "\(name)")
        }
    }

    private static func pid(_ path: String) -> Int32? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.hasSuffix("\n")
        else { return nil }
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private static func isGone(_ pid: Int32) -> Bool {
        let end = DispatchTime.now() + .seconds(10)
        while kill(pid, 0) == 0 {
            let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            if status?.contains(") Z ") == true { return true }
            guard DispatchTime.now() < end else { return false }
            sched_yield()
        }
        return true
    }

    @Test(.tags(.live)) func `a container that is none is Podman's own complaint`() throws {
        try configure(container: "missing")
        let end = try run("-C", live.laptop, "--", "true")
        #expect(end.code == 125 && end.errors.contains("no such container"), "\(end.said)")
    }

    @Test(.tags(.live)) func `without a container it is refused before anything is sent`() throws {
        try configure(container: nil)
        let end = try run("-C", live.laptop, "--", "true")
        #expect(end.code == 78 && end.errors.contains("    container: NAME"), "\(end.said)")
        #expect(live.onVM("tandem.yml") == nil)
    }

    @Test(.tags(.live)) func `nothing runs where the vm has a value of its own`() throws {
        _ = try live.push("-C", live.laptop)
        let theirs = URL(filePath: "\(live.root)/tandem.yml")
        try Data("the vm's\n".utf8).write(to: theirs)
        try live.write(
            "version: 1\nvm: v\nsync: [{from: ., to: /app, mode: push}]\n"
                + "workload: {container: app}\n",
            to: "tandem.yml"
        )
        try Self.approve(live)
        let canary = live.directory.path("canary")
        let end = try run("-C", live.laptop, "--", "touch", canary)
        #expect(end.code == 1 && end.errors.contains("tandem.yml"), "\(end.said)")
        #expect(!FileManager.default.fileExists(atPath: canary))
    }

    @Test(.tags(.live)) func `a lost connection is said, and is no success`() throws {
        let place = live.directory.path("started")
        let program = try live.start(
            ["run", "-C", live.laptop, "--", "sh", "-c", "echo $$ >\(place); exec sleep 600"]
        )
        try program.wait { Self.pid(place) != nil }
        for pid in live.server.sessionPIDs { kill(pid, SIGKILL) }
        let end = try CommandEnd(program)
        #expect(end.code == 69 && end.errors.contains("it may still run on the vm"), "\(end.said)")
        if let pid = Self.pid(place) { kill(pid, SIGKILL) }
    }
}
