import TandemTestSupport
import Testing

/// Holds the snapshot daemon's units, Containerfile and page to each other.
struct SnapshotDeploymentTests {
    private static let folder = "deployment/snapshot/"
    private static let units = [
        "tandem-snapshot.container", "rootful/tandem-snapshot.container",
    ]

    @Test(arguments: units)
    func `a unit hardens its container, and its process is never root`(_ name: String) throws {
        let unit = try Self.unit(name)
        #expect(unit.value("ReadOnly") == "true")
        #expect(unit.value("DropCapability") == "all")
        #expect(unit.value("NoNewPrivileges") == "true")
        #expect(unit.value("Pull") == "never")
        #expect(unit.value("Restart", in: "Service") == "always")
        #expect(unit.value("UMask", in: "Service") == "0077")
        #expect(unit.values("PublishPort") == ["127.0.0.1:8082:8080"])
        for key in ["User", "Group"] {
            #expect(!["0", "root", ""].contains(try #require(unit.value(key))))
        }
    }

    @Test(arguments: units)
    func `the tree is only read, and what others mount too is not this container's alone`(
        _ name: String
    ) throws {
        let volumes = try Self.unit(name).volumes
        let options = Dictionary(uniqueKeysWithValues: volumes.map { ($0.container, $0.options) })
        #expect(
            options == [
                "/app": "ro,z", "/logs": "z", "/snapshots": "Z", "/state": "Z", "/run/tandem": "Z",
            ]
        )
        let receiver = try Self.receiver(of: name).volumes
        let own = volumes.filter { $0.options == "Z" }.map(\.host)
        #expect(Set(own).isDisjoint(with: receiver.map(\.host)))
        let tree = try #require(volumes.first { $0.container == "/app" }).host
        #expect(receiver.contains { $0.container == "/app" && $0.host == tree })
    }

    @Test func `limits stand in a drop-in`() throws {
        let limits = try Self.unit("tandem-snapshot.container.d/limits.conf")
        #expect(limits.keys(in: "Container") == ["PidsLimit", "PodmanArgs"])
    }

    @Test func `units, image and page start the daemon with the same words`() throws {
        let words = try #require(try Self.unit(Self.units[0]).value("Exec"))
        #expect(try Self.unit(Self.units[1]).value("Exec") == words)
        let image = try #require(Project.text(Self.folder + "Containerfile"))
        let list = words.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ", ")
        #expect(image.contains("CMD [\(list)]"))
        #expect(image.contains("ARG BASE=scratch\nFROM ${BASE}\n") && !image.contains("\nRUN "))
        let health = #"["/tandem-snapshot", "health", "--http", "127.0.0.1:8080"]"#
        #expect(image.contains("CMD \(health)"))
        for name in Self.units {
            let command = try #require(try Self.unit(name).value("HealthCmd"))
            #expect(command.replacing(",", with: ", ") == health)
        }
        #expect(try #require(Project.text("docs/SNAPSHOTS.md")).contains(words))
    }

    @Test func `the static snapshot daemon links no Foundation, libssh2, database or YAML`() {
        let linked = Manifest.current.closure(of: "tandem-snapshot")
        #expect(linked.contains("TandemSnapshots"))
        #expect(linked.isDisjoint(with: ["CLibSSH2", "TandemSSH", "GRDB", "Yams"]))
        for target in linked {
            for file in Project.sources(of: target) {
                #expect(!file.imports.contains("Foundation"), "\(file.path)")
            }
        }
    }

    private static func unit(_ name: String) throws -> QuadletUnit {
        QuadletUnit(text: try #require(Project.text(folder + name), "\(name) is missing"))
    }

    private static func receiver(of name: String) throws -> QuadletUnit {
        let other = name.replacing("tandem-snapshot", with: "tandem-receiver")
        return QuadletUnit(text: try #require(Project.text("deployment/receiver/" + other)))
    }
}
