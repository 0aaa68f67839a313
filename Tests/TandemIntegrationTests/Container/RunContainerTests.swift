import Foundation
import TandemTestSupport
import Testing

/// `tandem run` in a real container: sshd's session has a `podman` that is this test's own Podman.
@Suite(.serialized, .enabled(if: ContainerFixture.isWanted, "\(ContainerFixture.obstacle ?? "")"))
struct RunContainerTests {
    @Test(.tags(.live)) func `a command runs in the container and ends as itself`() throws {
        try ContainerFixture.withReceiver { container in
            let bin = try TemporaryDirectory()
            let global = container.host.global.map { "'\($0)'" }.joined(separator: " ")
            let settings = ContainerFixture.project
                .appending(path: "deployment/test-support/containers.conf").path
            let script = try bin.write(
                """
                #!/bin/sh
                export CONTAINERS_CONF='\(settings)' STORAGE_DRIVER=overlay
                exec /usr/bin/podman \(global) "$@"

                """,
                to: "podman.sh"
            )
            try Command.run("install", ["-m", "755", script, bin.path("podman")])
            let path = "\(bin.url.path):/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
            let live = try LivePair(server: SSHServer(["SetEnv \"PATH=\(path)\""]))
            try live.write(
                "version: 1\nvm: v\nsync: [{from: ., to: /app, mode: push}]\n"
                    + "workload: {container: \(container.id.prefix(12))}\n",
                to: "tandem.yml"
            )
            let approval = try live.tandem(["config", "approve", "--yes", "-C", live.laptop])
            #expect(approval.code == 0, "\(approval.said)")
            let version = try CommandEnd(
                live.start(["run", "-C", live.laptop, "--", "tandem-receiver", "--version"])
            )
            #expect(version.code == 0 && !version.output.isEmpty, "\(version.said)")
            let wrong = try CommandEnd(
                live.start(["run", "-C", live.laptop, "--", "tandem-receiver", "nonsense"])
            )
            #expect(wrong.code == 64 && wrong.errors.contains("nonsense"), "\(wrong.said)")
            let missing = try CommandEnd(
                live.start(["run", "-C", live.laptop, "--", "no-such-program"])
            )
            #expect(missing.code == 127, "\(missing.said)")
        }
    }
}
