import Testing

@testable import TandemSSH

struct SSHHostTests {
    private static let local = LocalUser(name: "me", home: "/home/me", uid: 1000)

    private static func host(_ lines: String...) throws -> SSHHost {
        let text = (["hostname vm.example.org", "user dev", "port 2222"] + lines)
            .joined(separator: "\n")
        return try SSHHost(resolved: text, alias: "vm", local: local)
    }

    @Test func `what ssh -G prints is taken over`() throws {
        let host = try Self.host(
            "identityfile ~/.ssh/id_ed25519",
            "identityfile /keys/%r@%h",
            "identitiesonly yes",
            "userknownhostsfile ~/.ssh/known_hosts /etc/more",
            "globalknownhostsfile /etc/ssh/ssh_known_hosts",
            "connecttimeout 7",
            "identityagent ~/agent.sock",
            "hashknownhosts yes"
        )
        #expect(host.hostName == "vm.example.org")
        #expect(host.port == 2222)
        #expect(host.identityFiles == ["/home/me/.ssh/id_ed25519", "/keys/dev@vm.example.org"])
        #expect(host.userKnownHostsFiles == ["/home/me/.ssh/known_hosts", "/etc/more"])
        #expect(host.globalKnownHostsFiles == ["/etc/ssh/ssh_known_hosts"])
        #expect(host.connectTimeout == 7)
        #expect(host.agent == .socket("/home/me/agent.sock"))
        #expect(host.hashKnownHosts && host.identitiesOnly)
        #expect(host.knownHostsName == "[vm.example.org]:2222")
    }

    @Test func `jumps come in order, and none is none`() throws {
        #expect(try Self.host("proxyjump a,b@c:22").jumps == ["a", "b@c:22"])
        #expect(try Self.host("proxyjump none").jumps == [])
        #expect(try Self.host("proxycommand none").proxyCommand == nil)
        let command = try Self.host("proxycommand nc %h %p 100%%").proxyCommand
        #expect(command == "nc vm.example.org 2222 100%")
    }

    @Test func `an alias for the host key replaces name and port`() throws {
        #expect(try Self.host("hostkeyalias bastion").knownHostsName == "bastion")
    }

    @Test func `an agent may be switched off`() throws {
        #expect(try Self.host("identityagent none").agent == .none)
        #expect(try Self.host("identityagent SSH_AUTH_SOCK").agent == .environment)
        #expect(try Self.host().agent == .environment)
    }

    @Test func `output without a host is an error`() {
        let error = #expect(throws: SSHError.self) {
            try SSHHost(resolved: "user me\n\nport x", alias: "vm", local: Self.local)
        }
        #expect(error?.code == .configuration)
    }
}
