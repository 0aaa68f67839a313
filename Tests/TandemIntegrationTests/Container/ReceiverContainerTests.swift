import Foundation
import TandemTestSupport
import Testing

/// The receiver's image, built from its Containerfile and run with the options its unit names.
///
/// Needs Podman as root and `dist/tandem-receiver`; where either is missing the tests are left out,
/// but not in CI, which has to have both.
@Suite(.serialized, .enabled(if: ContainerFixture.isWanted, "\(ContainerFixture.obstacle ?? "")"))
struct ReceiverContainerTests {
    @Test func `the process has no root, no capability, and no way to more`() throws {
        try ContainerFixture.withReceiver { container in
            let status = try container.processStatus()
            #expect(status["Uid"]?.hasPrefix("\(ContainerFixture.uid)\t") == true)
            #expect(status["CapEff"] == "0000000000000000")
            #expect(status["CapBnd"] == "0000000000000000")
            #expect(status["NoNewPrivs"] == "1")
            #expect(status["Seccomp"] == "2")
            #expect(try container.inspect("{{.HostConfig.ReadonlyRootfs}}") == "true")
        }
    }

    @Test func `the sync socket is for its uid alone`() throws {
        try ContainerFixture.withReceiver { container in
            let directory = try #require(container.mounts["/run/tandem"])
            let socket = directory.appendingPathComponent("receiver.sock").path
            let manager = FileManager.default
            let type = try manager.attributesOfItem(atPath: socket)[.type] as? FileAttributeType
            #expect(type == .typeSocket)
            #expect(try ContainerFixture.mode(of: socket) == 0o600)
            #expect(try ContainerFixture.mode(of: directory.path) == 0o700)
        }
    }

    @Test func `health is answered over the published port and by the health command`() throws {
        try ContainerFixture.withReceiver { container in
            let url = "http://127.0.0.1:\(container.port)/healthz"
            try Command.run("curl", ["--silent", "--fail", "--max-time", "5", url])
            try container.host.podman(["healthcheck", "run", container.id])
        }
    }

    @Test func `podman exec bridges to the receiver, which greets and then ends a silent peer`()
        throws
    {
        try ContainerFixture.withReceiver { container in
            let command = ["tandem-receiver", "connect", "--socket", "/run/tandem/receiver.sock"]
            let greeting = try container.exec(command, input: nil)
            #expect(greeting.prefix(8) == ArraySlice("\0TANDEM\n".utf8))
        }
    }

    @Test func `a stop is quick, and a start finds the stale socket and goes on`() throws {
        try ContainerFixture.withReceiver { container in
            let clock = ContinuousClock()
            let stop = try clock.measure {
                try container.host.podman(["stop", "--time", "20", container.id])
            }
            #expect(stop < .seconds(5))
            #expect(try container.inspect("{{.State.ExitCode}}") == "0")
            try container.host.podman(["start", container.id])
            try ContainerFixture.waitUntilHealthy(container)
        }
    }
}
