import Foundation
import TandemTestSupport
import Testing

/// A root full of what a hostile vm would write, and every command that reads it: nothing runs.
@Suite(.serialized) struct HostileTreeTests {
    private let live: LivePair
    private let bin: TemporaryDirectory
    private let canary: String

    init() throws {
        live = try LivePair()
        bin = try TemporaryDirectory()
        canary = live.directory.path("canary")
        // Whoever calls git, sh or podman by PATH on the laptop would be seen.
        for name in ["git", "podman", "npm", "sh", "bash"] {
            let script = try bin.write(
                "#!/bin/sh\necho \(name) >>\(canary)\nexec /bin/\(name) \"$@\"\n",
                to: "\(name).sh"
            )
            try Command.run("install", ["-m", "755", script, bin.path(name)])
        }
    }

    private func tandem(_ arguments: String...) throws -> CommandEnd {
        let path = "\(bin.url.path):/usr/bin:/bin:/usr/sbin:/sbin"
        return try CommandEnd(
            live.start(arguments + ["-C", live.laptop], through: ["env", "PATH=\(path)"])
        )
    }

    private var touch: String { "touch \(canary)" }

    private func poison() throws {
        let hooks = "hooks: [{on: vm, run: \"\(touch)\"}, {on: laptop, run: \"\(touch)\"}]\n"
        let file = "version: 1\nvm: v\nsync: [{from: ., to: /app}]\n"
        try live.write(file + "workload: {container: app}\n" + hooks, to: "tandem.yml")
        let git = """
            [core]
            \tfsmonitor = \(touch)
            \thooksPath = hooks
            [filter "x"]
            \tclean = \(touch)
            \tsmudge = \(touch)
            [diff "x"]
            \ttextconv = \(touch)

            """
        for place in ["", "nested/"] {
            try live.write(git, to: "\(place).git/config")
            try live.write("ref: refs/heads/main\n", to: "\(place).git/HEAD")
            try live.write("* filter=x diff=x\n", to: "\(place).gitattributes")
            try live.write("#!/bin/sh\n\(touch)\n", to: "\(place).git/hooks/post-checkout")
        }
        try live.write("a", to: "file")
    }

    @Test(.tags(.live)) func `no command runs a hook, a git monitor or a filter of the tree`()
        throws
    {
        _ = try tandem("config", "check")
        try poison()
        for words in [
            ["config", "check"], ["config", "diff"], ["config", "show"],
            ["config", "approve", "--yes"],
        ] {
            _ = try CommandEnd(live.start(words + ["-C", live.laptop]))
        }
        for word in ["plan", "push", "status", "doctor"] {
            _ = word == "status" ? try tandem("doctor") : try tandem(word)
        }
        #expect(!FileManager.default.fileExists(atPath: canary))
    }

    @Test(.tags(.live)) func `settings that the vm makes for the laptop stay on the vm`() throws {
        try live.write("a", to: "file")
        #expect(try tandem("push").code == 0)
        let own = "hooks: [{on: laptop, run: \"\(touch)\"}]\n"
        for name in ["tandem.local.yml", "Tandem.Local.yml", "sub/tandem.local.yml"] {
            let file = URL(filePath: "\(live.root)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(own.utf8).write(to: file)
        }
        try live.write("b", to: "file")
        let end = try tandem("push")
        #expect(end.code == 0 || end.code == 1, "\(end.said)")
        let names = try FileManager.default.contentsOfDirectory(atPath: live.laptop)
        #expect(names == ["file"])
        #expect(live.onVM("tandem.local.yml") == own && live.onVM("file") == "b")
        #expect(!FileManager.default.fileExists(atPath: canary))
    }
}
