import Dispatch
import Foundation
import Glibc
import TandemSystem
import TandemTestSupport
import Testing

/// `tandem logs` by the real programs, over a real sshd.
struct LogProgramTests {
    @Test(.tags(.live)) func `the receiver's log is shown, followed, and filtered`() throws {
        let vm = try DeployedVM()
        let deployed = try vm.deploy()
        #expect(deployed.exit == .status(0), "\(deployed.errors)")
        let shown = try vm.tandem(["logs", "receiver", "-C", vm.laptop.url.path, "--json"])
        #expect(try shown.wait() == .status(0), "\(shown.errors)")
        let first = try #require(shown.output.split(separator: "\n").first)
        #expect(first.hasPrefix(#"{"log":"receiver","time":""#), "\(first)")

        let following = try vm.tandem(["logs", "-f", "receiver", "-C", vm.laptop.url.path])
        let log = "\(vm.home)/.local/state/tandem/logs/receiver.log"
        let marks = try (0..<3).map { number in
            // The real log: the receiver goes on in a new file when this one is moved.
            let mark = "followed-\(number)-\(UInt32.random(in: 0 ... .max))"
            try append(
                #"{"time":"2026-03-01T09:00:00.000000Z","level":"info","message":"\#(mark)"}"#,
                to: log
            )
            let deadline = DispatchTime.now() + .seconds(60)
            while !following.output.contains(mark), DispatchTime.now() < deadline {
                _ = following.process.wait(until: .now() + .milliseconds(20))
            }
            if number == 0 { try FileManager.default.moveItem(atPath: log, toPath: log + ".1") }
            return mark
        }
        following.process.signal(SIGINT)
        _ = try following.wait(.seconds(20))
        for mark in marks {
            let times = following.output.split(separator: "\n").count { $0.contains(mark) }
            #expect(times == 1, "\(mark): \(following.output) \(following.errors)")
        }
        let errors = try vm.tandem([
            "logs", "receiver", "-C", vm.laptop.url.path, "--level", "critical", "--json",
        ])
        #expect(try errors.wait() == .status(0))
        #expect(errors.output.isEmpty)
        let absent = try vm.tandem(["logs", "snapshot", "-C", vm.laptop.url.path])
        #expect(try absent.wait() == .status(2))
        #expect(absent.errors.contains("the vm has no log of the snapshot"), "\(absent.errors)")
    }

    private func append(_ line: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o640)
        guard descriptor >= 0 else { throw CommandFailure("open \(path)") }
        defer { close(descriptor) }
        let bytes = Array("\(line)\n".utf8)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
    }

    @Test(.tags(.live, .fault), .enabled(if: Mounts.isWanted, "\(Mounts.obstacle ?? "")"))
    func `a full log disk stops no push, and the log goes on when there is room`() throws {
        let vm = try DeployedVM()
        let logs = "\(vm.home)/.local/state/tandem/logs"
        try FileManager.default.createDirectory(
            atPath: logs,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try Mounts.mountMemory(at: logs, megabytes: 1)
        defer { try? Mounts.unmount(logs) }
        let deployed = try vm.deploy()
        #expect(deployed.exit == .status(0), "\(deployed.errors)")
        let filler = "\(logs)/filler"
        _ = FileManager.default.createFile(atPath: filler, contents: nil)
        let descriptor = open(filler, O_WRONLY)
        let block = [UInt8](repeating: 1, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
        close(descriptor)
        for number in 0..<3 {
            try vm.laptop.write("\(number)", to: "a.txt")
            let push = try vm.push()
            #expect(push.exit == .status(0), "\(push.summary)")
        }
        #expect(vm.read("a.txt") == "2")
        #expect(vm.receiverPID != nil)
        try FileManager.default.removeItem(atPath: filler)
        try vm.laptop.write("after", to: "a.txt")
        #expect(try vm.push().exit == .status(0))
        #expect(vm.read("a.txt") == "after")
    }
}
