import Dispatch
import Glibc
import TandemDaemon
import TandemSystem

/// The file by which the system starts the agent: a systemd user unit or a launchd property list.
struct ServiceFile: Sendable {
    enum System: Sendable {
        case systemd
        case launchd

        static var ofMachine: System {
            #if os(Linux)
            .systemd
            #else
            .launchd
            #endif
        }
    }

    /// What launchd calls the agent.
    static let label = "dev.tandem.agent"
    static let unit = "tandem-agent.service"

    let system: System
    /// Where the file stands.
    let path: String
    private let program: String
    /// What the agent needs to know of this environment.
    private let variables: [(name: String, value: String)]

    /// Makes the file for an environment.
    ///
    /// - Parameters:
    ///   - context: where homes and this program are.
    ///   - system: for which service manager.
    ///   - program: the agent; nil takes the one beside this program.
    init(_ context: CommandContext, system: System = .ofMachine, program: String? = nil) {
        self.system = system
        let home = context.home ?? "/"
        switch system {
        case .systemd:
            let given = context.environment["XDG_CONFIG_HOME"].flatMap {
                $0.hasPrefix("/") ? $0 : nil
            }
            path = "\(given ?? "\(home)/.config")/systemd/user/\(Self.unit)"
        case .launchd: path = "\(home)/Library/LaunchAgents/\(Self.label).plist"
        }
        self.program = program ?? UserAgent.program(beside: context.program)
        // The service manager's environment has none of a shell's variables.
        variables = ["TANDEM_HOME", "TANDEM_SSH", "TANDEM_NOTIFY", "SSH_AUTH_SOCK"].compactMap {
            name in context.environment[name].map { (name, $0) }
        }
    }

    /// What stands in the file.
    var text: String {
        switch system {
        case .systemd: unitText
        case .launchd: propertyList
        }
    }

    private var unitText: String {
        let settings = variables.map { "Environment=\(Self.quoted("\($0.name)=\($0.value)"))\n" }
        return """
            [Unit]
            Description=Tandem agent: keeps directories of this laptop and of vms the same
            Documentation=man:tandem(1)

            [Service]
            ExecStart=\(Self.quoted(program).replacing("$", with: "$$")) --foreground
            ExecReload=/bin/kill -HUP $MAINPID
            Restart=on-failure
            RestartSec=2
            StandardError=null
            UMask=0077
            NoNewPrivileges=true
            \(settings.joined())
            [Install]
            WantedBy=default.target

            """
    }

    /// A word of a unit file, with what systemd would read in it doubled (systemd.syntax(7)); a "$"
    /// means something in command lines alone.
    private static func quoted(_ word: String) -> String {
        let text = word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("%", with: "%%")
        return "\"\(text)\""
    }

    private var propertyList: String {
        let settings = variables.map {
            "        <key>\(Self.xml($0.name))</key><string>\(Self.xml($0.value))</string>\n"
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" \
            "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0">
            <dict>
                <key>Label</key><string>\(Self.label)</string>
                <key>ProgramArguments</key>
                <array>
                    <string>\(Self.xml(program))</string>
                    <string>--foreground</string>
                </array>
                <key>EnvironmentVariables</key>
                <dict>
            \(settings.joined())    </dict>
                <key>RunAtLoad</key><true/>
                <key>KeepAlive</key>
                <dict><key>SuccessfulExit</key><false/></dict>
                <key>ProcessType</key><string>Background</string>
                <key>Umask</key><integer>63</integer>
            </dict>
            </plist>

            """
    }

    private static func xml(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
    }

    /// Writes the file; its directory is made where it is missing.
    func write() throws {
        let directory = path.split(separator: "/").dropLast().joined(separator: "/")
        try StateDirectories.prepare("/\(directory)")
        try AtomicFile.write(Array(text.utf8), to: path, mode: 0o644)
    }

    // MARK: Switching

    /// What a person types to switch it on.
    var commandThatSwitchesOn: String {
        switch system {
        case .systemd:
            "systemctl --user daemon-reload && systemctl --user enable --now \(Self.unit)"
        case .launchd: "launchctl bootstrap gui/$(id -u) \(path)"
        }
    }

    /// Tells the service manager; false where there is none, as in a container.
    func switchOn() -> Bool {
        switch system {
        case .systemd:
            run("systemctl", ["--user", "daemon-reload"])
                && run("systemctl", ["--user", "enable", "--now", Self.unit])
        case .launchd: run("launchctl", ["bootstrap", "gui/\(getuid())", path])
        }
    }

    func switchOff() {
        switch system {
        case .systemd: _ = run("systemctl", ["--user", "disable", "--now", Self.unit])
        case .launchd: _ = run("launchctl", ["bootout", "gui/\(getuid())/\(Self.label)"])
        }
    }

    private static let patience = 20

    @discardableResult
    private func run(_ program: String, _ arguments: [String]) -> Bool {
        let deadline = DispatchTime.now() + .seconds(Self.patience)
        let captured = try? ChildProcess.capture(
            program,
            arguments,
            limit: 4096,
            deadline: deadline
        )
        return captured?.exit == .status(0)
    }
}
