import TandemTestSupport
import Testing

@testable import TandemSSH

struct KnownHostsTests {
    /// A key of a type, told apart by one byte.
    private static func key(_ number: UInt8, _ type: String = "ssh-ed25519") throws -> HostKey {
        var writer = WireWriter()
        writer.string(type)
        writer.string([UInt8](repeating: number, count: 32))
        return try #require(HostKey(blob: writer.bytes))
    }

    private static func verdict(
        _ lines: String...,
        of name: String = "vm"
    ) throws -> KnownHosts.Verdict {
        var hosts = KnownHosts()
        var text = lines.joined(separator: "\n")
        for number: UInt8 in 1...3 {
            text = text.replacing("KEY\(number)", with: try key(number).line)
        }
        text = text.replacing("ECDSA", with: try key(1, "ecdsa-sha2-nistp256").line)
        hosts.add(text, from: "known_hosts")
        return hosts.verdict(on: try key(1), of: name)
    }

    private static let place = KnownHosts.Place(file: "known_hosts", line: 1)

    @Test func `a plain line, a list, a comment and a missing newline are read`() throws {
        #expect(try Self.verdict("vm KEY1") == .trusted)
        #expect(try Self.verdict("# vm KEY1") == .unknown)
        #expect(try Self.verdict("\t other,vm,10.0.0.1   KEY1 a comment") == .trusted)
        #expect(try Self.verdict("VM KEY1") == .trusted)
        #expect(try Self.verdict("other KEY1", "", "vm KEY2", "vm KEY1") == .trusted)
        #expect(try Self.verdict("vm KEY1\r") == .trusted)
    }

    @Test func `names are hashed with HMAC-SHA1`() throws {
        // Made by ssh-keygen -H for the name "vm" would differ in its salt; the hash is checked
        // against what this file's own hash says, and against OpenSSH's in the integration test.
        let salt = [UInt8](0..<20)
        let hash = HostPattern.hash(Array("vm".utf8), salt: salt)
        let field = "|1|\(Base64.encode(salt))|\(Base64.encode(hash))"
        #expect(try Self.verdict("\(field) KEY1") == .trusted)
        #expect(try Self.verdict("\(field) KEY1", of: "wm") == .unknown)
        #expect(try Self.verdict("|1|\(Base64.encode(salt)) KEY1") == .unknown)
        #expect(try Self.verdict("|2|AAAA|AAAA KEY1") == .unknown)
    }

    @Test func `a port other than 22 has lines of its own`() throws {
        #expect(KnownHosts.name(of: "vm", port: 22) == "vm")
        let name = KnownHosts.name(of: "vm", port: 2322)
        #expect(try Self.verdict("[vm]:2322 KEY1", of: name) == .trusted)
        #expect(try Self.verdict("vm KEY1", of: name) == .unknown)
        #expect(try Self.verdict("[vm]:2322 KEY1") == .unknown)
    }

    @Test func `wildcards match, and a negation excludes its line`() throws {
        #expect(try Self.verdict("*.example.org KEY1", of: "vm.example.org") == .trusted)
        #expect(try Self.verdict("v? KEY1") == .trusted)
        #expect(try Self.verdict("v?? KEY1") == .unknown)
        #expect(try Self.verdict("*,!vm KEY1") == .unknown)
        #expect(try Self.verdict("!vm,* KEY1") == .unknown)
        #expect(try Self.verdict("!other,* KEY1") == .trusted)
        #expect(try Self.verdict("!vm KEY1", of: "other") == .unknown)
    }

    @Test func `a revoked key is revoked whatever else is said`() throws {
        #expect(try Self.verdict("@revoked * KEY1", "vm KEY1") == .revoked(Self.place))
        #expect(
            try Self.verdict("vm KEY1", "@revoked vm KEY1")
                == .revoked(.init(file: "known_hosts", line: 2))
        )
        #expect(try Self.verdict("@revoked * KEY2", "vm KEY1") == .trusted)
        #expect(try Self.verdict("@unheard vm KEY1") == .unknown)
    }

    @Test func `another key is a change, another type is not trusted either`() throws {
        #expect(try Self.verdict("vm KEY2") == .changed(Self.place))
        #expect(try Self.verdict("vm ECDSA") == .otherType(["ecdsa-sha2-nistp256"], Self.place))
        #expect(try Self.verdict("vm KEY2", "vm KEY1") == .trusted)
    }

    @Test func `an authority is no key of the host`() throws {
        #expect(try Self.verdict("@cert-authority * KEY1") == .unknown)
        var hosts = KnownHosts()
        hosts.add("@cert-authority *.org \(try Self.key(1).line)", from: "f")
        #expect(hosts.hasAuthority(for: "vm.org"))
        #expect(!hosts.hasAuthority(for: "vm"))
    }

    @Test func `known types are asked for first`() throws {
        var hosts = KnownHosts()
        hosts.add("vm \(try Self.key(1, "ecdsa-sha2-nistp384").line)\nvm ssh-rsa AAAA", from: "f")
        let order = Algorithms.hostKeyOrder(known: hosts.types(of: "vm"))
        #expect(order.first == "ecdsa-sha2-nistp384")
        #expect(Set(order) == Set(Algorithms.hostKey))
    }

    @Test(arguments: [
        "vm", "vm ssh-ed25519", "vm ssh-ed25519 !!!!", "vm ssh-rsa KEY", "vm 1024 35 123456",
        "@revoked", "@revoked vm", "|1|| ssh-ed25519 AAAA", "vm ssh-ed25519 AAAAB3NzaC1yc2EAAAA=",
    ])
    func `a line that is none is passed over`(_ line: String) throws {
        #expect(try Self.verdict(line, "vm KEY1") == .trusted)
    }

    @Test func `the stop for a changed key names both the key and the way out`() throws {
        var hosts = KnownHosts()
        hosts.add("[vm]:2322 \(try Self.key(2).line)", from: "/home/u/known hosts")
        var host = SSHHost(alias: "vm", hostName: "vm", user: "u")
        host.port = 2322
        let error = #expect(throws: SSHError.self) { try hosts.check(Self.key(1), for: host) }
        #expect(error?.code == .changedHostKey)
        #expect(error?.message.contains(try Self.key(1).fingerprint) == true)
        #expect(
            error?.hint.contains("ssh-keygen -f '/home/u/known hosts' -R '[vm]:2322'") == true
        )
    }
}
