import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// A laptop directory and a vm directory with the real programs and a real sshd between them.
///
/// Everything lies in one temporary directory, and ends with the last user of the object.
final class LivePair: Sendable {
    let directory: TemporaryDirectory
    let server: SSHServer
    private let receiver: Locked<RunningProgram?>

    /// Makes the directories and starts sshd and the receiver.
    ///
    /// - Parameters:
    ///   - server: a server to use; nil starts one.
    ///   - pairs: whether both directories are paired, over the receiver's socket.
    /// - Throws: `CommandFailure`.
    init(server: SSHServer? = nil, pairs: Bool = true) throws {
        directory = try TemporaryDirectory()
        self.server = try server ?? SSHServer()
        receiver = Locked(nil)
        for name in ["laptop", "vm", "vm/root", "vm/state", "vm/run", "home"] {
            try FileManager.default.createDirectory(
                atPath: directory.path(name),
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        }
        try startReceiver()
        if pairs { try pair() }
    }

    deinit { receiver.value = nil }

    var laptop: String { directory.path("laptop") }
    var root: String { directory.path("vm/root") }
    var state: String { directory.path("vm/state") }
    var socket: String { directory.path("vm/run/r.sock") }
    var home: String { directory.path("home") }
    var destination: String { "\(SSHServer.alias):\(root)" }

    /// The state directory of the pair on the laptop.
    var pairState: String {
        get throws {
            let pairs = "\(home)/state/pairs"
            let names = try FileManager.default.contentsOfDirectory(atPath: pairs)
            return "\(pairs)/\(try #require(names.first))"
        }
    }

    /// The process that serves the vm directory.
    var receiverProcess: RunningProgram {
        get throws { try #require(receiver.value) }
    }

    /// The command that joins the receiver, for exec channels.
    var connectCommand: String {
        get throws { "\(try BuiltProgram.path("tandem-receiver")) connect --socket \(socket)" }
    }

    /// Starts a receiver and waits until it listens; the one before must have ended.
    func startReceiver(through words: [String] = []) throws {
        let program = try launchReceiver(through: words)
        try program.wait { (try? UnixSocket.connect(to: socket)).map { close($0) } != nil }
    }

    /// Runs a receiver that kills itself at a point of its way, and waits for its death.
    func runReceiver(dyingAt point: String) throws {
        let program = try launchReceiver(dyingAt: point)
        let exit = program.process.wait(until: .now() + .seconds(90))
        #expect(exit == .signal(SIGKILL), "\(point) was not reached: \(program.errors)")
    }

    /// Starts a receiver that kills itself at a point of its way, without waiting for anything.
    func launchReceiver(dyingAt point: String) throws -> RunningProgram {
        try launchReceiver(through: ["env", "TANDEM_CRASH_AT=\(point)"])
    }

    private func launchReceiver(through words: [String]) throws -> RunningProgram {
        let words =
            words + [try BuiltProgram.path("tandem-receiver"), "serve"]
            + ["--root", root, "--state", state, "--socket", socket]
        let program = try RunningProgram(words[0], Array(words.dropFirst()))
        receiver.value = program
        return program
    }

    /// Kills the receiver, as `kill -9` does.
    func stopReceiver() { receiver.value = nil }

    /// Kills the processes of sshd that serve a connection; gives how many there were.
    @discardableResult
    func killSessions() -> Int {
        let sessions = server.sessionPIDs
        for pid in sessions { kill(pid, SIGKILL) }
        return sessions.count
    }

    // MARK: - Commands

    /// Pairs both directories; `how` says how the receiver is reached.
    @discardableResult
    func pair(_ how: [String]? = nil) throws -> CommandEnd {
        let configuration = ["--ssh-config", server.configuration]
        let how = how ?? ["--socket", socket]
        let end = try tandem(["pair", laptop, destination] + configuration + how)
        guard end.code == 0 else { throw CommandFailure("tandem pair: \(end.said)") }
        return end
    }

    /// Starts `tandem`, without waiting for its end.
    ///
    /// - Parameters:
    ///   - arguments: the command line.
    ///   - words: a program, with its arguments, that runs it.
    /// - Returns: the running program.
    /// - Throws: `CommandFailure`, `SystemError`.
    func start(_ arguments: [String], through words: [String] = []) throws -> RunningProgram {
        let words = words + [try BuiltProgram.path("tandem")] + arguments
        return try RunningProgram(words[0], Array(words.dropFirst()), environment: environment)
    }

    /// What `tandem` needs to know beside its arguments.
    var environment: [String: String] { ["TANDEM_HOME": home, "SSH_AUTH_SOCK": ""] }

    /// Runs `tandem` to its end; what it says never holds a raw control byte.
    func tandem(_ arguments: [String], through words: [String] = []) throws -> CommandEnd {
        let end = try CommandEnd(start(arguments, through: words))
        end.expectPlainText()
        return end
    }

    func push(_ arguments: String..., through words: [String] = []) throws -> CommandEnd {
        try tandem(["push"] + arguments, through: words)
    }

    /// Makes a process that is root mind permissions, as everybody else has to.
    static let withoutPrivilege: [String] =
        geteuid() != 0
        ? []
        : [
            "setpriv", "--bounding-set=-dac_override,-dac_read_search",
            "--inh-caps=-dac_override,-dac_read_search",
        ]

    // MARK: - Files

    /// Writes a file of the laptop.
    func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

    func write(_ data: Data, to name: String) throws {
        let file = URL(fileURLWithPath: "\(laptop)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try data.write(to: file)
    }

    /// The text of a file on the vm; nil where there is none.
    func onVM(_ name: String) -> String? {
        try? String(contentsOfFile: "\(root)/\(name)", encoding: .utf8)
    }

    /// How many bytes of content the vm has staged.
    var stagedBytes: UInt64 {
        let stage = "\(root)/.tandem/stage"
        guard let walk = FileManager.default.enumerator(atPath: stage) else { return 0 }
        var sum: UInt64 = 0
        while walk.nextObject() != nil {
            if walk.fileAttributes?[.type] as? FileAttributeType == .typeRegular {
                sum += walk.fileAttributes?[.size] as? UInt64 ?? 0
            }
        }
        return sum
    }

    /// What differs, told by rsync: names, kinds, contents, targets and execute bits.
    ///
    /// - Parameters:
    ///   - names: what is left out.
    ///   - other: the directory that is compared with the laptop's; nil for the vm's.
    /// - Returns: `rsync`'s lines; empty where both hold the same.
    /// - Throws: `CommandFailure`.
    func differences(excluding names: [String] = [], to other: String? = nil) throws -> String {
        let lines = try Command.run(
            "rsync",
            ["-rlcnE", "--delete", "--itemize-changes", "--exclude=/.tandem"]
                + names.map { "--exclude=\($0)" } + ["\(laptop)/", "\(other ?? root)/"]
        )
        // rsync also reports times, which Tandem does not sync.
        return String(decoding: lines, as: UTF8.self).split(separator: "\n").filter { line in
            !line.hasPrefix(".") || line.prefix(11).dropFirst(2).contains { "csp".contains($0) }
        }.joined(separator: "\n")
    }
}

/// A variable that several threads may use.
final class Locked<Value: Sendable>: Sendable {
    private let monitor: Monitor<Value>

    init(_ value: Value) { monitor = Monitor(value) }

    var value: Value {
        get { monitor.look { $0 } }
        set { monitor.change { $0 = newValue } }
    }
}

/// How a command ended, and what it said.
struct CommandEnd {
    let exit: ChildProcess.Exit
    let output: String
    let errors: String

    /// Waits for a command's end.
    init(_ program: RunningProgram, within seconds: Int = 60) throws {
        exit = try program.wait(.seconds(seconds))
        output = program.output
        errors = program.errors
    }

    /// The exit code; nil where a signal ended it.
    var code: Int32? {
        if case .status(let code) = exit { code } else { nil }
    }

    /// All of it, for the message of a failed expectation.
    var said: String { "\(exit)\n\(output)\(errors)" }

    /// Records an issue where it ended with another code than 0.
    func expectSuccess(_ location: SourceLocation = #_sourceLocation) {
        #expect(code == 0, "\(said)", sourceLocation: location)
    }

    /// Records an issue for what a terminal might obey instead of showing it.
    func expectPlainText(_ location: SourceLocation = #_sourceLocation) {
        for scalar in (output + errors).unicodeScalars where scalar != "\n" && scalar.isUnsafe {
            Issue.record(
                "U+\(String(scalar.value, radix: 16)) in \(said)",
                sourceLocation: location
            )
            return
        }
    }
}

extension RunningProgram {
    /// Looks again and again until something has happened; the program must run meanwhile.
    func wait(within seconds: Double = 20, until condition: () throws -> Bool) throws {
        let deadline = Date().addingTimeInterval(seconds)
        while try !condition() {
            guard Date() < deadline, process.isRunning else {
                throw CommandFailure("it did not come so far: \(output)\(errors)")
            }
            _ = process.wait(until: .now() + .milliseconds(5))
        }
    }
}

extension Unicode.Scalar {
    /// Whether a terminal may do something else with it than show it.
    fileprivate var isUnsafe: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF,
            0xFFFD:
            true
        default: false
        }
    }
}
