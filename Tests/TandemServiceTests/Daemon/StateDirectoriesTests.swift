import Foundation
import TandemDaemon
import TandemSystem
import Testing

struct StateDirectoriesTests {
    private func places(
        _ environment: [String: String],
        _ platform: StateDirectories.Platform = .linux
    ) -> StateDirectories {
        StateDirectories(environment: environment, home: "/home/me", uid: 7, platform: platform)
    }

    @Test func `without variables the XDG defaults stand`() {
        let places = places([:])
        #expect(places.configuration == "/home/me/.config/tandem")
        #expect(places.state == "/home/me/.local/state/tandem")
        #expect(places.cache == "/home/me/.cache/tandem")
        #expect(places.logs == "/home/me/.local/state/tandem/logs")
        #expect(places.runtime == "/tmp/tandem-7")
        #expect(places.controlSocket == "/tmp/tandem-7/sock")
    }

    @Test func `XDG variables are followed, relative ones ignored`() {
        let places = places([
            "XDG_CONFIG_HOME": "/c/", "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "/run/user/7",
        ])
        #expect(places.configuration == "/c/tandem")
        #expect(places.state == "/home/me/.local/state/tandem")
        #expect(places.runtime == "/run/user/7/tandem")
    }

    @Test func `TANDEM_HOME overrides all`() {
        let places = places(["TANDEM_HOME": "/t", "XDG_STATE_HOME": "/s"], .mac(usesXDG: false))
        #expect(
            [places.configuration, places.state, places.cache, places.logs, places.runtime]
                == ["/t/config", "/t/state", "/t/cache", "/t/logs", "/t/run"]
        )
    }

    @Test func `a Mac has Apple's places unless XDG is used`() {
        let apple = places([:], .mac(usesXDG: false))
        #expect(apple.state == "/home/me/Library/Application Support/tandem/state")
        #expect(apple.logs == "/home/me/Library/Logs/tandem")
        #expect(places([:], .mac(usesXDG: true)) == places([:], .linux))
    }

    @Test func `sockets stay short under a long home, and apart for two of them`() {
        let long = String(repeating: "x", count: 120)
        let first = places(["TANDEM_HOME": "/\(long)/a"])
        let second = places(["TANDEM_HOME": "/\(long)/b"])
        #expect(first.controlSocket.utf8.count <= UnixSocket.maximumPathLength)
        #expect(first.runtime != second.runtime)
        #expect(first.state == "/\(long)/a/state")
    }

    @Test func `directories are made for their owner alone`() throws {
        let scratch = try ScratchDirectory()
        let places = StateDirectories(
            environment: ["TANDEM_HOME": "\(scratch.path)/deep/er"],
            home: "/",
            uid: 7
        )
        try places.prepare()
        try places.prepare()
        for path in [places.state, places.runtime, "\(scratch.path)/deep"] {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o700)
        }
    }

    @Test(arguments: [(0o702, 0o022), (0o720, 0o022), (0o750, 0o077)])
    func `a directory others may change is refused`(mode: Int, forbidden: Int) throws {
        let scratch = try ScratchDirectory()
        try FileManager.default.setAttributes(
            [.posixPermissions: mode],
            ofItemAtPath: scratch.path
        )
        let error = #expect(throws: SystemError.self) {
            try StateDirectories.prepare(scratch.path, forbidden: UInt16(forbidden))
        }
        #expect(error?.errno == EPERM)
        #expect(error?.operation.contains("chmod 700") == true)
    }

    @Test func `a file or a link in a directory's place is refused`() throws {
        let scratch = try ScratchDirectory()
        try Data().write(to: URL(fileURLWithPath: "\(scratch.path)/f"))
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/l",
            withDestinationPath: "/tmp"
        )
        for name in ["f", "l"] {
            let error = #expect(throws: SystemError.self) {
                try StateDirectories.prepare("\(scratch.path)/\(name)")
            }
            #expect(error?.errno == ENOTDIR)
        }
    }
}
