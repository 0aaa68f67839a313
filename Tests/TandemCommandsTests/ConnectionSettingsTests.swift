import Testing

@testable import TandemCommands

struct ConnectionSettingsTests {
    private func chosen(
        _ transport: ConnectionSettings.Transport? = nil,
        socket: String? = nil,
        container: String? = nil,
        command: String? = nil
    ) throws -> ConnectionSettings {
        try ConnectionSettings.chosen(
            transport: transport,
            socket: socket,
            container: container,
            command: command
        )
    }

    @Test func `what was given decides the transport`() throws {
        #expect(try chosen().execCommand == "tandem-receiver connect")
        #expect(try chosen().transport == .exec)
        #expect(try chosen(socket: "/run/x.sock").transport == .streamlocal)
        #expect(
            try chosen(container: "box").execCommand
                == "podman exec -i box tandem-receiver connect"
        )
        #expect(try chosen(command: "my way").execCommand == "my way")
        #expect(
            try chosen(.openssh, socket: "/run/x.sock").execCommand
                == "tandem-receiver connect --socket /run/x.sock"
        )
    }

    @Test func `parts that contradict each other are refused`() {
        #expect(throws: CommandError.self) { try chosen(socket: "/x", container: "box") }
        #expect(throws: CommandError.self) { try chosen(container: "box", command: "x") }
        #expect(throws: CommandError.self) { try chosen(.streamlocal) }
    }

    @Test(arguments: [
        "run/x.sock", "/run/a b", "/run/$(x)", "/run/;x", "/" + String(repeating: "x", count: 100),
    ])
    func `a socket's path is absolute, short and one word`(_ path: String) {
        let error = #expect(throws: CommandError.self) { try chosen(socket: path) }
        #expect(error?.code == .usage)
    }

    @Test func `a dedicated key gets the line that holds it to the receiver`() {
        var settings = ConnectionSettings(
            transport: .exec,
            command: ConnectionSettings.command(inContainer: "tandem-receiver")
        )
        #expect(KeyModel(settings: settings, publicKey: nil).authorizedKeysLine == nil)
        settings.identity = "/home/me/keys/tandem"
        let model = KeyModel(settings: settings, publicKey: "ssh-ed25519 AAAA me")
        #expect(
            model.authorizedKeysLine
                == "restrict,command=\"podman exec -i tandem-receiver tandem-receiver connect\" "
                + "ssh-ed25519 AAAA me"
        )
        settings.transport = .streamlocal
        #expect(KeyModel(settings: settings, publicKey: "x").authorizedKeysLine == nil)
    }
}
