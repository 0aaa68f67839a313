import Dispatch
import Foundation
import Glibc
import TandemControl
import TandemDaemon
import TandemStore
import TandemSystem
import TandemTestSupport
import Testing

/// The real programs, with a pair whose vm does not answer.
struct AgentProgramTests {
    private let home: TemporaryDirectory
    private let places: StateDirectories
    private let environment: [String: String]

    init() throws {
        home = try TemporaryDirectory()
        environment = ["TANDEM_HOME": home.path("h"), "HOME": home.url.path]
        places = StateDirectories(environment: environment, home: home.url.path, uid: geteuid())
        try places.prepare()
        try FileManager.default.createDirectory(
            atPath: home.path("shop"),
            withIntermediateDirectories: false
        )
        let store = try Store(at: "\(places.state)/\(Store.fileName)")
        let port = try FreePort.any()
        let settings = """
            {"destination":"ssh://nobody@127.0.0.1:\(port)/app",\
            "connection":{"transport":"exec","sshConfiguration":"/dev/null"}}
            """
        try store.keep(
            PairRecord(
                id: [UInt8](repeating: 7, count: 16),
                name: "shop",
                laptopRoot: Array(home.path("shop").utf8),
                destination: "127.0.0.1",
                vmRoot: "/app",
                created: 1,
                settings: settings
            )
        )
        try store.close()
    }

    /// An agent in the foreground, once it answers.
    private func agent() throws -> RunningProgram {
        let program = try RunningProgram(
            BuiltProgram.path("tandem-agent"),
            ["--foreground"],
            environment: environment
        )
        try waitUntilItAnswers(program)
        return program
    }

    private func waitUntilItAnswers(_ program: RunningProgram) throws {
        let deadline = Date().addingTimeInterval(30)
        while (try? client()) == nil {
            guard program.process.isRunning, Date() < deadline else {
                throw CommandFailure("the agent does not answer: \(program.errors)")
            }
            _ = program.process.wait(until: .now() + .milliseconds(10))
        }
    }

    private func client() throws -> ControlClient {
        try ControlClient(socket: places.controlSocket, program: "test")
    }

    private func tandem(
        _ arguments: String...,
        with variables: [String: String] = [:]
    ) throws -> (code: ChildProcess.Exit, output: String, errors: String) {
        let program = try RunningProgram(
            BuiltProgram.path("tandem"),
            arguments,
            environment: environment.merging(variables) { $1 }
        )
        let exit = try program.wait(.seconds(60))
        return (exit, program.output, program.errors)
    }

    @Test func `a second agent is refused, and told who holds the place`() throws {
        let first = try agent()
        let second = try RunningProgram(
            BuiltProgram.path("tandem-agent"),
            [],
            environment: environment
        )
        #expect(try second.wait() == .status(2))
        #expect(second.errors.contains("an agent runs already, process \(first.process.pid)"))
        #expect(try client().statuses().count == 1)
    }

    @Test func `an agent that is started while another ends takes its place`() throws {
        // As one that has closed its socket and lets its pairs come to rest.
        let directory = "\(places.state)/agent"
        try places.prepare()
        try StateDirectories.prepare(directory)
        var ending: StateLock? = try StateLock(directory: directory)
        let next = try RunningProgram(
            BuiltProgram.path("tandem-agent"),
            ["--foreground"],
            environment: environment
        )
        #expect(next.process.wait(until: .now() + .milliseconds(500)) == nil, "\(next.errors)")
        ending = nil
        extendLifetime(ending)
        try waitUntilItAnswers(next)
        #expect(try client().statuses().count == 1)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal ends it within two seconds, with a pair up`(_ signal: Int32) throws {
        let program = try agent()
        _ = try client().ask(.up(pairs: ["shop"]))
        let start = DispatchTime.now()
        program.process.signal(signal)
        #expect(try program.wait(.seconds(20)) == .status(0))
        let took = DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds
        #expect(took < 2_000_000_000)
        #expect(!FileManager.default.fileExists(atPath: places.controlSocket))
        #expect(program.errors.contains(#""message":"stopped","clean":"true""#))
    }

    @Test(.tags(.crash)) func `after kill -9 the next agent goes on with what was up`() throws {
        let first = try agent()
        let up = try tandem("up", "shop")
        #expect(up.code == .status(0), "\(up.errors)")
        first.kill()
        let missed = try tandem("status")
        #expect(missed.code == .status(69), "\(missed.output)")
        #expect(missed.errors.contains("no agent runs"))
        let second = try agent()
        let status = try tandem("status", "--json")
        #expect(!status.output.contains(#""phase" : "down""#))
        #expect(status.output.contains(#""process" : \#(second.process.pid)"#))
        #expect(status.code == .status(0) || status.code == .status(1), "\(status.output)")
    }

    @Test func `up starts the agent in a session of its own, unless that is forbidden`() throws {
        let forbidden = try tandem("up", "shop", with: ["TANDEM_NO_AUTOSTART": "1"])
        #expect(forbidden.code == .status(69))
        #expect(forbidden.errors.contains("TANDEM_NO_AUTOSTART is set"))
        let up = try tandem("up", "shop")
        #expect(up.code == .status(0), "\(up.errors)")
        let process = try client().agent.process
        defer { kill(process, SIGKILL) }
        #expect(getsid(process) == process)
        #expect(try tandem("up", "shop").code == .status(0))
        #expect(try client().agent.process == process)
        #expect(try tandem("down", "--all").output.contains("the agent ends"))
        let deadline = Date().addingTimeInterval(10)
        while kill(process, 0) == 0, Date() < deadline { _ = try? client() }
        #expect(kill(process, 0) != 0)
        let status = try tandem("status")
        #expect(status.code == .status(0), "\(status.output)\(status.errors)")
    }

    @Test func `a hang-up opens the log again`() throws {
        let program = try agent()
        let log = "\(places.logs)/agent.log"
        try FileManager.default.moveItem(atPath: log, toPath: "\(log).aside")
        program.process.signal(SIGHUP)
        let deadline = Date().addingTimeInterval(10)
        while !FileManager.default.fileExists(atPath: log), Date() < deadline {
            _ = try client().statuses()
        }
        program.process.signal(SIGTERM)
        try program.wait()
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("stopped"))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to be another user"))
    func `another user is sent away without a word, also where the directory lets him in`() throws {
        let program = try agent()
        // The directory keeps others out; here it does not, so that the socket has to.
        for path in [home.url.path, home.path("h"), places.runtime] { chmod(path, 0o755) }
        chmod(places.controlSocket, 0o666)
        let receiver = "\(home.url.path)/tandem-receiver"
        // By another process: a child that is started meanwhile would inherit the copy, open for
        // writing, and nobody could run it.
        try Command.run("cp", [BuiltProgram.path("tandem-receiver"), receiver])
        chmod(receiver, 0o755)
        let greeting = Greeting(program: "test", process: 1)
        let input = ControlFrame.bytes(of: try ControlCoding.encode(greeting))
        let connect = [receiver, "connect", "--socket", places.controlSocket]
        let asRoot = try Command.run("env", connect, input: input)
        #expect(String(decoding: asRoot, as: UTF8.self).contains("tandem-agent"))
        let stranger = try Command.run(
            "setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups"] + connect,
            input: input
        )
        #expect(stranger.isEmpty)
        let deadline = Date().addingTimeInterval(10)
        while !program.errors.contains(#""uid":"65534""#), Date() < deadline {
            _ = program.process.wait(until: .now() + .milliseconds(10))
        }
        #expect(program.errors.contains("refused a conversation"))
        #expect(program.errors.contains(#""uid":"65534""#))
    }

    @Test func `an agent that is another version is named, and how to end it`() throws {
        try StateDirectories.prepare(places.runtime, forbidden: 0o077)
        let listener = try UnixSocket.listen(at: places.controlSocket)
        defer { close(listener) }
        WorkerThread.start("test-agent") {
            guard let raw = try? UnixSocket.accept(on: listener, milliseconds: 20_000) else {
                return
            }
            let link = DescriptorLink(input: raw, output: raw)
            let channel = ControlChannel(link, limit: 1 << 20)
            let old = Greeting(program: "tandem-agent 0.0.9", process: 4711, version: 0)
            _ = try? channel.receive(Greeting.self, until: .now() + .seconds(10))
            try? channel.send(old)
            _ = try? channel.receive(Greeting.self, until: .now() + .seconds(10))
        }
        let flush = try tandem("flush", "shop")
        #expect(flush.code == .status(78))
        #expect(flush.errors.contains("older than this command"), "\(flush.errors)")
        #expect(flush.errors.contains("kill 4711"))
    }
}
