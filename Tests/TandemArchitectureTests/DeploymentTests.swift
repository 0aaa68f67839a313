import TandemTestSupport
import Testing

/// Holds the Quadlet units, the Containerfile and the page about them to each other.
struct DeploymentTests {
    private static let folder = "deployment/receiver/"
    private static let units = [
        "tandem-receiver.container", "rootful/tandem-receiver.container",
    ]

    @Test(arguments: units)
    func `a unit hardens its container`(_ name: String) throws {
        let unit = try Self.unit(name)
        #expect(unit.value("ReadOnly") == "true")
        #expect(unit.value("DropCapability") == "all")
        #expect(unit.value("NoNewPrivileges") == "true")
        #expect(unit.value("Pull") == "never")
        #expect(unit.value("Restart", in: "Service") == "always")
        #expect(unit.value("UMask", in: "Service") == "0077")
    }

    @Test(arguments: units)
    func `a unit waits for no network and is tried for ever, ever less often`(_ name: String) throws
    {
        let unit = try Self.unit(name)
        #expect(unit.value("DefaultDependencies", in: "Quadlet") == "false")
        #expect(unit.keys(in: "Unit").allSatisfy { $0 != "After" && $0 != "Wants" })
        #expect(unit.value("StartLimitIntervalSec", in: "Unit") == "0")
        #expect(unit.value("RestartMaxDelaySec", in: "Service") != nil)
    }

    @Test(arguments: units)
    func `a unit publishes one port, on this machine only`(_ name: String) throws {
        #expect(try Self.unit(name).values("PublishPort") == ["127.0.0.1:8081:8080"])
    }

    @Test(arguments: units)
    func `a unit's process is never root`(_ name: String) throws {
        let unit = try Self.unit(name)
        for key in ["User", "Group"] {
            let value = try #require(unit.value(key))
            #expect(!["0", "root", ""].contains(value))
        }
    }

    @Test func `the rootless unit keeps the uid that logs in`() throws {
        #expect(try Self.unit(Self.units[0]).value("UserNS") == "keep-id")
        #expect(try Self.unit(Self.units[1]).value("UserNS") == nil)
    }

    @Test(arguments: units)
    func `tree and logs are shared, state and socket are the container's own`(_ name: String) throws
    {
        let volumes = try Self.unit(name).volumes
        let options = Dictionary(uniqueKeysWithValues: volumes.map { ($0.container, $0.options) })
        #expect(options == ["/app": "z", "/logs": "z", "/state": "Z", "/run/tandem": "Z"])
        let tree = try #require(volumes.first { $0.container == "/app" }).host
        for volume in volumes where volume.container != "/app" {
            #expect(!volume.host.hasPrefix(tree + "/"), "\(volume.host) lies in the tree")
        }
    }

    @Test(arguments: units)
    func `a unit makes the socket's directory for its uid alone`(_ name: String) throws {
        let unit = try Self.unit(name)
        let socket = try #require(unit.volumes.first { $0.container == "/run/tandem" }).host
        let made = unit.values("ExecStartPre", in: "Service").filter { $0.contains("-m 0700") }
        #expect(made.contains { $0.split(separator: " ").contains(Substring(socket)) })
    }

    @Test func `limits stand in a drop-in, because not every vm can hold them`() throws {
        for name in Self.units {
            let keys = try Self.unit(name).keys(in: "Container")
            #expect(Set(keys).isDisjoint(with: ["PidsLimit", "PodmanArgs", "Ulimit", "Memory"]))
        }
        let limits = try Self.unit("tandem-receiver.container.d/limits.conf")
        #expect(limits.keys(in: "Container") == ["PidsLimit", "PodmanArgs"])
    }

    @Test func `unit, image and page start the receiver with the same words`() throws {
        let rootless = try Self.unit(Self.units[0])
        let rootful = try Self.unit(Self.units[1])
        let image = Containerfile(text: try #require(Project.text(Self.folder + "Containerfile")))
        let words = try #require(rootless.value("Exec"))
        #expect(rootful.value("Exec") == words)
        #expect(image.list("CMD").joined(separator: " ") == words)
        #expect(image.list("ENTRYPOINT") == ["/tandem-receiver"])
        let page = try #require(Project.text("docs/DEPLOYMENT.md"))
        #expect(page.contains(words))
        #expect(page.contains("127.0.0.1:8081:8080"))
    }

    @Test func `unit and image ask for health in the same words, without a shell`() throws {
        let image = Containerfile(text: try #require(Project.text(Self.folder + "Containerfile")))
        let asked = image.list("CMD", after: "HEALTHCHECK")
        for name in Self.units {
            let command = try #require(try Self.unit(name).value("HealthCmd"))
            #expect(Containerfile.words(of: command[...]) == asked)
        }
        #expect(asked.prefix(2) == ["/tandem-receiver", "health"])
    }

    @Test func `the image is built from nothing, and is not root`() throws {
        let text = try #require(Project.text(Self.folder + "Containerfile"))
        #expect(text.contains("ARG BASE=scratch\nFROM ${BASE}\n"))
        let image = Containerfile(text: text)
        #expect(image.value("USER")?.hasPrefix("0") == false)
        #expect(image.value("EXPOSE") == "8080")
        #expect(!text.contains("\nRUN "))
    }

    @Test func `nothing of a build machine is in a deployment`() {
        for path in Project.files where path.hasPrefix(Self.folder) {
            let text = Project.text(path) ?? ""
            #expect(!text.contains("runc") && !text.contains("ulimit"), "\(path)")
        }
    }

    private static func unit(_ name: String) throws -> QuadletUnit {
        QuadletUnit(text: try #require(Project.text(folder + name), "\(name) is missing"))
    }
}

/// The instructions of a Containerfile, one a line, continuations joined.
private struct Containerfile {
    private let lines: [Substring]

    init(text: String) {
        lines = text.replacing("\\\n", with: " ").split(separator: "\n")
    }

    /// What follows the last instruction of this name.
    func value(_ instruction: String) -> String? {
        lines.last { $0.hasPrefix(instruction + " ") }
            .map { String($0.dropFirst(instruction.count + 1)) }
    }

    /// An instruction's JSON list; with `outer`, the one inside another instruction.
    func list(_ instruction: String, after outer: String? = nil) -> [String] {
        let line = value(outer ?? instruction) ?? ""
        guard let bracket = line.firstIndex(of: "[") else { return [] }
        return Self.words(of: line[bracket...])
    }

    /// The strings of a JSON list of plain words.
    static func words(of list: Substring) -> [String] {
        list.dropFirst().dropLast().split(separator: ",")
            .map { $0.filter { $0 != "\"" && $0 != " " } }
    }
}
