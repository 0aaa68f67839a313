import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport

/// A vm with an empty home directory, reached by a throwaway sshd, and a laptop beside it.
///
/// The home directory's name is one that a script has to quote. What was deployed ends with it.
final class DeployedVM: Sendable {
    let laptop: TemporaryDirectory
    let server: SSHServer
    private let places: TemporaryDirectory

    /// The vm's account has this home directory.
    let home: String

    init() throws {
        laptop = try TemporaryDirectory()
        places = try TemporaryDirectory()
        home = places.path("it's $(a) home")
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
        server = try SSHServer(["SetEnv \"HOME=\(home)\" \"XDG_RUNTIME_DIR=\""])
    }

    deinit {
        if let pid = receiverPID { kill(pid, SIGKILL) }
    }

    /// The receiver that runs from this home directory, by its pid file.
    var receiverPID: Int32? {
        let file = "\(home)/.local/state/tandem/run/receiver.pid"
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let program = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(pid)/exe"
            ), program.hasPrefix(home)
        else { return nil }
        return pid
    }

    /// Where the deployment puts the program.
    var program: String { "\(home)/.local/lib/tandem/tandem-receiver" }

    func tandem(_ arguments: [String]) throws -> RunningProgram {
        try RunningProgram(
            BuiltProgram.path("tandem"),
            arguments,
            environment: ["TANDEM_HOME": places.path("laptop-state")]
        )
    }

    /// Pairs with a deployment; the root's name is one that a script has to quote, too.
    func deploy(
        _ receiver: String? = nil,
        root: String = "my \"app\"; touch x",
        extra: [String] = []
    ) throws -> DeployResult {
        let words = [
            "pair", laptop.url.path, "\(SSHServer.alias):\(root)", "--json",
            "--ssh-config", server.configuration, "--deploy=process",
            "--receiver-binary", try receiver ?? BuiltProgram.path("tandem-receiver"),
        ]
        let run = try tandem(words + extra)
        let exit = try run.wait()
        return DeployResult(exit: exit, output: run.output, errors: run.errors)
    }

    func push() throws -> PushResult {
        try PushResult(tandem(["push", "-C", laptop.url.path, "--json"]))
    }

    /// A file of the vm root.
    func read(_ name: String, root: String = "my \"app\"; touch x") -> String? {
        try? String(contentsOfFile: "\(home)/\(root)/\(name)", encoding: .utf8)
    }

    /// A receiver that does the same and has another digest: nothing reads what follows an ELF file.
    func otherReceiver() throws -> String {
        let path = places.path("other-receiver")
        var bytes = try Data(contentsOf: URL(filePath: BuiltProgram.path("tandem-receiver")))
        bytes.append(contentsOf: [0])
        try bytes.write(to: URL(filePath: path))
        return path
    }
}

/// How `tandem pair --deploy --json` ended.
struct DeployResult: Sendable {
    struct Document: Decodable, Sendable {
        struct Deployment: Decodable, Sendable {
            var mode: String
            var root: String
            var socket: String
            var steps: [String]
        }

        var deployment: Deployment
    }

    var exit: ChildProcess.Exit
    var output: String
    var errors: String

    /// The steps that were done; nil where it failed.
    var steps: [String]? {
        try? JSONDecoder().decode(Document.self, from: Data(output.utf8)).deployment.steps
    }
}
