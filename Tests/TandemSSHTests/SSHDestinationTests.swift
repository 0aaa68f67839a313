import TandemSSH
import Testing

struct SSHDestinationTests {
    @Test(arguments: [
        ("vm", SSHDestination(host: "vm")),
        ("me@vm", SSHDestination(host: "vm", user: "me")),
        ("me@vm:2222", SSHDestination(host: "vm", user: "me", port: 2222)),
        ("ssh://me@vm:2222", SSHDestination(host: "vm", user: "me", port: 2222)),
        ("a@b@vm", SSHDestination(host: "vm", user: "a@b")),
        ("[::1]:2222", SSHDestination(host: "::1", port: 2222)),
        ("::1", SSHDestination(host: "::1")),
    ])
    func `a destination is read as ssh reads it`(text: String, expected: SSHDestination) {
        #expect(SSHDestination(text) == expected)
    }

    @Test(arguments: [
        "", "@vm", "vm:", "vm:0", "vm:65536", "vm:x", "-oProxyCommand=x", "-l@vm", "a b", "[::1",
        "[::1]x", "vm\n",
    ])
    func `what is no destination, or could be an option, is refused`(text: String) {
        #expect(SSHDestination(text) == nil)
    }
}
