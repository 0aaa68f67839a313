import TandemTestSupport
import Testing

/// Holds the manager's units to what the manager may do: everything by Podman's socket, nothing else.
struct ManagerDeploymentTests {
    private static let units = [
        "deployment/manager/tandem-manager.container",
        "deployment/manager/rootful/tandem-manager.container",
    ]

    @Test(arguments: units)
    func `the manager has no network, no port and no capability`(_ path: String) throws {
        let unit = QuadletUnit(text: try #require(Project.text(path)))
        #expect(unit.value("Network") == "none")
        #expect(unit.values("PublishPort") == [])
        #expect(unit.value("ReadOnly") == "true")
        #expect(unit.value("DropCapability") == "all")
        #expect(unit.value("NoNewPrivileges") == "true")
        #expect(unit.value("Restart", in: "Service") == "always")
        #expect(unit.value("DefaultDependencies", in: "Quadlet") == "false")
    }

    @Test(arguments: units)
    func `the manager sees no tree, and Podman's directory instead of its socket`(
        _ path: String
    ) throws {
        let unit = QuadletUnit(text: try #require(Project.text(path)))
        let places = Set(unit.volumes.map(\.container))
        #expect(places == ["/run/podman", "/logs", "/state", "/run/tandem"])
        let podman = try #require(unit.volumes.first { $0.container == "/run/podman" })
        #expect(!podman.host.hasSuffix(".sock") && podman.options == "")
    }
}
