import Dispatch
import Foundation
import TandemSSH
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemProject

/// Runs commands for the vm by `sh` on this machine, `podman` being a played one.
struct LocalWorkloadShell: WorkloadShell {
    let path: String

    func start(
        _ command: String,
        standardError: (@Sendable ([UInt8]) -> Void)?
    ) throws -> any CommandLink {
        // The subprocess transport with another program: `sh -c` gets the command as its last word.
        var options = SSHOptions()
        options.program = path
        return try SubprocessLink.start(
            command,
            on: SSHDestination(host: "vm"),
            options,
            standardError: standardError
        )
    }

    func close() {}
}

struct HookRunnerTests {
    private let root: TemporaryDirectory
    private let state: TemporaryDirectory
    private let bin: TemporaryDirectory
    private let events = Monitor<[HookEvent]>([])

    init() throws {
        root = try TemporaryDirectory()
        state = try TemporaryDirectory()
        bin = try TemporaryDirectory()
        // Plays ssh: the last word is what a login shell on the vm would get.
        try install(
            "ssh",
            "for last; do :; done\nPATH=\(bin.url.path):$PATH exec sh -c \"$last\"\n"
        )
        try install("podman", PlayedPodman.script)
    }

    private func install(_ name: String, _ body: String) throws {
        let source = try bin.write("#!/bin/sh\n" + body, to: "\(name).sh")
        try Command.run("install", ["-m", "755", source, bin.path(name)])
    }

    private func runner(_ hooks: [Hook], workload: Workload? = nil) -> HookRunner {
        var settings = ProjectSettings(withoutFile: .twoWay)
        settings.hooks = hooks
        settings.workload = workload
        let shell = LocalWorkloadShell(path: bin.path("ssh"))
        return HookRunner(
            settings,
            root: root.url.path,
            stateDirectory: state.url.path,
            environment: ["PATH=\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"],
            connect: { shell },
            log: { [events] event in events.change { $0.append(event) } }
        )
    }

    private var results: [HookResult] {
        events.look { events in
            events.compactMap { if case .ended(let result) = $0 { result } else { nil } }
        }
    }

    private func batch(_ paths: [RelativePath], generation: UInt64 = 7) -> HookBatch {
        HookBatch(
            generation: generation,
            tree: ContentHasher.digest(of: [1]),
            since: 0,
            changed: [.laptop: paths]
        )
    }

    private let soon: DispatchTime = .now() + .seconds(30)

    @Test func `a hook on the laptop runs in the root, with what the batch was`() throws {
        let report =
            #"echo "$TANDEM_BATCH $TANDEM_TREE $TANDEM_CHANGED_COUNT"; pwd -P; "#
            + #"tr '\000' '|' <"$TANDEM_CHANGED_FILE"; echo; echo bad >&2; exit 3"#
        let runner = runner([Hook(name: "report", side: .laptop, command: report)])
        runner.batch(batch(["a b", "c\nd"]))
        #expect(runner.waitUntilIdle(until: soon))
        let result = try #require(results.first)
        #expect(result.end == .status(3) && !result.isGood)
        #expect(
            result.output == [
                "7 \(ContentHasher.digest(of: [1]).hex) 2", root.url.path, "a b|c", "d|", "bad",
            ]
        )
        #expect(result.sentence.hasPrefix("hook report on the laptop: exit code 3, "))
        #expect(events.look { $0.count } == 2)
    }

    @Test func `a hook on the vm runs in the container, its list and directory there`() throws {
        let script =
            #"echo "$PLAYED_CONTAINER $TANDEM_ROOT $TANDEM_BATCH"; pwd -P; "#
            + #"tr '\000' '|' <"$TANDEM_CHANGED_FILE"; echo; cat; echo said >&2"#
        let place = root.url.path
        let runner = runner(
            [Hook(side: .vm, command: script)],
            workload: Workload(container: "app", directory: place)
        )
        runner.batch(batch(["it's", "$(x)"]))
        #expect(runner.waitUntilIdle(until: soon))
        let result = try #require(results.first)
        #expect(result.end == .status(0), "\(result)")
        #expect(result.output == ["app \(place) 7", place, "$(x)|it's|", "said"])
        let left = try FileManager.default.contentsOfDirectory(atPath: state.url.path)
        #expect(left.isEmpty, "the list is kept in the container only")
    }

    @Test func `a hook for the vm without a container, or a vm that is away, is a result`() throws {
        let runner = runner([Hook(side: .vm, command: "true")])
        runner.batch(batch(["x"]))
        #expect(runner.waitUntilIdle(until: soon))
        #expect(results.map(\.end) == [.failed("tandem.yml names no workload container")])
    }

    @Test(arguments: Side.allCases)
    func `a hook over its limit is killed with all it started`(side: Side) throws {
        let canary = root.path("pid")
        let command = "sh -c 'echo $$ >\(canary); exec sleep 600' & wait"
        let runner = runner(
            [Hook(side: side, command: command, timeoutSeconds: 1)],
            workload: Workload(container: "app", directory: root.url.path)
        )
        runner.batch(batch(["x"]))
        #expect(runner.waitUntilIdle(until: soon))
        #expect(results.map(\.end) == [.timedOut])
        let text = try String(contentsOfFile: canary, encoding: .utf8)
        let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(Self.isGone(pid))
    }

    /// Waits, at most ten seconds, for a process that was killed to be gone.
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

    @Test func `an endless output is cut in the middle and escaped`() throws {
        let command = #"printf 'first \033[31m\n'; yes line | head -n 40000; echo last"#
        let runner = runner([Hook(side: .laptop, command: command)])
        runner.batch(batch(["x"]))
        #expect(runner.waitUntilIdle(until: soon))
        let output = try #require(results.first?.output)
        #expect(output.first == #"first \x1b[31m"# && output.last == "last")
        #expect(output.contains { $0.hasSuffix("bytes left out)") })
        #expect(output.reduce(0) { $0 + $1.utf8.count } < 40_000)
    }

    @Test func `what comes during a run is one more run, and a stop ends what runs`() throws {
        let gate = root.path("gate")
        let command = "[ -e \(gate) ] || { touch \(gate); sleep 600; }"
        let runner = runner([Hook(side: .laptop, command: command)])
        runner.batch(batch(["x"]))
        let end = DispatchTime.now() + .seconds(20)
        while !FileManager.default.fileExists(atPath: gate), DispatchTime.now() < end {
            sched_yield()
        }
        let start = DispatchTime.now()
        #expect(runner.stop(until: soon))
        #expect(DispatchTime.now() < start + .seconds(20))
        runner.batch(batch(["y"]))
        #expect(results.count == 1 && results.first?.isGood == false)
    }

    @Test func `new settings bring other hooks`() throws {
        let runner = runner([Hook(side: .laptop, command: "echo old")])
        var settings = ProjectSettings(withoutFile: .twoWay)
        settings.hooks = [Hook(side: .laptop, command: "echo new")]
        runner.update(settings)
        runner.batch(batch(["x"]))
        #expect(runner.waitUntilIdle(until: soon))
        #expect(results.map(\.output) == [["new"]])
    }
}
