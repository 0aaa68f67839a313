import Foundation
import TandemTestSupport
import Testing

@testable import TandemCommands

struct ServiceFileTests {
    private let playground: Playground

    init() throws { playground = try Playground() }

    private func context(_ environment: [String: String] = [:]) -> CommandContext {
        var context = playground.context(ConsoleRecord())
        context.environment = ["HOME": playground.directory].merging(environment) { $1 }
        context.program = "/opt/tan dem/bin/tandem"
        return context
    }

    @Test(.enabled(if: Command.path(of: "systemd-analyze") != nil, "systemd-analyze is missing"))
    func `systemd takes the unit`() throws {
        var context = context(["TANDEM_HOME": "/home/me/100% \"mine\" $x\\y"])
        // systemd looks whether the program is there.
        let program = try playground.make("bin of mine") + "/tandem-agent"
        try FileManager.default.copyItem(
            atPath: try #require(Command.path(of: "true")),
            toPath: program
        )
        context.program = program
        let file = ServiceFile(context, system: .systemd)
        let directory = try TemporaryDirectory()
        let unit = try directory.write(file.text, to: "tandem-agent.service", mode: 0o644)
        try Command.run(
            "systemd-analyze",
            ["verify", "--user", "--man=no", unit],
            environment: ["XDG_RUNTIME_DIR": directory.url.path]
        )
    }

    @Test func `the unit starts the agent beside this program, and passes on where its home is`() {
        let file = ServiceFile(context(["TANDEM_HOME": "/x/50%"]), system: .systemd)
        #expect(file.path == "\(playground.directory)/.config/systemd/user/tandem-agent.service")
        #expect(file.text.contains("ExecStart=\"tandem-agent\" --foreground\n"))
        #expect(file.text.contains("Environment=\"TANDEM_HOME=/x/50%%\"\n"))
        let money = ServiceFile(context(["TANDEM_HOME": "/x/$y"]), system: .systemd, program: "/$a")
        #expect(money.text.contains("Environment=\"TANDEM_HOME=/x/$y\"\n"))
        #expect(money.text.contains("ExecStart=\"/$$a\" --foreground\n"))
        let other = ServiceFile(context(["XDG_CONFIG_HOME": "/cfg"]), system: .systemd)
        #expect(other.path == "/cfg/systemd/user/tandem-agent.service")
        #expect(!other.text.contains("Environment="))
    }

    @Test func `the property list is one, whatever stands in the environment`() throws {
        let file = ServiceFile(context(["TANDEM_HOME": "/a<b>&\"c\""]), system: .launchd)
        #expect(file.path == "\(playground.directory)/Library/LaunchAgents/dev.tandem.agent.plist")
        let list = try PropertyListSerialization.propertyList(
            from: Data(file.text.utf8),
            format: nil
        )
        let values = try #require(list as? [String: Any])
        #expect(values["Label"] as? String == "dev.tandem.agent")
        #expect(values["ProgramArguments"] as? [String] == ["tandem-agent", "--foreground"])
        let variables = values["EnvironmentVariables"] as? [String: String]
        #expect(variables == ["TANDEM_HOME": "/a<b>&\"c\""])
    }

    @Test(arguments: [
        (ServiceFile.System.systemd, "tandem-agent.service"), (.launchd, "dev.tandem.agent.plist"),
    ])
    func `the examples of the deployment are what is written for an installed program`(
        _ system: ServiceFile.System,
        _ name: String
    ) throws {
        var project = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<4 { project.deleteLastPathComponent() }
        let file = ServiceFile(context(), system: system, program: "/usr/local/bin/tandem-agent")
        let example = project.appending(path: "deployment/laptop/\(name)")
        let text = try String(contentsOf: example, encoding: .utf8)
        #expect(text == file.text)
        #expect(file.path.hasSuffix("/\(name)"))
    }

    @Test func `installing writes the file, and uninstalling takes it away`() throws {
        let record = ConsoleRecord()
        var context = playground.context(record, agent: FakeAgent(isRunning: false))
        context.environment["XDG_CONFIG_HOME"] = "\(playground.directory)/cfg"
        let file = "\(playground.directory)/cfg/systemd/user/tandem-agent.service"
        #expect(CommandProgram.run(["service", "install", "--print"], in: context) == .done)
        #expect(record.output.contains("ExecStart="))
        #expect(!FileManager.default.fileExists(atPath: file))
        try ServiceFile(context).write()
        #expect(FileManager.default.fileExists(atPath: file))
        #expect(CommandProgram.run(["service", "status"], in: context) == .unreachable)
        #expect(record.output.contains("installed: \(file)"))
    }
}
