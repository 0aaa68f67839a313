import Foundation
import Synchronization
import TandemProject
import TandemSSH
import TandemSystem
import TandemTestSupport

@testable import TandemCommands

/// A vm in a temporary home directory: the real scripts by the real `sh`, with Podman, systemd and
/// the account's name played by small scripts that note how they were called.
final class FakeVM: RemoteShell {
    private let directory: TemporaryDirectory
    private let bodies = Mutex<[String]>([])

    var home: String { directory.path("home") }

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["home", "run", "bin"] {
            try FileManager.default.createDirectory(
                atPath: directory.path(name),
                withIntermediateDirectories: false
            )
        }
        let place = ShellText.quoted(directory.url.path)
        for (name, body) in Self.programs {
            let text = "#!/bin/sh\nplace=\(place)\necho \"\(name) $*\" >> \"$place/calls\"\n\(body)"
            // Put there by another process: a file that this one wrote may still be open for writing
            // in a child that another test starts at this moment, and then it cannot be executed.
            let source = try directory.write(text, to: name)
            try Command.run("install", ["-m", "755", source, directory.path("bin/\(name)")])
        }
    }

    private static let programs = [
        (
            "podman",
            """
            for last; do :; done
            case $1 in
            --version) echo podman version 5.4.2 ;;
            build) ls "$last" > "$place/context"; cat "$last/Containerfile" > "$place/built" ;;
            load) cat > "$place/loaded"; cp "$place/loaded" "$place/built" ;;
            image) [ -e "$place/built" ] ;;
            esac
            """
        ),
        (
            "systemctl",
            """
            case $2 in
            is-active) [ -e "$place/active" ] ;;
            start | restart) : > "$place/active" ;;
            esac
            """
        ),
        ("loginctl", "[ ! -e \"$place/no-linger\" ] || [ -e \"$place/may\" ]"),
        ("sudo", "[ -e \"$place/sudoer\" ] && shift && : > \"$place/may\" && exec \"$@\""),
        ("id", "case $1 in -u) echo 1000 ;; *) echo nobody-of-this-name ;; esac"),
    ]

    func start(
        _ command: String,
        standardError: (@Sendable ([UInt8]) -> Void)?
    ) throws -> any CommandLink {
        throw LinkError(.failed, "no command is started in these tests")
    }

    func run(_ script: RemoteScript) throws -> CommandResult {
        bodies.withLock { $0.append(script.body) }
        // The sample program is too small to be run.
        if script.body == DeploymentScripts.waitForUnit {
            return CommandResult(exit: .status(0), output: [], standardError: "")
        }
        do {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let output = try Command.run(
                "sh",
                ["-c", script.command],
                environment: [
                    "HOME": home, "XDG_RUNTIME_DIR": directory.path("run"),
                    "PATH": "\(directory.path("bin")):\(path)",
                ],
                input: script.standardInput
            )
            return CommandResult(exit: .status(0), output: output, standardError: "")
        } catch let failure as CommandFailure {
            return CommandResult(
                exit: .status(1),
                output: [],
                standardError: failure.description
            )
        }
    }

    func close() {}

    /// What Podman and its like were called with.
    var calls: [String] {
        ((try? directory.read("calls")) ?? "").split(separator: "\n").map(String.init)
    }

    /// A file that one of the played programs left.
    func left(_ name: String) -> String? { try? directory.read(name) }

    /// A file in the home directory.
    func read(_ name: String) -> String? { try? directory.read("home/\(name)") }

    func write(_ text: String, to name: String) throws { try directory.write(text, to: name) }

    /// How often a script was run.
    func count(of body: String) -> Int { bodies.withLock { $0.count { $0 == body } } }
}
