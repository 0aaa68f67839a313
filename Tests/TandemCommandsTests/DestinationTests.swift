import Testing

@testable import TandemCommands

struct DestinationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var destination: Destination
        var testDescription: String { text }

        init(_ text: String, _ destination: Destination) {
            self.text = text
            self.destination = destination
        }
    }

    static let good: [Case] = [
        Case("devvm:/app", Destination(host: "devvm", path: "/app")),
        Case("devvm:app", Destination(host: "devvm", path: "app")),
        Case("devvm:~/app/", Destination(host: "devvm", path: "app")),
        Case("devvm:~", Destination(host: "devvm", path: ".")),
        Case("devvm:.", Destination(host: "devvm", path: ".")),
        Case("me@devvm:/a/./b//c", Destination(user: "me", host: "devvm", path: "/a/b/c")),
        Case("me@site@devvm:/app", Destination(user: "me@site", host: "devvm", path: "/app")),
        Case("devvm:a:b", Destination(host: "devvm", path: "a:b")),
        Case("devvm:dir/2222:x", Destination(host: "devvm", path: "dir/2222:x")),
        Case("d:x", Destination(host: "d", path: "x")),
        Case("[fe80::1]:/app", Destination(host: "fe80::1", path: "/app")),
        Case("[fe80::1%eth0]:app", Destination(host: "fe80::1%eth0", path: "app")),
        Case("me@[::1]:app", Destination(user: "me", host: "::1", path: "app")),
        Case("10.0.0.7:/app", Destination(host: "10.0.0.7", path: "/app")),
        Case("devvm:with space", Destination(host: "devvm", path: "with space")),
        Case("ssh://devvm/app", Destination(host: "devvm", path: "/app")),
        Case("ssh://devvm/~/app", Destination(host: "devvm", path: "app")),
        Case("ssh://devvm/~", Destination(host: "devvm", path: ".")),
        Case("ssh://devvm//app", Destination(host: "devvm", path: "/app")),
        Case(
            "ssh://me@devvm:2222/app",
            Destination(user: "me", host: "devvm", port: 2222, path: "/app")
        ),
        Case("ssh://[::1]:22/app", Destination(host: "::1", port: 22, path: "/app")),
        Case("ssh://devvm/a%20b%25", Destination(host: "devvm", path: "/a b%")),
        Case(
            "podman+ssh://me@devvm/tandem-receiver/app/x",
            Destination(user: "me", host: "devvm", container: "tandem-receiver", path: "/app/x")
        ),
        Case(
            "podman+ssh://[::1]:2222/box/app",
            Destination(host: "::1", port: 2222, container: "box", path: "/app")
        ),
    ]

    @Test(arguments: good)
    func `a destination is read as people mean it`(_ good: Case) throws {
        #expect(try Destination(parsing: good.text) == good.destination)
    }

    @Test(arguments: good)
    func `what is shown of a destination is read back as the same`(_ good: Case) throws {
        #expect(try Destination(parsing: good.destination.description) == good.destination)
    }

    @Test func `a path that looks like a port is shown as a URL`() throws {
        let destination = try Destination(parsing: "ssh://devvm/~/2222:x")
        #expect(destination.path == "2222:x")
        #expect(destination.description == "ssh://devvm/~/2222:x")
        #expect(try Destination(parsing: destination.description) == destination)
    }

    static let bad: [(text: String, hint: String)] = [
        ("", "host:path"),
        ("devvm", "host:devvm"),
        ("/home/me/app", "host:/home/me/app"),
        ("./a:b", "host:./a:b"),
        ("devvm:", "host:path"),
        ("devvm:2222:/app", "ssh://devvm:2222/app"),
        ("me@devvm:2222:app", "ssh://me@devvm:2222/~/app"),
        ("fe80::1:/app", "brackets"),
        ("[fe80::1]/app", "brackets"),
        ("[fe80::1:/app", "brackets"),
        ("ssh://fe80::1/app", "brackets"),
        ("ssh://devvm", "/path"),
        ("ssh://devvm:0/app", "1 to 65535"),
        ("ssh://devvm:65536/app", "1 to 65535"),
        ("ssh://devvm:x/app", "1 to 65535"),
        ("ssh://me:secret@devvm/app", "key"),
        ("ssh://devvm/a%2", "%25"),
        ("ssh://devvm/a%00", "%25"),
        ("ssh://devvm/%FF", "UTF-8"),
        ("ssh://devvm/~other/app", "absolute"),
        ("devvm:~other/app", "absolute"),
        ("devvm:../app", "leads to"),
        ("devvm:/", "directory"),
        ("devvm:/..", "leads to"),
        ("http://devvm/app", "podman+ssh"),
        ("docker://devvm/app", "podman+ssh"),
        ("podman+ssh://devvm/box", "/box/path"),
        ("podman+ssh://devvm/box/~/app", "/box/path"),
        ("podman+ssh://devvm/-box/app", "podman ps"),
        ("podman+ssh://devvm/b;x/app", "podman ps"),
        ("-oProxyCommand=x:/app", "alias"),
        ("a b:/app", "alias"),
        ("$(x):/app", "alias"),
        (":/app", "alias"),
        ("-l@devvm:/app", "user"),
        ("@devvm:/app", "user"),
        ("devvm:/a\u{1B}b", "control"),
    ]

    @Test(arguments: bad)
    func `what is no destination is refused with what to write`(
        _ bad: (text: String, hint: String)
    ) throws {
        let error = #expect(throws: DestinationError.self) {
            try Destination(parsing: bad.text)
        }
        let description = try #require(error).description
        #expect(description.contains(bad.hint), "\(description)")
    }
}
