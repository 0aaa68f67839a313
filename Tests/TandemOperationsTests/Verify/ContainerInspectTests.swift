import TandemManagement
import Testing

/// `podman inspect` as Podman 4.3.1 and 5.4.2 print it, cut down to what is read.
struct ContainerInspectTests {
    @Test func `a container is read with its ports, mounts and labels`() throws {
        let text = """
            [{"Id": "abc", "Name": "97layer-receiver", "ImageName": "localhost/97layer:latest",
              "ImageDigest": "sha256:db", "RestartCount": 2, "EffectiveCaps": ["CAP_KILL"],
              "State": {"Status": "running", "Pid": 7, "Health": {"Status": "healthy"}},
              "Mounts": [
               {"Type": "bind", "Source": "/t", "Destination": "/app", "Mode": "", "RW": true},
               {"Type": "bind", "Source": "/l", "Destination": "/logs", "Mode": "", "RW": false},
               {"Type": "bind", "Source": "/m", "Destination": "/m", "Mode": "", "RW": true},
               {"Type": "volume", "Name": "v", "Source": "/x/v", "Destination": "/v", "RW": true}],
              "Config": {"User": "1:2", "Labels": {"PODMAN_SYSTEMD_UNIT": "a.service"},
               "CreateCommand": ["podman", "run", "-v", "/t:/app:rw,Z", "--volume=/l:/logs:ro,z",
                "--mount", "type=bind,src=/m,target=/m,relabel=private", "-v", "v:/v"]},
              "HostConfig": {"PortBindings": {"8080/tcp": [{"HostIp": "", "HostPort": "8081"}],
                "53/udp": [{"HostIp": "::1", "HostPort": "53"}], "9/tcp": null},
               "RestartPolicy": {"Name": "always"}, "ReadonlyRootfs": true, "Privileged": false,
               "SecurityOpt": ["no-new-privileges"]}}]
            """
        let found = try #require(ContainerFacts.parse(inspect: Array(text.utf8))?.first)
        #expect(found.unit == "a.service" && found.health == "healthy" && found.restarts == 2)
        #expect(found.ports.map(\.description) == ["::1:53->53/udp", "0.0.0.0:8081->8080"])
        #expect(found.mounts.map(\.label) == [.owned, .shared, .owned, .none])
        #expect(found.mounts.map(\.text) == ["/t:/app:rw", "/l:/logs:ro", "/m:/m:rw", "v:/v:rw"])
        #expect(found.isReadOnly && found.hasNoNewPrivileges && !found.isPrivileged)
        #expect(found.capabilities == ["CAP_KILL"] && found.user == "1:2")
    }

    @Test func `without a command line nobody knows the labels`() throws {
        let text = """
            [{"Id": "a", "Name": "b", "State": {"Status": "created"}, "Config": {},
              "Mounts": [{"Source": "/t", "Destination": "/app"}], "HostConfig": {}}]
            """
        let found = try #require(ContainerFacts.parse(inspect: Array(text.utf8))?.first)
        #expect(found.mounts.map(\.label) == [.unknown])
    }

    @Test(arguments: ["", "{}", "[{}]", "no such container"])
    func `anything else is no answer`(_ text: String) {
        #expect(ContainerFacts.parse(inspect: Array(text.utf8)) == nil)
    }
}
