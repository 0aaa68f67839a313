import Foundation
import TandemSystem
import TandemTestSupport

/// A pair over a real sshd whose vm has three containers on a Podman of its own, and the report of
/// the real `tandem verify` about both.
final class ThreeContainers: Sendable {
    static let names = ["97layer-snapshot", "97layer-gcp-mgmt", "97layer-receiver"]
    private static let image = "localhost/97layer:latest"
    private static let pause = "catatonit"

    let pair: PairOnSSH
    let podman: PodmanHost
    let port: UInt16
    /// The vm's logs, outside of its root.
    let logs: TemporaryDirectory
    private let places: TemporaryDirectory
    /// A python that no other program of this machine is called.
    let strayName: String

    /// Why it cannot be had here; nil where it can.
    static var obstacle: String? {
        if let obstacle = PodmanHost.obstacle { return obstacle }
        for tool in [pause, "ss", "git"] where Command.path(of: tool) == nil {
            return "\(tool) is not installed; 'make setup' installs it"
        }
        return nil
    }

    static var isWanted: Bool {
        obstacle == nil || ProcessInfo.processInfo.environment["CI"] != nil
    }

    init() throws {
        if let obstacle = Self.obstacle { throw CommandFailure(obstacle) }
        pair = try PairOnSSH()
        logs = try TemporaryDirectory()
        places = try TemporaryDirectory()
        port = try FreePort.any()
        strayName = "python3.9-\(UInt32.random(in: 0 ... .max))"
        podman = try PodmanHost(project: ContainerFixture.project)
        let program = Command.path(of: Self.pause) ?? Self.pause
        try podman.buildImage(Self.image, program: program, arguments: ["-P"])
        try logs.write("one\ntwo\n", to: "mac_sync_receiver.log")
        try pair.laptop.write(Self.ignored.joined(separator: "\n") + "\n", to: ".gitignore")
        try pair.laptop.write("print(1)\n", to: "sync.py")
        try Command.run("git", ["init", "--quiet", pair.laptop.url.path])
        for name in Self.names { try run(name) }
        guard try pair.push().exit == .status(0) else { throw CommandFailure("tandem push") }
    }

    deinit { podman.remove() }

    /// The patterns the project's `.gitignore` has.
    static let ignored = ["__pycache__/", "*.pyc", "logs/", "*.log", ".DS_Store"]

    /// Starts one of the three, as it should be or with options changed.
    func run(
        _ name: String,
        port published: String? = nil,
        label: String = "z",
        mountsLogs: Bool = true
    ) throws {
        _ = try? podman.podman(["rm", "--force", "--time", "1", name])
        var options = [
            "--name", name, "--pull=never", "--network", "slirp4netns", "--user", "1000:1000",
            "--restart", "unless-stopped", "--cap-drop", "all", "--read-only",
            "--security-opt", "no-new-privileges",
            "--volume", "\(pair.vm.url.path):/app:\(label)",
        ]
        if mountsLogs { options += ["--volume", "\(logs.url.path):/logs:z"] }
        let standard = name == "97layer-receiver" ? "127.0.0.1:\(port):8080" : ""
        let wanted = published ?? standard
        if !wanted.isEmpty { options += ["--publish", wanted] }
        try podman.start(options + [Self.image])
    }

    /// Starts a program called python on the host, below no container.
    func startStray() throws -> RunningProgram {
        let program = places.path(strayName)
        try Command.run("install", ["-m", "755", Command.path(of: Self.pause) ?? "", program])
        return try RunningProgram(program, ["-P"])
    }

    /// 15 directories, 8 files of bytecode and 2 of the Finder, as on the day of the report.
    func dropGarbage() throws {
        let files = FileManager.default
        for number in 0..<15 {
            let folder = "execution/m\(number)/__pycache__"
            try files.createDirectory(
                atPath: pair.vm.path(folder),
                withIntermediateDirectories: true
            )
            try pair.vm.write("bytecode", to: "\(folder)/a.cpython-311.bin")
        }
        for number in 0..<8 { try pair.vm.write("bytecode", to: "old\(number).pyc") }
        try pair.vm.write("finder", to: ".DS_Store")
        try pair.vm.write("finder", to: "execution/.DS_Store")
    }

    /// Runs `tandem verify --json`.
    func verify(_ extra: [String] = []) throws -> Verification {
        let file = try places.write(try expectation(), to: "verify.json")
        let words = ["verify", "-C", pair.laptop.url.path, "--expect", file] + extra
        if ProcessInfo.processInfo.environment["TANDEM_SHOW_REPORTS"] != nil {
            let shown = try pair.tandem(words + ["--all"])
            try shown.wait()
            print(shown.output)
        }
        let run = try pair.tandem(words + ["--json"])
        let exit = try run.wait()
        return Verification(exit: exit, output: run.output, errors: run.errors)
    }

    private func expectation() throws -> String {
        let containers: [[String: any Sendable]] = Self.names.map { name in
            [
                "name": name, "image": Self.image, "restart": "unless-stopped",
                "user": "1000:1000",
                "ports": name == "97layer-receiver" ? ["127.0.0.1:\(port):8080"] : [String](),
                "mounts": ["\(pair.vm.url.path):/app:rw", "\(logs.url.path):/logs:rw"],
            ]
        }
        let document: [String: any Sendable] = [
            "containers": containers,
            "processes": ["\(strayName)*"],
            "logs": [
                ["on": "vm", "directory": logs.url.path, "max-file": 100_000]
                    as [String: any Sendable]
            ],
            "protected": Self.ignored,
            "podman": podman.command,
        ]
        let data = try JSONSerialization.data(withJSONObject: document)
        return String(decoding: data, as: UTF8.self)
    }
}

/// How `tandem verify --json` ended, and what it reported.
struct Verification: Sendable {
    struct Row: Decodable, Sendable, CustomStringConvertible {
        var verdict: String
        var `where`: String
        var subject: String
        var evidence: String
        var method: String

        var description: String { "\(verdict) \(`where`) \(subject): \(evidence)" }
    }

    private struct Document: Decodable {
        var clean: Bool
        var rows: [Row]
    }

    var exit: ChildProcess.Exit
    var rows: [Row]
    var errors: String

    init(exit: ChildProcess.Exit, output: String, errors: String) {
        self.exit = exit
        self.errors = errors
        rows = (try? JSONDecoder().decode(Document.self, from: Data(output.utf8)))?.rows ?? []
    }

    /// What is wrong or not known.
    var bad: [Row] { rows.filter { $0.verdict == "violation" || $0.verdict == "unknown" } }

    /// The part of it about one machine; a process on this machine is on both.
    func bad(on side: String) -> [Row] { bad.filter { $0.where == side } }

    /// The evidence of what is wrong with a subject; nil where nothing is.
    func violation(_ subject: String) -> String? {
        rows.first { $0.verdict == "violation" && $0.subject == subject }?.evidence
    }
}
