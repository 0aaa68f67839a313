import TandemManagement
import Testing

/// What a file may say, and what it is told when it says something else.
struct VerifyExpectationTests {
    private let standard = VerifyExpectation.standard(vmRoot: nil, laptopLogs: "/logs")

    private func read(_ text: String) throws(ExpectationError) -> VerifyExpectation {
        try VerifyExpectation(json: Array(text.utf8), over: standard)
    }

    @Test func `an empty object leaves every default`() throws {
        #expect(try read("{}") == standard)
    }

    @Test func `every key is read`() throws {
        let read = try read(
            """
            {"containers": [{"name": "a", "on": "laptop", "required": false, "image": "i*",
              "digest": "sha256:1", "restart": "unless-stopped", "ports": ["127.0.0.1:1:2"],
              "mounts": ["/x:/y:ro", "*:/z"], "user": "7:8", "capabilities": ["KILL"],
              "read-only": false, "no-new-privileges": false}],
             "other-containers": false, "processes": ["node*"],
             "allowed": [{"name": "node", "arguments": "*lsp*", "on": "laptop", "because": "x"}],
             "other-listeners": false, "max-garbage": 3, "protected": ["*.o"],
             "logs": [{"on": "vm", "directory": "~/l", "max-file": 5, "max-files": 2,
               "required": false}],
             "same-architecture": false, "podman": ["sudo", "-n", "podman"],
             "versions": [{"name": "v", "command": ["a", "b"], "container": "c"}]}
            """
        )
        var one = ContainerExpectation("a", on: .laptop)
        one.isRequired = false
        one.image = "i*"
        one.digest = "sha256:1"
        one.restart = .unlessStopped
        one.ports = [.init(address: "127.0.0.1", host: 1, container: 2)]
        one.mounts = [
            MountExpectation(source: "/x", destination: "/y", isWritable: false),
            MountExpectation(destination: "/z"),
        ]
        one.user = .exactly("7:8")
        one.capabilities = ["KILL"]
        one.isReadOnly = false
        one.hasNoNewPrivileges = false
        #expect(read.containers == [one])
        #expect(read.refusesOtherContainers && read.refusesOtherListeners)
        #expect(read.projectProcesses == ["node*"])
        #expect(read.allowedProcesses.first?.name == "node")
        #expect(read.allowedProcesses.count == VerifyExpectation.infrastructure.count + 1)
        #expect(
            read.logs == [
                .init(on: .vm, "~/l", largestFile: 5, mostFiles: 2, isRequired: false)
            ]
        )
        #expect(read.mostGarbage == 3 && !read.sameArchitecture)
        #expect(read.protectedPatterns == ["*.o"])
        #expect(read.podman == ["sudo", "-n", "podman"])
        #expect(read.versions == [.init("v", command: ["a", "b"], container: "c")])
    }

    @Test(arguments: [
        (#"{"container": []}"#, "container"),
        (#"{"containers": [{"name": "a", "prots": []}]}"#, "prots"),
        (#"{"containers": [{"on": "vm"}]}"#, "containers"),
        (#"{"containers": [{"name": "a", "restart": "never"}]}"#, "restart"),
        (#"{"containers": [{"name": "a", "ports": ["8081"]}]}"#, "ports"),
        (#"{"containers": [{"name": "a", "mounts": ["/a:b"]}]}"#, "mounts"),
        (#"{"containers": [{"name": "a", "on": "moon"}]}"#, "on"),
        (#"{"max-garbage": "many"}"#, "max-garbage"),
        (#"{"podman": []}"#, "podman"),
        (#"[]"#, ""),
        (#"{"#, ""),
    ])
    func `a wrong document is refused, and the place named`(_ text: String, _ place: String) {
        #expect {
            try read(text)
        } throws: { error in
            (error as? ExpectationError)?.place.contains(place) == true
        }
    }
}
