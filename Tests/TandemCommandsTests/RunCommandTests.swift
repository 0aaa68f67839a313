import Dispatch
import Foundation
import Synchronization
import TandemControl
import TandemProject
import TandemSSH
import TandemSync
import TandemSystem
import TandemTree
import Testing

@testable import TandemCommands

/// Plays a login on the vm: notes the script and ends as it is told.
private final class PlayedShell: RemoteShell {
    let scripts = Monitor<[String]>([])
    let exit: RemoteExit?

    init(exit: RemoteExit?) { self.exit = exit }

    func run(_ script: RemoteScript) throws -> CommandResult {
        throw LinkError(.failed, "not in this test")
    }

    func start(
        _ command: String,
        standardError: (@Sendable ([UInt8]) -> Void)?
    ) throws -> any CommandLink {
        standardError?(Array("said\n".utf8))
        return PlayedLink(shell: self)
    }

    func close() {}
}

/// A command that writes back what it reads, then ends.
private final class PlayedLink: CommandLink {
    private let shell: PlayedShell
    private let bytes = Monitor<(all: [UInt8], isOver: Bool, isRead: Bool)>(([], false, false))

    init(shell: PlayedShell) { self.shell = shell }

    func write(_ more: UnsafeRawBufferPointer) throws {
        bytes.change { $0.all.append(contentsOf: more) }
    }

    func finishWriting() { bytes.change { $0.isOver = true } }

    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        until deadline: DispatchTime
    ) throws -> Int {
        let all = bytes.wait(until: deadline) { state -> [UInt8]? in
            guard state.isOver, !state.isRead else { return state.isRead ? [] : nil }
            state.isRead = true
            return state.all
        }
        guard let all else { throw LinkError(.timedOut, "no end") }
        shell.scripts.change { $0.append(String(decoding: all, as: UTF8.self)) }
        // What follows the script is the command's own input.
        guard let end = String(decoding: all, as: UTF8.self).range(of: "\n}\n") else { return 0 }
        let rest = Array(String(decoding: all, as: UTF8.self)[end.upperBound...].utf8)
        buffer.copyBytes(from: rest)
        return rest.count
    }

    func close() {}
    var standardErrorText: String { "" }
    func waitForExit(until deadline: DispatchTime) -> RemoteExit? { shell.exit }
    var failure: SSHError? { nil }
}

struct RunCommandTests {
    private let playground: Playground
    private let entry: PairEntry
    private let written = Monitor<(output: [UInt8], errors: [UInt8])>(([], []))

    init() throws {
        playground = try Playground()
        entry = try playground.entry("shop")
    }

    private func configure(_ rest: String) throws {
        let text = "version: 1\nvm: v\nsync: [{from: ., to: /app, mode: push}]\n\(rest)"
        try Data(text.utf8).write(to: URL(filePath: "\(entry.root)/tandem.yml"))
        let context = playground.context(ConsoleRecord(), catalogue: MemoryCatalogue([entry]))
        let approval = ["config", "approve", "shop", "--yes"]
        #expect(CommandProgram.run(approval, in: context) == .done)
    }

    private func run(
        _ arguments: [String],
        exit: RemoteExit? = .status(0),
        input: [UInt8] = [],
        engine: FakeEngine = FakeEngine(),
        agent: FakeAgent? = nil
    ) -> (code: ExitCode, errors: String, scripts: [String]) {
        let record = ConsoleRecord()
        let shell = PlayedShell(exit: exit)
        var context = playground.context(
            record,
            catalogue: MemoryCatalogue([entry]),
            engine: engine
        )
        context.dialer = FakeDialer(remoteShell: shell)
        if let agent { context.agent = agent }
        let rest = Monitor<[UInt8]?>(input)
        let written = written
        context.streams = ByteStreams(
            output: { bytes in written.change { $0.output += bytes } },
            error: { bytes in written.change { $0.errors += bytes } },
            input: {
                rest.change { rest in
                    defer { rest = nil }
                    return rest
                }
            }
        )
        let code = CommandProgram.run(["run"] + arguments, in: context)
        return (code, record.errors, shell.scripts.look { $0 })
    }

    @Test func `the command runs in the container, and its exit code is run's`() throws {
        try configure("workload: {container: app, directory: /app}\n")
        let (code, errors, scripts) = run(["--", "make", "it's"], exit: .status(7))
        #expect(code == .command(7) && code.rawValue == 7)
        #expect(errors.hasPrefix("tree ") && errors.contains(" on devvm ("))
        let script = try #require(scripts.first)
        #expect(script.contains("podman exec -i -w /app -e 'TANDEM_RUN="))
        #expect(script.contains(#"app make 'it'\''s'"#))
        #expect(written.look { $0.errors } == Array("said\n".utf8))
    }

    @Test func `standard input is passed where asked, and only there`() throws {
        try configure("workload: {container: app}\n")
        #expect(run(["shop", "--", "cat"], input: [1, 0x66]).code == .command(0))
        #expect(written.look { $0.output }.isEmpty)
        #expect(run(["shop", "--stdin", "--", "cat"], input: [1, 0x66]).code == .command(0))
        #expect(written.look { $0.output } == [1, 0x66])
    }

    @Test(
        arguments: [
            ([], "-w /app "), (["-w", "web"], "-w /app/web "), (["--workdir", "/tmp"], "-w /tmp "),
        ] as [([String], String)]
    )
    func `the directory is the root, or one from there`(options: [String], words: String) throws {
        try configure("workload: {container: app, directory: /app}\n")
        #expect(run(options + ["--", "pwd"]).scripts.first?.contains(words) == true)
    }

    @Test func `without a container it is refused with the lines to add`() throws {
        for rest in ["", "ignore: {git: push}\n"] {
            try configure(rest)
            let (code, errors, scripts) = run(["--", "make"])
            #expect(code == .configuration && scripts.isEmpty)
            #expect(errors.contains("\n  workload:\n    container: NAME\n"))
        }
    }

    @Test func `without a command it is a wrong line`() throws {
        #expect(run([]).code == .usage)
        #expect(run(["--"]).errors.contains("tandem run -- make test"))
    }

    @Test func `nothing runs where the vm does not hold exactly this tree`() throws {
        try configure("workload: {container: app}\n")
        var engine = FakeEngine()
        engine.report = { _, _, _ in try PushReport.busy() }
        let (code, errors, scripts) = run(["--", "make"], engine: engine)
        #expect(code == .attention && scripts.isEmpty)
        #expect(errors.contains("the vm does not hold exactly this tree, so nothing was run"))
        #expect(errors.contains("settle these, then run it again"))
    }

    @Test func `what only the vm has can be allowed`() throws {
        try configure("workload: {container: app}\n")
        var engine = FakeEngine()
        engine.report = { _, _, _ in
            var report = PushReport.sample()
            report.verdict = .pushed
            report.vmOnly = [
                Difference(path: RelativePath(trusted: [0x78]), old: nil, new: .directory)
            ]
            return report
        }
        let refused = run(["--", "make"], engine: engine)
        #expect(refused.code == .attention && refused.errors.contains("add --allow-vm-only"))
        #expect(run(["--allow-vm-only", "--", "make"], engine: engine).code == .command(0))
    }

    private func agent(_ result: FlushAnswer.Result, _ remarks: [String] = []) -> FakeAgent {
        let status = PairStatus.sample(entry, now: 0)
        let agent = FakeAgent([status])
        let answer = FlushAnswer(
            result: result,
            tree: result == .inSync ? ContentHasher.digest(of: [9]).hex : nil,
            remarks: remarks,
            status: status
        )
        agent.state.withLock { state in
            state.answers = { if case .flush = $0 { .flushed(answer) } else { nil } }
        }
        return agent
    }

    @Test func `an agent that has the pair is asked instead of a push`() throws {
        try configure("workload: {container: app}\n")
        var engine = FakeEngine()
        engine.report = { _, _, _ in throw SyncError(.busy, "the agent has the pair") }
        let agent = agent(.inSync)
        let (code, errors, _) = run(["--wait", "3s", "--", "make"], engine: engine, agent: agent)
        #expect(code == .command(0))
        #expect(errors.hasPrefix("tree \(ContentHasher.digest(of: [9]).hex.prefix(7)) on devvm ("))
        #expect(agent.asked.contains(.flush(pair: entry.hexID, milliseconds: 3000)))
    }

    @Test func `where both sides go on changing, one tree is waited for`() throws {
        try configure("workload: {container: app}\n")
        let busy = agent(.durable).state.withLock { $0.answers }
        let quiet = agent(.inSync)
        let later = quiet.state.withLock { $0.answers }
        let asked = Mutex(0)
        quiet.state.withLock { state in
            state.answers = { request in
                guard case .flush = request else { return nil }
                let count = asked.withLock { count in
                    count += 1
                    return count
                }
                return count < 3 ? try busy(request) : try later(request)
            }
        }
        let (code, _, scripts) = run(["--wait", "60s", "--", "make"], agent: quiet)
        #expect(code == .command(0) && scripts.count == 1)
        #expect(asked.withLock { $0 } >= 3)
    }

    @Test(arguments: [
        (FlushAnswer.Result.attention, ExitCode.attention), (.timedOut, .timedOut),
        (.broken, .failed),
    ])
    func `where the agent cannot reach it nothing runs`(
        result: FlushAnswer.Result,
        expected: ExitCode
    ) throws {
        try configure("workload: {container: app}\n")
        let (code, errors, scripts) = run(["--", "make"], agent: agent(result, ["a: both edited"]))
        #expect(code == expected && scripts.isEmpty)
        #expect(errors.contains(result == .timedOut ? "--wait" : "a: both edited"))
    }

    @Test func `the time to wait is for the tree`() throws {
        try configure("workload: {container: app}\n")
        var engine = FakeEngine()
        engine.report = { _, _, stop in
            let over = DispatchSemaphore(value: 0)
            stop.whenStopped { over.signal() }
            #expect(over.wait(timeout: .now() + .seconds(20)) == .success)
            throw SyncError(.interrupted, "interrupted")
        }
        let (code, errors, scripts) = run(["--wait", "10ms", "--", "make"], engine: engine)
        #expect(code == .timedOut && scripts.isEmpty && errors.contains("--wait"))
    }

    @Test func `an end by a signal is what a shell makes of it, a lost one is said`() throws {
        try configure("workload: {container: app}\n")
        #expect(run(["--", "make"], exit: .signal("TERM")).code == .command(143))
        let lost = run(["--", "make"], exit: nil)
        #expect(lost.code == .unreachable && lost.errors.contains("it may still run on the vm"))
    }

    @Test func `the first line can be JSON`() throws {
        try configure("workload: {container: app}\n")
        let (code, errors, _) = run(["--json", "--", "make"])
        #expect(code == .command(0))
        let document = try JSONSerialization.jsonObject(with: Data(errors.utf8)) as? [String: Any]
        #expect(document?["command"] as? String == "run")
        #expect((document?["tree"] as? String)?.utf8.count == 64)
    }
}
