import Foundation
import TandemSystem
import TandemTestSupport
import Testing

/// The real `tandem verify` about three real containers, and about each thing that may be wrong.
@Suite(.serialized, .enabled(if: ThreeContainers.isWanted, "\(ThreeContainers.obstacle ?? "")"))
struct VerifyContainersTests {
    @Test(.tags(.live)) func `three containers are clean, and each thing that is wrong is found`()
        throws
    {
        let three = try ThreeContainers()
        let clean = try three.verify()
        #expect(clean.bad.isEmpty, "\(clean.bad) \(clean.errors)")
        #expect(clean.exit == .status(0))

        let stray = try three.startStray()
        let withStray = try three.verify()
        let process = withStray.violation("process \(stray.process.pid)") ?? ""
        #expect(process.contains(three.strayName) && process.contains("in no container"))
        #expect(
            withStray.exit == .status(1) && withStray.bad(on: "vm").count == 2,
            "\(withStray.bad)"
        )
        stray.kill()

        try three.logs.write(String(repeating: "x", count: 100_001), to: "launchd.log")
        let withLog = try three.verify()
        #expect(withLog.violation("log launchd.log")?.contains("100.0 kB") == true)
        #expect(withLog.exit == .status(1) && withLog.bad.count == 2, "\(withLog.bad)")
        try FileManager.default.removeItem(atPath: three.logs.path("launchd.log"))

        try three.pair.laptop.write("__pycache__/\nlogs/\n*.log\n.DS_Store\n", to: ".gitignore")
        _ = try three.pair.push()
        let unprotected = try three.verify()
        #expect(unprotected.violation("git ignores *.pyc") != nil)
        #expect(unprotected.exit == .status(1) && unprotected.bad.count == 1, "\(unprotected.bad)")
    }

    @Test(.tags(.live)) func `a changed tree and 25 garbage files are found`() throws {
        let three = try ThreeContainers()
        try three.dropGarbage()
        let littered = try three.verify()
        #expect(littered.violation("garbage")?.hasPrefix("25 entries") == true, "\(littered.bad)")
        #expect(littered.violation("garbage __pycache__")?.hasPrefix("15, ") == true)
        #expect(littered.violation("garbage *.pyc")?.hasPrefix("8, ") == true)
        #expect(littered.violation("garbage .DS_Store")?.hasPrefix("2, ") == true)
        #expect(littered.exit == .status(1))
        try three.pair.laptop.write("print(2)\n", to: "sync.py")
        let changed = try three.verify()
        #expect(changed.violation("trees are equal")?.contains("sync.py") == true, "\(changed.bad)")
    }

    @Test(.tags(.live)) func `a port, a mount and a label that are not as expected are found`()
        throws
    {
        let three = try ThreeContainers()
        let published = "127.0.0.1:\(three.port):8080"
        // As the report's own listing had it: the port on the wrong container.
        try three.run("97layer-receiver", port: "")
        try three.run("97layer-gcp-mgmt", port: published)
        let swapped = try three.verify()
        let ports = swapped.violation("97layer-receiver ports") ?? ""
        #expect(ports.contains("97layer-gcp-mgmt publishes \(three.port)"), "\(swapped.bad)")
        #expect(swapped.violation("97layer-gcp-mgmt ports") != nil)
        #expect(swapped.exit == .status(1) && swapped.bad.count == 2, "\(swapped.bad)")

        try three.run("97layer-gcp-mgmt", port: "", label: "Z")
        try three.run("97layer-receiver", mountsLogs: false)
        let relabelled = try three.verify()
        let label = relabelled.violation("label of \(three.pair.vm.url.path)") ?? ""
        #expect(label.contains("97layer-gcp-mgmt with :Z"), "\(relabelled.bad)")
        let mounts = relabelled.violation("97layer-receiver mounts") ?? ""
        #expect(mounts.contains("/logs") && mounts.contains("is not mounted"))
        #expect(relabelled.exit == .status(1) && relabelled.bad.count == 2, "\(relabelled.bad)")

        let other = try FreePort.any()
        try three.run("97layer-gcp-mgmt", port: "")
        try three.run("97layer-receiver", port: "127.0.0.1:\(other):8080")
        let moved = try three.verify()
        let instead = moved.violation("97layer-receiver ports") ?? ""
        #expect(instead.contains("published is 127.0.0.1:\(other)->8080"), "\(moved.bad)")
        let port = moved.violation("port \(three.port) of 97layer-receiver") ?? ""
        #expect(port.contains("nothing listens"))
    }

    @Test(.tags(.live)) func `every container is destroyed and made anew, and nothing is lost`()
        throws
    {
        let three = try ThreeContainers()
        let before = try three.podman.podman(["ps", "--quiet", "--no-trunc"])
        let deep = try three.verify(["--deep"])
        #expect(deep.bad.isEmpty, "\(deep.bad)")
        #expect(deep.exit == .status(0))
        let rows = deep.rows.filter { $0.subject.hasSuffix("destroyed and made anew") }
        #expect(rows.count == 3 && rows.allSatisfy { $0.verdict == "ok" }, "\(rows)")
        let after = try three.podman.podman(["ps", "--quiet", "--no-trunc"])
        #expect(Set(before.split(separator: "\n")).isDisjoint(with: after.split(separator: "\n")))
        #expect(after.split(separator: "\n").count == 3)
        #expect(try three.verify().exit == .status(0))
    }

    @Test(.tags(.live)) func `a report is kept, and the next one says what is different`() throws {
        let three = try ThreeContainers()
        _ = try three.verify()
        try three.podman.podman(["stop", "--time", "1", "97layer-snapshot"])
        let markdown = three.logs.path("../report-\(three.port).md")
        defer { try? FileManager.default.removeItem(atPath: markdown) }
        let run = try three.pair.tandem([
            "verify", "-C", three.pair.laptop.url.path, "--diff", "--markdown", markdown,
        ])
        #expect(try run.wait() == .status(1))
        #expect(run.output.contains("since the last time:"), "\(run.output) \(run.errors)")
        let table = try String(contentsOfFile: markdown, encoding: .utf8)
        #expect(table.contains("| violation | vm |"))
    }
}
