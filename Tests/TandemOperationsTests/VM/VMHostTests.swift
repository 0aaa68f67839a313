import TandemManagement
import TandemTestSupport
import Testing

/// What is found out about a machine.
struct VMHostTests {
    private static let answer = """
        a greeting of the login shell
        tandem-host 1
        boot=0c3f
        uptime=93784
        memory=8000
        available=4000
        waits=0.10
        waitsdisk=12.50
        disk=100000000 50000000 /dev/sda1 /
        disk=100000000 49999999 /dev/sda1 /home/dev
        disk=2000000 10 /dev/sdb /data disk
        tandem-host end
        """

    @Test func `the answer is read by its lines, whatever stands before it`() throws {
        let host = try #require(VMHost(parsing: Array(Self.answer.utf8)))
        #expect(host.bootID == "0c3f" && host.uptimeSeconds == 93_784)
        #expect(host.memoryBytes == 8000 << 10 && host.availableBytes == 4000 << 10)
        #expect(host.memoryPressure == 10 && host.diskPressure == 1250)
        #expect(host.disks.map(\.place) == ["/", "/data disk"], "one disk is shown once")
        #expect(host.warnings == ["/data disk is nearly full", "processes wait for the disk"])
    }

    @Test func `a kernel that tells no pressure is no error`() throws {
        let text = Self.answer.replacing("waits=0.10", with: "waits=")
        #expect(try #require(VMHost(parsing: Array(text.utf8))).memoryPressure == nil)
    }

    @Test func `an answer that is cut anywhere is none`() {
        let bytes = Array(Self.answer.utf8)
        for length in 0..<bytes.count { #expect(VMHost(parsing: Array(bytes[..<length])) == nil) }
    }

    @Test func `this machine's own answer is understood`() throws {
        let output = try Command.run("sh", ["-c", VMHost.script])
        let host = try #require(VMHost(parsing: output))
        #expect(host.memoryBytes > 0 && !host.disks.isEmpty)
        #expect(host.memoryBytes >= host.availableBytes)
    }
}
